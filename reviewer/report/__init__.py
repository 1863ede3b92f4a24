# SPDX-License-Identifier: GPL-2.0-only
"""What a review says, as text, as mail and as data."""
