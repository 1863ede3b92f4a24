# SPDX-License-Identifier: GPL-2.0-only
"""What people say in changelogs, and how it is recognised."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reviewer.record import dataclass
from reviewer.syntax.parse import parse_expression
from reviewer.syntax.tree import Expr
from reviewer.verdict.claim_words import NO_WORDS, Words, compiled

MAX_TEXT = 4000
DECISIONS = ("never", "guard", "evidence")
OBJECTS = ("function", "other", "lock", "second", "place", "structure")

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A step whose being reachable refutes a claim; ``path`` and
    ``assumption`` restrict where it is looked for."""

    goal: Expr
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Something people say in changelogs, and what decides it.

    A paragraph makes the claim where all patterns of one of ``ways`` occur and none of
    ``unless``; they are compiled when a paragraph has a part of each group of ``about``.
    ``decided_by`` is ``never`` (the counterexamples decide), ``guard`` (the standing
    of the finding and the guard the simulation found) or ``evidence``: the tree
    answers, as `reviewer.verdict.tree_claims` asks it; ``needs`` are the objects
    (`OBJECTS`) that the sentence has to name for that.
    """

    name: str
    summary: str
    about: tuple[Texts, ...]
    ways: tuple[Texts, ...]
    unless: Texts
    scenario: str
    decided_by: str
    needs: Texts
    counterexamples: tuple[Counterexample, ...]
    confirmed: str
    refuted: str

    def made_in(self, text: str) -> bool:
        """Whether a text says it, be it unsaid or not."""
        lowered = text.lower()
        if not all(any(part in lowered for part in group) for group in self.about):
            return False
        return any(all(compiled(one).search(text) for one in way) for way in self.ways)

    def unsaid_in(self, text: str) -> bool:
        """Whether a text takes it back, asks it or only reports it."""
        return any(compiled(one).search(text) for one in self.unless)

    def compile(self) -> None:
        """Compile every pattern; one that is none is a ValueError."""
        for text in (*(one for way in self.ways for one in way), *self.unless):
            compiled(text)


_KEYS = frozenset(
    {"summary", "about", "said", "bad", "allow", "imperative", "phrases", "or", "unless", "always"}
    | {"scenario", "decided_by", "needs", "counterexample", "confirmed", "refuted"}
)
_LISTS = ("about", "said", "phrases", "or", "unless", "needs")


def claim_from(
    name: str, table: Mapping[str, Any], shared: Sequence[str] = (), words: Words = NO_WORDS
) -> Claim:
    """Build a claim from its TOML table; ``shared`` are patterns that unsay every claim
    but those with ``always = true``, ``words`` what its shorthand stands for."""
    unknown = {*table} - _KEYS
    if unknown:
        raise ValueError(f"unknown key '{min(unknown)}'")
    for key in _LISTS:
        if not isinstance(table.get(key, []), list):
            raise ValueError(f"'{key}' is a list")
    if table["decided_by"] not in DECISIONS:
        raise ValueError(f"decided_by is one of {', '.join(DECISIONS)}")
    if not {*table.get("needs", ())} <= {*OBJECTS}:
        raise ValueError(f"needs are of {', '.join(OBJECTS)}")
    unless = [*table.get("unless", ()), *(() if table.get("always") else shared)]
    return Claim(
        name=name,
        summary=table["summary"],
        about=_about(table.get("about", ())),
        ways=_ways(table, words),
        unless=tuple(words.expanded(one) for one in unless),
        scenario=table.get("scenario", ""),
        decided_by=table["decided_by"],
        needs=tuple(table.get("needs", ())),
        counterexamples=tuple(
            Counterexample(parse_expression(entry["goal"]), entry.get("path", ""), entry["text"])
            for entry in table.get("counterexample", ())
        ),
        confirmed=table.get("confirmed", ""),
        refuted=table.get("refuted", ""),
    )


def _about(groups: Sequence[str]) -> tuple[Texts, ...]:
    """The groups of parts, one of each of which has to occur."""
    for one in groups:
        if one != one.lower() or not all(one.split("|")):
            raise ValueError(f"about has lower-case parts with '|' between them: '{one}'")
    return tuple(tuple(one.split("|")) for one in groups)


def _ways(table: Mapping[str, Any], words: Words) -> tuple[Texts, ...]:
    """The ways of making a claim, each with all the patterns it takes."""
    first = [_either(one, words) for one in table.get("phrases", ())]
    of_said = [table.get(name, "") for name in ("bad", "allow", "imperative")]
    if table.get("said"):
        first.append(words.said(table["said"], *of_said))
    elif any(of_said):
        raise ValueError("'bad', 'allow' and 'imperative' belong to 'said'")
    others = [[_either(one, words) for one in way] for way in table.get("or", ())]
    if not all([first, *others]):
        raise ValueError("a claim without 'said' and without 'phrases'")
    return tuple(tuple(way) for way in (first, *others))


def _either(alternatives: str | Sequence[str], words: Words) -> str:
    """One pattern, of a text or of a list of alternatives."""
    if isinstance(alternatives, str):
        return words.expanded(alternatives)
    return words.expanded("|".join(alternatives))


def claims_in(paragraph: str, known: Sequence[Claim]) -> Iterator[Claim]:
    """The claims a paragraph makes."""
    text = paragraph[:MAX_TEXT]
    for claim in known:
        if claim.made_in(text) and not claim.unsaid_in(text):
            yield claim
