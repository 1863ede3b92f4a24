# SPDX-License-Identifier: GPL-2.0-only
"""The program under test, in a folder without a git repository around it."""

from pathlib import Path

import pytest
from frontend_samples import Program


@pytest.fixture
def program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Program:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return Program(tmp_path, capsys)
