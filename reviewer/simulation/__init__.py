# SPDX-License-Identifier: GPL-2.0-only
"""The embedded simulation: actors, lifting, exploring, properties, traces."""
