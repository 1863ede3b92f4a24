# SPDX-License-Identifier: GPL-2.0-only
"""Locks: what is held where, and by which name."""
