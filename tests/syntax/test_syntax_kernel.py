# SPDX-License-Identifier: GPL-2.0-only
"""All functions of the memory management of one kernel."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewer.cfg.build import build
from reviewer.cfg.dominators import dominators, postdominators
from reviewer.cfg.graph import Invoke, Unknown
from reviewer.facts import Facts
from reviewer.ruleset import load_facts, load_vocabulary
from reviewer.source.records import Fragment
from reviewer.syntax.fragments import fragment_functions
from reviewer.syntax.parse import SourceFile, read_file
from reviewer.syntax.tree import Function

pytestmark = pytest.mark.kernel

FACTS = load_facts()
WINDOW = 9


def sources(tree: Path) -> Iterator[tuple[Path, SourceFile]]:
    for path in sorted((tree / "mm").rglob("*.c")):
        yield path, read_file(path.read_bytes(), load_vocabulary())


def calls(function: Function) -> set[tuple[str, int]]:
    graph = build(function, Facts({}, {}, {}, {}))
    made = (node for node in graph.nodes if isinstance(node, Invoke) and node.function)
    return {(node.function, node.loc.line) for node in made}


def test_every_function_parses_and_has_a_graph(linux_6_12: Path) -> None:
    before = time.process_time()
    count, errors = 0, []
    for path, source in sources(linux_6_12):
        for segment in source.segments:
            function = source.parsed(segment)
            count += 1
            errors += [(path.name, function.name, one) for one in function.errors]
            graph = build(function, FACTS)
            assert not any(isinstance(node, Unknown) for node in graph.nodes) or function.errors
            assert dominators(graph)[0] == 0 and postdominators(graph)[1] == 1
    assert count > 6400
    assert errors == []
    assert time.process_time() - before < 60


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("khugepaged.c", "collapse_file"),
        ("huge_memory.c", "do_huge_pmd_wp_page"),
        ("hugetlb.c", "dissolve_free_hugetlb_folio"),
        ("migrate.c", "__buffer_migrate_folio"),
        ("migrate.c", "__folio_migrate_mapping"),
        ("gup.c", "gup_fast_pte_range"),
        ("filemap.c", "filemap_get_entry"),
    ],
)
def test_functions_reviews_look_at_hold_no_guess(linux_6_12: Path, file: str, name: str) -> None:
    source = read_file((linux_6_12 / "mm" / file).read_bytes(), load_vocabulary())
    function = source.function(name)
    assert function is not None
    assert (function.errors, function.notes) == ((), ())


def test_every_word_that_looks_like_a_call_is_one(linux_6_12: Path) -> None:
    """Against a reader that knows nothing: any word with a bracket behind."""
    data = (linux_6_12 / "mm" / "migrate.c").read_bytes()
    source = read_file(data, load_vocabulary())
    keywords = {"if", "while", "for", "switch", "return", "sizeof", "defined"}
    for segment in source.segments:
        body = source.outline.masked[segment.body : segment.end].decode()
        lines = [line for line in body.splitlines() if not line.lstrip().startswith("#")]
        seen = set(re.findall(r"(\w+)\(", "\n".join(lines))) - keywords
        made = {name for name, _ in calls(source.parsed(segment))}
        through_pointers = set(re.findall(r"(?:->|\.)(\w+)\(", body))
        unreachable = {"BUG"}
        params = {one.name for one in source.parsed(segment).params}
        assert seen - made - through_pointers - params - unreachable == set(), segment.name


def test_a_window_of_a_function_shows_the_calls_of_its_lines(linux_6_12: Path) -> None:
    shown = known = errors = windows = 0
    for _, source in sources(linux_6_12):
        lines = source.data.split(b"\n")
        for segment in source.segments[::5]:
            first = source.data.count(b"\n", 0, segment.body) + 2
            middle = (first + segment.last - WINDOW) // 2
            if middle <= first:
                continue
            text = b"\n".join(lines[middle - 1 : middle - 1 + WINDOW]) + b"\n"
            fragment = Fragment(text, middle, f"int {segment.name}(void)")
            (part,) = fragment_functions([fragment], load_vocabulary())
            covered = range(middle, middle + WINDOW)
            expected = {one for one in calls(source.parsed(segment)) if one[1] in covered}
            windows += 1
            errors += bool(part.errors)
            known += len(expected)
            shown += len(expected & calls(part))
    assert windows > 400
    assert errors <= windows * 0.02
    assert shown >= known * 0.99
