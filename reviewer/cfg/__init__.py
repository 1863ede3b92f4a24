# SPDX-License-Identifier: GPL-2.0-only
"""One function in, its control-flow graph out."""
