# SPDX-License-Identifier: GPL-2.0-only
"""Where people and programs meet the review: command line, files, exit status."""
