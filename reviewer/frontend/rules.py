# SPDX-License-Identifier: GPL-2.0-only
"""``mmreview rules``: the catalogue, and what a rule is about."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewer.frontend.arguments import Parser, formatter
from reviewer.frontend.console import columns
from reviewer.frontend.inputs import InputError, is_directory

if TYPE_CHECKING:
    from reviewer.report.formats import RuleText
    from reviewer.rule_tables import RuleDescription

FORMATS = ("terminal", "json", "markdown")
SCHEMA_VERSION = 1
LEAST_SUMMARY = 30
"""Columns; where fewer are left, the summary stands below the name."""

_HEADS = {
    "locks": "Locks",
    "references": "References and lifetime",
    "rcu": "RCU",
    "ordering": "Ordering and atomics",
    "contexts": "Execution contexts",
    "values": "Types and values",
    "changelog": "Changelogs",
    "other": "Others",
}
_CASES = re.compile(r"^## Cases\s*$.*", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"\A# .*\n+")
_LINK = re.compile(r"\[([^\]\n]+)\]\([^)\s]+\)")
_MARKS = re.compile(r"\*\*|(?<!`)`(?!`)")
_ITEM = re.compile(r"(?:[*-]|\d+\.) +")
_GAP = re.compile(r"\n\s*\n")
_HELP = "Lists the rules; with NAME, explains one of them."


def run(args: Sequence[str]) -> int:
    """Run the command; its exit status.  `InputError` for wrong usage."""
    options = parser().parse_args(args)
    if options.name is not None:
        return explain(options.name, options.rules, options.format)
    print(_listing(catalogue(options.rules), options.format, columns()))
    return 0


def explain(name: str, folders: Sequence[str], form: str = "terminal") -> int:
    """Print what a rule is about; the exit status.  `InputError` for none of that name."""
    known = catalogue(folders)
    one = next((rule for rule in known if rule.name == name), None)
    if one is None:
        raise InputError(unknown(name, [rule.name for rule in known]))
    if form == "json":
        print(_json([one]))
    elif form == "markdown":
        print(_readme(one).rstrip("\n"))
    else:
        print("\n".join(_explained(one, columns())))
    return 0


def catalogue(folders: Sequence[str]) -> tuple["RuleDescription", ...]:
    """The rules that are shipped and those of other folders."""
    from reviewer.ruleset import rule_folders

    for name in folders:
        if not is_directory(name):
            raise InputError(f"--rules {name}: no such directory")
    return rule_folders([Path(name) for name in folders])


def rule_texts(folders: Sequence[str]) -> "tuple[RuleText, ...]":
    """How every rule explains itself."""
    from reviewer.report.formats import RuleText

    return tuple(
        RuleText(
            rule.name,
            rule.summary,
            rule.severity,
            rule.since,
            rule.topic,
            "\n\n".join(_paragraphs(rule)),
            _readme(rule).rstrip("\n"),
        )
        for rule in catalogue(folders)
    )


def unknown(name: str, names: Sequence[str]) -> str:
    """What to say of a rule that is not there: which ones are called like it."""
    from difflib import get_close_matches

    near = [one for one in names if name and name in one]
    near += get_close_matches(name, names, 3, 0.6)
    shown = list(dict.fromkeys(near))[:3]
    if not shown:
        return f"no rule is called '{name}' (mmreview rules lists them)"
    return f"no rule is called '{name}'; did you mean {' or '.join(shown)}?"


def parser() -> Parser:
    """What the verb takes."""
    made = Parser(
        prog="mmreview rules",
        description=_HELP,
        formatter_class=formatter,
    )
    made.add_argument("name", metavar="NAME", nargs="?", help="the rule to explain")
    made.add_argument("--format", choices=FORMATS, default="terminal", help="form of the answer")
    made.add_argument(
        "--rules", metavar="DIR", action="append", default=[], help="additional rules"
    )
    return made


# The catalogue ----------------------------------------------------------------


def _listing(known: Sequence["RuleDescription"], form: str, width: int) -> str:
    if form == "json":
        return _json(known)
    return markdown(known) if form == "markdown" else "\n".join(_table(known, width))


def _by_topic(
    known: Sequence["RuleDescription"],
) -> Iterator[tuple[str, list["RuleDescription"]]]:
    """The rules topic by topic, the gravest first."""
    from reviewer.rule_tables import SEVERITIES

    for topic, head in _HEADS.items():
        some = [rule for rule in known if rule.topic == topic]
        if some:
            yield head, sorted(some, key=lambda one: (-SEVERITIES.index(one.severity), one.name))


def _table(known: Sequence["RuleDescription"], width: int) -> Iterator[str]:
    from reviewer.report.text import clean, wrapped

    names = max((len(clean(rule.name)) for rule in known), default=0)
    grades = max((len(rule.severity) for rule in known), default=0)
    for number, (head, some) in enumerate(_by_topic(known)):
        yield from ([""] if number else [])
        yield head
        for rule in some:
            first = f"  {clean(rule.name):{names}}  {rule.severity:{grades}}  "
            if width - len(first) >= LEAST_SUMMARY:
                yield from wrapped(rule.summary, width, first) or [first.rstrip()]
            else:
                yield f"  {clean(rule.name)}  ({rule.severity})"
                yield from wrapped(rule.summary, width, "    ")


def markdown(known: Sequence["RuleDescription"]) -> str:
    """The catalogue as the project's README shows it."""
    lines = ["| Rule | Severity | What it finds |", "| --- | --- | --- |"]
    for head, some in _by_topic(known):
        lines.append(f"| **{head}** | | |")
        for rule in some:
            link = f"[`{rule.name}`](rules/{rule.name}/README.md)"
            lines.append(
                f"| {link} | {rule.severity} | {rule.summary.replace('|', chr(92) + '|')} |"
            )
    return "\n".join(lines)


