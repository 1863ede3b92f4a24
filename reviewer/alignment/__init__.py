# SPDX-License-Identifier: GPL-2.0-only
"""Before and after: which access became which, and what it lost on the way."""
