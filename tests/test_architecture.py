# SPDX-License-Identifier: GPL-2.0-only
"""What ARCHITECTURE.md states and the import linter cannot see."""

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from reviewer.frontend.cli import main
from reviewer.ruleset import rule_folders, rules_folder

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "reviewer").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
RULES = sorted(path.parent for path in (ROOT / "rules").glob("*/rule.toml"))
CHECKS = sorted((ROOT / "rules").glob("*/check.py"))

MODULE_LINES = 400
FUNCTION_LINES = 40
CASES = 3

# Kernel functions whose names are builtins of Python or plain English words.
WORDS = frozenset({"barrier", "clamp", "down", "likely", "max", "min", "panic", "unlikely", "up"})

# From Python 3.12 on the text between the braces of an f-string is a token of its own.
_TEXTS = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
_DEFINED = re.compile(r"^(?!\s|#|typedef\b)[\w\s*]*?\b(\w+)\([^;]*?\)\s*\{", re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_WORD = re.compile(r"\w+")
_CASE = re.compile(r"^```c (before|after)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LEFT_OVER = re.compile("|".join(("TO" + "DO", "FIX" + "ME")))


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever the import stands."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def under(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("path", SOURCES + TESTS + CHECKS, ids=short)
def test_modules_and_functions_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES, f"{lines} lines"
    lengths = {one.name: (one.end_lineno or 0) - one.lineno + 1 for one in functions(path)}
    assert {name: n for name, n in lengths.items() if n > FUNCTION_LINES} == {}


def licensed() -> Iterator[Path]:
    """The files that carry a licence line: all that people write, but prose and data."""
    yield from (ROOT / name for name in ("pyproject.toml", ".gitignore", ".pre-commit-config.yaml"))
    yield ROOT / ".ci" / "run"
    for folder in ("reviewer", "rules", "fixtures", "scripts", "tests"):
        for suffix in ("py", "toml", "c", "h", "j2", "sh", "litmus", "yaml"):
            yield from sorted((ROOT / folder).rglob(f"*.{suffix}"))


@pytest.mark.parametrize("path", list(licensed()), ids=short)
def test_the_first_line_is_the_licence(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    first = lines[1] if lines and lines[0].startswith("#!") else lines[0] if lines else ""
    assert "SPDX-License-Identifier: GPL-2.0-only" in first


def test_the_licence_is_there_in_full() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in text and "Version 2, June 1991" in text
    assert "END OF TERMS AND CONDITIONS" in text


def prose() -> Iterator[Path]:
    yield from sorted(ROOT.glob("*.md"))
    yield from sorted((ROOT / "rules").rglob("*.md"))
    yield from licensed()


@pytest.mark.parametrize("path", list(prose()), ids=short)
def test_nothing_is_put_off_in_a_comment(path: Path) -> None:
    assert _LEFT_OVER.findall(path.read_text(encoding="utf-8")) == []


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
    assert [short(path) for path in SOURCES if path.name in drawers] == []


def test_only_the_syntax_stage_knows_tree_sitter() -> None:
    users = {path for path in SOURCES for one in imports(path) if one.startswith("tree_sitter")}
    assert {path.parent for path in users} == {ROOT / "reviewer" / "syntax"}


def test_only_the_reader_of_actors_knows_pycparser() -> None:
    users = {short(path) for path in SOURCES for one in imports(path) if under(one, "pycparser")}
    assert users == {"reviewer/simulation/reader.py"}


def test_only_the_front_end_calls_the_review() -> None:
    users = {path for path in SOURCES for one in imports(path) if under(one, "reviewer.review")}
    assert {path.parent for path in users} == {ROOT / "reviewer" / "frontend"}


def test_only_the_front_end_loads_the_rules() -> None:
    users = {path for path in SOURCES for one in imports(path) if under(one, "reviewer.ruleset")}
    assert {path.parent for path in users} <= {ROOT / "reviewer" / "frontend"}


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_imports_are_absolute(path: Path) -> None:
    assert [one for one in imports(path) if one.startswith(".")] == []


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(parsed(path))


def fact_names() -> Iterator[str]:
    """The functions and macros that rules/kernel tells of by their exact name."""
    for path in sorted((ROOT / "rules" / "kernel").glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for function in table.get("function", ()):
            yield from (name for name in function["names"] if _WORD.fullmatch(name))


def c_functions() -> Iterator[str]:
    """The functions that fixtures and actors define."""
    files = [*ROOT.glob("fixtures/*/before/**/*.c"), *ROOT.glob("rules/actors/**/*.c")]
    for path in sorted(files):
        yield from _DEFINED.findall(_COMMENT.sub(" ", path.read_text(encoding="utf-8")))


@cache
def kernel_names() -> frozenset[str]:
    """Names of facts, actors and fixtures; a single word is a word of English."""
    actors = {name for name in c_functions() if "_" in name}
    return frozenset({*fact_names(), *actors}) - WORDS


def docstrings(path: Path) -> set[int]:
    """The lines on which a docstring starts."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found.add(first.lineno)
    return found


def spelled(path: Path) -> Iterator[tuple[int, str]]:
    """Every word of the identifiers and texts of a module, with its line;
    comments and docstrings do not count."""
    described = docstrings(path)
    source = io.StringIO(path.read_text(encoding="utf-8"))
    for token in tokenize.generate_tokens(source.readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string
        elif token.type in _TEXTS and token.start[0] not in described:
            for word in _WORD.findall(token.string):
                yield token.start[0], word


def test_kernel_names_are_found() -> None:
    """The check below is worth something: it knows names of each kind."""
    assert {"folio_ref_freeze", "folio_migrate_mapping", "gup_fast"} <= kernel_names()


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_no_kernel_function_is_known_by_name(path: Path) -> None:
    named = [(line, word) for line, word in spelled(path) if word in kernel_names()]
    assert named == []


def test_the_rules_are_found() -> None:
    assert rules_folder() == ROOT / "rules"
    assert [one.folder for one in rule_folders()] == RULES
    assert RULES


@pytest.mark.parametrize("folder", RULES, ids=short)
def test_a_rule_is_explained_and_has_cases(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {folder.name}\n")
    cases = _CASE.findall(text)
    kinds = [kind for kind, _ in cases]
    assert kinds == ["before", "after"] * (len(kinds) // 2)
    fires = [f"// expect: {folder.name}" in body for kind, body in cases if kind == "after"]
    assert fires.count(True) >= CASES and fires.count(False) >= CASES
    assert not any("// expect:" in body for kind, body in cases if kind == "before")


def test_a_check_imports_what_a_rule_may() -> None:
    mine = [
        (short(path), one) for path in CHECKS for one in imports(path) if under(one, "reviewer")
    ]
    assert [(path, one) for path, one in mine if not under(one, "reviewer.checker")] == []


def test_the_papers_are_there() -> None:
    for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md"):
        assert (ROOT / name).read_text(encoding="utf-8").startswith("# ")


def test_the_readme_starts_with_two_blocks_of_commands() -> None:
    """.ci/run takes the second one for the tests."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
    assert "mmreview fixtures/" in blocks[0]
    assert "-e '.[dev]'" in blocks[1] and blocks[1].rstrip().endswith("pytest")


def test_the_readme_shows_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The output in the README is the real one, apart from what ``[...]`` stands for."""
    fixture = ROOT / "fixtures" / "2021_folio_refcount_migrate"
    assert main([str(fixture / "patch.mbox"), "--tree", str(fixture / "before")]) == 1
    printed = capsys.readouterr().out
    block = re.search(r"^```text\n(mm/.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
    assert block is not None
    shown = [part.strip("\n") for part in block[1].split("[...]")]
    places = [printed.find(part) for part in shown]
    assert -1 not in places and places == sorted(places)


def test_the_readme_lists_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--format", "markdown"]) == 0
    printed = capsys.readouterr().out
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    again = "the list in README.md is old; to write it anew: python scripts/new_rule.py --table"
    assert re.search(rf"^<!-- rules.*-->\n\n{re.escape(printed)}\n<!-- end", text, re.M), again


def test_the_readme_names_every_scenario() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    scenarios = [path.parent for path in (ROOT / "rules").glob("actors/*/scenario.toml")]
    assert [one.name for one in scenarios if f"`{one.name}`: " not in text] == []


def test_architecture_names_every_folder() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = {path.parent.name for path in SOURCES} - {"reviewer"}
    assert {name for name in folders if f"{name}/" not in text} == set()
