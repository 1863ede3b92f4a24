# SPDX-License-Identifier: GPL-2.0-only
"""The tree as a witness: who else touches a place, and under which locks."""
