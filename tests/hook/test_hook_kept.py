# SPDX-License-Identifier: GPL-2.0-only
"""The hook gives an answer again as long as all it looked at is the same, and no longer."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reviewer.frontend import hook_kept
from reviewer.frontend.hook_kept import answered, digest, listed, stamped
from reviewer.frontend.hook_policy import Policy

POLICY = Policy("warning", None, None, (), ())
MAIL = ("0001-x.patch", b"Subject: [PATCH] x\n\nbody\n")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    work = tmp_path / "work"
    (work / "mm").mkdir(parents=True)
    (work / "mm" / "x.c").write_text("int x;\n")
    monkeypatch.chdir(work)
    monkeypatch.setattr(hook_kept, "_TREES", [])
    return work


def asked(*needs: tuple[str, ...], line: str = "said") -> tuple[Callable[[], object], list[int]]:
    calls: list[int] = []

    def review(noted: list[tuple[str, ...]]) -> list[tuple[int, list[str]]]:
        calls.append(1)
        noted.extend(needs)
        return [(1, [line])]

    return lambda: answered([MAIL], POLICY, "all", review), calls


def test_the_same_is_answered_once() -> None:
    ask, calls = asked(("file", "mm/x.c", digest(b"int x;\n")))
    assert ask() == ask() == [(1, ["said"])]
    assert len(calls) == 1


@pytest.mark.parametrize("kind", ["file", "list", "stat"])
def test_what_changed_is_reviewed_again(kind: str, place: Path) -> None:
    file = place / "mm" / "x.c"
    need = {
        "file": ("file", "mm/x.c", digest(file.read_bytes())),
        "list": ("list", str(place / "mm"), listed(str(place / "mm"))),
        "stat": ("stat", str(file), stamped(str(file))),
    }[kind]
    ask, calls = asked(need)
    ask()
    file.write_text("long x;\n")
    ask()
    assert len(calls) == 2


def test_a_file_that_appears_is_noticed(place: Path) -> None:
    ask, calls = asked(("file", "mm/y.c", ""), ("stat", str(place / "index"), ""))
    ask()
    ask()
    assert len(calls) == 1
    (place / "mm" / "y.c").write_text("int y;\n")
    ask()
    assert len(calls) == 2


def test_another_policy_is_another_question() -> None:
    _, calls = asked()

    def review(noted: object) -> list[tuple[int, list[str]]]:
        calls.append(1)
        return [(0, [])]

    for policy in (POLICY, Policy("note", None, None, (), ()), POLICY):
        answered([MAIL], policy, "all", review)
    answered([MAIL], POLICY, "each", review)
    answered([(MAIL[0], MAIL[1] + b"more\n")], POLICY, "all", review)
    answered([("another-name.patch", MAIL[1])], POLICY, "all", review)
    assert len(calls) == 4


def test_rules_that_change_are_noticed(tmp_path: Path) -> None:
    rules = tmp_path / "more"
    rules.mkdir()
    calls = []
    policy = Policy("warning", None, None, (str(rules),), ())
    for text in ("", "", "x = 1\n"):
        if text:
            (rules / "rule.toml").write_text(text)
        answered([MAIL], policy, "all", lambda _: calls.append(1) or [(0, [])])
    assert len(calls) == 2


def test_what_was_reviewed_without_its_index_is_not_kept() -> None:
    ask, calls = asked(("",))
    ask()
    ask()
    assert len(calls) == 2


def test_names_of_mails_are_not_kept() -> None:
    ask, calls = asked(line="mmreview: not reviewed: 0001-x.patch: no patch")
    ask()
    ask()
    assert len(calls) == 2


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"needs": [["file"]], "said": []}', '{"needs": 1}']
)
def test_a_damaged_answer_is_none(text: str) -> None:
    ask, calls = asked()
    ask()
    folder = Path(os.environ["XDG_CACHE_HOME"], "mmreview", "answers")
    (kept,) = folder.iterdir()
    kept.write_text(text)
    assert ask() == [(1, ["said"])]
    assert len(calls) == 2


def test_only_the_owner_may_look(place: Path) -> None:
    ask, _ = asked()
    ask()
    folder = Path(os.environ["XDG_CACHE_HOME"], "mmreview", "answers")
    assert folder.stat().st_mode & 0o077 == 0
