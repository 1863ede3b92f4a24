# SPDX-License-Identifier: GPL-2.0-only
"""Other programs that read C, to judge the reader of this one by."""
