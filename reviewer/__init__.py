# SPDX-License-Identifier: GPL-2.0-only
"""mmreview: what did a patch take away from the accesses of a kernel function?"""
