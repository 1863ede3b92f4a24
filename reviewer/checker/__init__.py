# SPDX-License-Identifier: GPL-2.0-only
"""Rules and findings: all that a rule may import."""
