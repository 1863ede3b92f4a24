# SPDX-License-Identifier: GPL-2.0-only
"""What the files near a patch tell is kept, and told the same way the next time."""

from pathlib import Path

import pytest
from hook_samples import Repository
from test_hook_tree import OTHERS, STRUCT, run

from reviewer.frontend import hook_evidence
from reviewer.frontend.hook_evidence import program_version


@pytest.fixture
def lost(repository: Repository) -> Repository:
    """One of four functions leaves the lock out."""
    repository.write("mm/item.c", STRUCT + OTHERS)
    repository.commit("mm: items")
    first = OTHERS[: len(OTHERS) // 4]
    bare = first.replace("\tspin_lock(&it->lock);\n", "").replace("\tspin_unlock(&it->lock);\n", "")
    repository.write("mm/item.c", STRUCT + bare + OTHERS[len(first) :])
    repository.commit("mm: item: less to do")
    return repository


def kept(repository: Repository) -> list[Path]:
    return sorted((repository.cache / "mmreview" / "near").iterdir())


def test_the_second_answer_is_the_first(lost: Repository) -> None:
    first = run(lost, "-1")
    assert first[0] == 1
    (file,) = kept(lost)
    before = file.read_bytes()
    assert run(lost, "-1") == first
    assert kept(lost) == [file] and file.read_bytes() == before


def test_other_bytes_are_other_answers(lost: Repository) -> None:
    run(lost, "-1")
    lost.write("mm/beside.c", STRUCT + OTHERS.replace("f", "g"))
    run(lost, "-1")
    assert len(kept(lost)) == 2


def test_what_is_damaged_is_thrown_away(lost: Repository) -> None:
    first = run(lost, "-1")
    (file,) = kept(lost)
    file.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    assert run(lost, "-1")[0] == 1
    assert run(lost, "-1") == first


def test_without_a_cache_nothing_is_kept(lost: Repository) -> None:
    first = run(lost, "-1")
    lost.environment["XDG_CACHE_HOME"] = "/proc/none"
    assert run(lost, "-1") == first


def test_old_answers_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    monkeypatch.setattr(hook_evidence, "_KEPT", 2)
    base = sqlite3.connect(":memory:")
    for name in ("a", "b", "c"):
        hook_evidence._keep(base, str(tmp_path / name))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_rule_more_is_another_version(tmp_path: Path) -> None:
    rule = tmp_path / "own" / "rule.toml"
    rule.parent.mkdir()
    rule.write_text("a = 1", encoding="utf-8")
    first = program_version([str(tmp_path)])
    assert first == program_version([str(tmp_path)]) != program_version([])
    rule.write_text("a = 2", encoding="utf-8")
    assert program_version([str(tmp_path)]) != first
