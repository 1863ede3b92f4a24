# SPDX-License-Identifier: GPL-2.0-only
"""Lock balance over real functions: seeded imbalances, harmless edits, and the
table of differences to sparse."""

import importlib.util
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.kernel

COUNT = 24
FOUND = 21


def script(name: str) -> ModuleType:
    """A module of scripts/, by which its processes know it too."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def test_seeded_imbalances_are_found(linux_6_12: Path) -> None:
    seed = script("seed_imbalances")
    outcomes = seed.sample(seed.Trial(linux_6_12), seed.BREAKING, COUNT, 20260101)
    assert len(outcomes) == COUNT
    assert sum(one.differential for one in outcomes) >= FOUND


def test_harmless_edits_are_not_reported(linux_6_12: Path) -> None:
    seed = script("seed_imbalances")
    outcomes = seed.sample(seed.Trial(linux_6_12), seed.HARMLESS, COUNT, 20260102)
    assert [one for one in outcomes if one.differential or one.single] == []


def test_the_table_says_what_is_said(linux_6_12: Path) -> None:
    """Every row holds, or says less than is known now, and no other function
    of the two folders is imbalanced."""
    compare = script("compare_sparse")
    rows = compare.table()
    assert rows and all(len(row) == 6 and all(row) for row in rows.values())
    files = sorted(p for one in ("mm", "fs/ext4") for p in (linux_6_12 / one).rglob("*.c"))
    with ProcessPoolExecutor(2) as pool:
        said = dict(zip(files, pool.map(compare.ours, files), strict=True))
    for (file, name), row in rows.items():
        now = said[linux_6_12 / file].get(name, "no such function")
        assert now == row[3] or ("not sure" in row[3] and "imbalance" not in now), (file, name)
    wrong = {
        (str(path.relative_to(linux_6_12)), name): text
        for path, found in said.items()
        for name, text in found.items()
        if "imbalance" in text
    }
    assert set(wrong) <= set(rows)
