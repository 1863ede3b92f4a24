# SPDX-License-Identifier: GPL-2.0-only
"""Bytes of C in, functions made of the records in `reviewer.syntax.tree` out."""
