# SPDX-License-Identifier: GPL-2.0-only
"""Diff text and mail become patches."""