def _json(known: Iterable["RuleDescription"]) -> str:
    rows: list[dict[str, Any]] = [
        {
            "name": rule.name,
            "severity": rule.severity,
            "since": rule.since,
            "topic": rule.topic,
            "summary": rule.summary,
            "explanation": "\n\n".join(_paragraphs(rule)),
        }
        for rule in known
    ]
    return json.dumps({"schema_version": SCHEMA_VERSION, "rules": rows}, indent=2)


# One rule ----------------------------------------------------------------------


def _readme(rule: "RuleDescription") -> str:
    """The explanation, without the cases, as it is written; empty without one."""
    from reviewer.ruleset import readme

    return _CASES.sub("", readme(rule))


def _paragraphs(rule: "RuleDescription") -> list[str]:
    """The explanation in plain text, each paragraph and each item on one line;
    code stays as it is."""
    found = []
    code = ""
    for block in _GAP.split(_TITLE.sub("", _readme(rule)).strip("\n")):
        if code or block.startswith("```"):
            code = f"{code}\n\n{block}" if code else block
            if code.count("```") % 2 == 0:
                found.append("\n".join(f"    {line}".rstrip() for line in code.split("\n")[1:-1]))
                code = ""
        elif block.strip():
            found += [" ".join(one.split()) for one in _items(_plain(block))]
    return found


def _plain(text: str) -> str:
    return _MARKS.sub("", _LINK.sub(r"\1", text)).lstrip("#").strip()


def _items(block: str) -> Iterator[str]:
    """A block cut at the items of a list."""
    item: list[str] = []
    for line in block.split("\n"):
        if _ITEM.match(line) and item:
            yield "\n".join(item)
            item = []
        item.append(line)
    yield "\n".join(item)


def _explained(rule: "RuleDescription", width: int) -> Iterator[str]:
    from reviewer.report.text import clean, sentence, wrapped

    yield f"{clean(rule.name)} ({rule.severity}, since {clean(rule.since)})"
    yield from wrapped(sentence(rule.summary), width)
    told = _paragraphs(rule)
    if not told:
        yield from ("", "It has no README.md that explains it.")
    for text in told:
        yield ""
        if text.startswith("    "):
            yield from map(_printable, text.split("\n"))
        else:
            item = _ITEM.match(text)
            yield from wrapped(text, width, "", " " * len(item[0]) if item else "")


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() else " " for char in line)
