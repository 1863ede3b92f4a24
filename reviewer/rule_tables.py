# SPDX-License-Identifier: GPL-2.0-only
"""The table of a ``rule.toml`` in, what it says of the rule out."""

from pathlib import Path
from types import MappingProxyType

from reviewer.fact_tables import (
    LOCK,
    OPERATION_KINDS,
    Table,
    flag,
    one_of,
    only,
    required,
    text,
    texts,
)
from reviewer.record import dataclass

_WHEN_KEYS = frozenset({"access", "lost", "changed", "compared"})
_RULE_KEYS = frozenset(
    {"name", "summary", "severity", "since", "when", "scenario", "message", "explained_by"}
    | {"topic", "unspoken", "touches"}
)
SEVERITIES = ("note", "warning", "error")
TOPICS = ("locks", "references", "rcu", "ordering", "contexts", "values", "changelog", "other")
"""What rules are about, in the order of the catalogue."""


@dataclass(frozen=True, slots=True)
class RuleDescription:
    """What ``rules/NAME/rule.toml`` says of a rule.

    ``when`` is what an aligned access must match, ``scenario`` the scenario
    that tries to refute or confirm the finding, ``message`` what to report
    (both empty for none), ``folder`` where the rule lives, ``topic`` one of
    `TOPICS`.  The rest goes into the `Rule`.
    """

    name: str
    summary: str
    severity: str
    since: str
    when: Table
    scenario: str
    folder: Path
    message: str = ""
    explained_by: tuple[str, ...] = ()
    topic: str = "other"
    unspoken: bool = False
    touches: frozenset[str] = frozenset()


def description_from(table: Table, folder: Path) -> RuleDescription:
    """The record of one ``rule.toml``; ValueError says what is wrong with it."""
    only(table, _RULE_KEYS)
    if text(table, "name") not in ("", folder.name):
        raise ValueError(f"name '{table['name']}' is not the name of the folder")
    when = table.get("when", {})
    if not isinstance(when, dict):
        raise ValueError("'when' must be a table")
    only(when, _WHEN_KEYS)
    return RuleDescription(
        name=folder.name,
        summary=required(table, "summary"),
        severity=one_of(table, "severity", SEVERITIES),
        since=required(table, "since"),
        when=MappingProxyType(when),
        scenario=text(table, "scenario"),
        folder=folder,
        message=text(table, "message"),
        explained_by=texts(table, "explained_by"),
        topic=one_of(table, "topic", TOPICS, "other"),
        unspoken=flag(table, "unspoken"),
        touches=_touches(table),
    )


def _touches(table: Table) -> frozenset[str]:
    found = frozenset(texts(table, "touches"))
    strange = sorted(found - OPERATION_KINDS - {LOCK})
    if strange:
        raise ValueError(f"'{strange[0]}' in 'touches' is no kind of operation")
    return found
