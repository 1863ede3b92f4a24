# SPDX-License-Identifier: GPL-2.0-only
"""Verdicts: findings joined with evidence and simulation."""
