# SPDX-License-Identifier: GPL-2.0-only
"""Facts read entry by entry are the facts that are written."""

import tomllib
from pathlib import Path

import pytest

from reviewer.fact_text import tables_of
from reviewer.ruleset import rules_folder

KERNEL = rules_folder() / "kernel"
FILES = [(path, "function") for path in sorted(KERNEL.glob("*.toml"))]
FILES += [(path, "operation") for path in sorted(KERNEL.glob("operations/*.toml"))]


@pytest.mark.parametrize(("path", "entries"), FILES, ids=lambda one: getattr(one, "name", ""))
def test_nothing_is_read_otherwise(path: Path, entries: str) -> None:
    text = path.read_text(encoding="utf-8")
    whole = tomllib.loads(text)
    found = tables_of(text, entries)
    for one, other in zip(found.get(entries, ()), whole.get(entries, ()), strict=True):
        assert one["names"] == other["names"]
        assert list(one) == list(other)
        assert dict(one) == other
    assert {key: found[key] for key in found if key != entries} == {
        key: whole[key] for key in whole if key != entries
    }


@pytest.mark.parametrize(
    "entry",
    [
        'inert = true\nnames = ["f"]',
        "names = ['f']",
        'names = ["f" "g", 1]',
        'names = "f"',
        "",
    ],
)
def test_an_entry_that_cannot_be_cut_out_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="'names' must come first"):
        tables_of(f"[[function]]\n{entry}\n")


def test_a_function_that_is_not_alone_on_its_line_is_refused() -> None:
    with pytest.raises(ValueError, match="not alone on its line"):
        tables_of('[[function]] # f\nnames = ["f"]\n')


def test_names_may_go_on_in_the_next_line() -> None:
    found = tables_of(
        '[[operation]]\nnames = [\n    "f",\n    "g*",\n]\nkind = "put"\n', "operation"
    )
    assert [dict(one) for one in found["operation"]] == [{"names": ["f", "g*"], "kind": "put"}]


def test_a_section_may_come_between_functions() -> None:
    text = '[[function]]\nnames = ["f"]\n\n[constants]\nX = 1\n[[function]]\nnames = ["g", "h"]\n'
    found = tables_of(text)
    assert found["constants"] == {"X": 1}
    assert [one["names"] for one in found["function"]] == [["f"], ["g", "h"]]
