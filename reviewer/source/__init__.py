# SPDX-License-Identifier: GPL-2.0-only
"""A patch becomes pairs of source images."""
