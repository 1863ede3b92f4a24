# SPDX-License-Identifier: GPL-2.0-only
"""The recorded session of a new user is what the program does today."""

import subprocess
import sys

import pytest
from hook_samples import ROOT, need_send_email


def test_the_session_is_as_recorded() -> None:
    need_send_email()
    pytest.importorskip("aiosmtpd")
    script = ROOT / "scripts" / "record_session.py"
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    recorded = (ROOT / "docs" / "session.txt").read_text(encoding="utf-8")
    again = "to record it anew: python scripts/record_session.py --write"
    assert done.stdout == recorded, again
    assert "# Arrived: [PATCH] mm: migrate: Move the page count validation" in recorded
