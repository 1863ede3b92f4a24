# SPDX-License-Identifier: GPL-2.0-only
"""Generated functions, compiled and run once for all tests of this folder."""

from pathlib import Path

import pytest
from kernel_runs import GCC
from mutant_runs import SEED, batches

FUNCTIONS = 600


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What the functions of the first batches did."""
    if GCC is None:
        pytest.skip("needs gcc")
    return batches(tmp_path_factory.mktemp("batches"), SEED, FUNCTIONS)
