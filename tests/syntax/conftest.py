# SPDX-License-Identifier: GPL-2.0-only
"""The tests of the reader share code with the scripts that judge it."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))
