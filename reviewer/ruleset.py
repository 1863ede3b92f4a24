# SPDX-License-Identifier: GPL-2.0-only
"""The only reader of ``rules/``: kernel facts, vocabulary and rule descriptions.

Loading reads the tables and no more: an entry becomes a `FunctionFact` when its
function is first asked for, because a hook that checks one mail needs a handful
of several hundred.  `validate` builds them all.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from reviewer.fact_tables import (
    Table,
    constants_of,
    frees_of,
    function_from,
    lock_names_of,
    members_of,
    only,
    opaque_types_of,
    operation_from,
    pairs_of,
    sleeping_of,
    texts,
    two_word_from,
)
from reviewer.fact_text import tables_of
from reviewer.facts import (
    Facts,
    Operations,
    Told,
    TwoWordPte,
)
from reviewer.record import dataclass, replace
from reviewer.rule_code import checks
from reviewer.rule_tables import RuleDescription, description_from

if TYPE_CHECKING:
    from reviewer.checker.rule import Rule
    from reviewer.evidence.knowledge import TreeFacts
    from reviewer.simulation.scenario import Scenario
    from reviewer.syntax.vocabulary import Vocabulary
    from reviewer.verdict.claim_phrases import Claim

Made = TypeVar("Made")

_VOCABULARY = "syntax.toml"
_NO_CLAIMS = ("claims/unsaid.toml", "claims/words.toml")
_PATTERN = re.compile(r"[*?\[]")
_SECTIONS = frozenset(
    {"function", "constants", "guards", "classes", "frees", "opaque_types", "two_word_pte"}
    | {"same_object", "one_member", "lock_pair", "lock_parts", "sleep", "sleeping_on_rt", "gfp"}
)
_EFFECTS = frozenset({"acquires", "releases", "enters", "leaves"})


class RulesError(Exception):
    """The rules cannot be used; the text is one line saying where and why."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One ``[[function]]`` as read, and where it stands."""

    where: str
    table: Table


class _Facts(Mapping[str, Made]):
    """Facts by name, each made when it is first asked for."""

    __slots__ = ("_built", "_entries", "_make")

    def __init__(self, entries: Mapping[str, _Entry], make: Callable[[Table], Made]) -> None:
        self._entries, self._make = entries, make
        self._built: dict[str, Made] = {}

    def __getitem__(self, name: str) -> Made:
        entry = self._entries[name]
        fact = self._built.get(entry.where)
        if fact is None:
            fact = self._built[entry.where] = _located(entry.where, self._make, entry.table)
        return fact

    def get(self, name: str, default: Any = None) -> Any:
        """As of a dictionary, which most names are not in."""
        return self[name] if name in self._entries else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries


def rules_folder() -> Path:
    """The ``rules`` of the source checkout, or those inside the installed package."""
    package = Path(__file__).resolve().parent
    checkout = package.parent / "rules"
    return checkout if (checkout / "kernel").is_dir() else package / "_rules"


def load_facts(extra: Sequence[Path] = ()) -> Facts:
    """The kernel facts, those in ``kernel/`` of the ``extra`` rule folders included.

    A later folder may contradict an earlier one; within one folder a name stands once.
    """
    functions: dict[str, _Entry] = {}
    read: list[tuple[str, Table]] = []
    for root in (None, *extra):
        tables = _kernel_tables(root)
        functions |= _names(tables)
        read += tables
    exact = {name: entry for name, entry in functions.items() if not _PATTERN.search(name)}
    rest = {name: functions[name] for name in functions if name not in exact}
    facts = replace(
        _sections(read),
        functions=_Facts(exact, function_from),
        patterns=_Facts(rest, function_from),
        lockers=_lockers(exact) | {"guard"},
        operations=Operations(lambda: _operations((None, *extra))),
    )
    if extra:
        validate(facts)
    return facts


def _sections(tables: Sequence[tuple[str, Table]]) -> Facts:
    """What is no list of functions; what comes later may contradict."""
    facts = Facts({}, {}, {}, {})
    for where, table in tables:
        facts = replace(
            facts,
            constants={**facts.constants, **_located(f"{where}: constants", constants_of, table)},
            opaque_types={
                **facts.opaque_types,
                **_located(f"{where}: opaque_types", opaque_types_of, table),
            },
            two_word_ptes={**facts.two_word_ptes, **_two_words(table, where)},
            same_object_members=facts.same_object_members
            | {*_located(f"{where}: same_object", members_of, table, "same_object")},
            one_member=facts.one_member
            | {*_located(f"{where}: one_member", members_of, table, "one_member")},
            guards={**facts.guards, **_located(f"{where}: guards", pairs_of, table, "guards")},
            classes={**facts.classes, **_located(f"{where}: classes", pairs_of, table, "classes")},
            frees={**facts.frees, **_located(f"{where}: frees", frees_of, table)},
            lock_names=_located(f"{where}: lock names", lock_names_of, table, facts.lock_names),
            sleeping=_located(f"{where}: sleeping", sleeping_of, table, facts.sleeping),
        )
    return facts


def _lockers(entries: Mapping[str, _Entry]) -> frozenset[str]:
    """The functions that take or drop anything; told without building a fact."""
    return frozenset(
        name for name, entry in entries.items() if not _EFFECTS.isdisjoint(entry.table)
    )


def validate(facts: Facts) -> int:
    """Build every fact, so that a bad one raises `RulesError`; returns their number."""
    built = {id(fact) for fact in facts.functions.values()}
    built |= {id(fact) for fact in facts.patterns.values()}
    told = facts.operations.told()[0]
    assert all(told[name] for name in told)
    return len(built)


def load_vocabulary() -> "Vocabulary":
    """The words of kernel C that its normalisation goes by."""
    from reviewer.syntax.vocabulary import vocabulary_from

    where = f"rules/kernel/{_VOCABULARY}"
    return _located(where, vocabulary_from, _read(rules_folder() / "kernel" / _VOCABULARY, where))


def rule_folders(extra: Sequence[Path] = ()) -> tuple[RuleDescription, ...]:
    """The rules, by name: every folder that holds a ``rule.toml``; of two with
    one name the one of the later folder counts."""
    found: dict[str, RuleDescription] = {}
    for root in (rules_folder(), *extra):
        for path in sorted(root.glob("*/rule.toml")):
            where = f"rules/{path.parent.name}/rule.toml"
            table = _read(path, where)
            found[path.parent.name] = _located(where, description_from, table, path.parent)
    return tuple(found[name] for name in sorted(found))


def readme(rule: RuleDescription) -> str:
    """What explains a rule and holds its cases; empty without a README.md."""
    path = rule.folder / "README.md"
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, ValueError) as error:
        raise RulesError(f"rules/{rule.name}/README.md: {error}") from None


def load_rules(extra: Sequence[Path] = ()) -> tuple["Rule", ...]:
    """The rules that are run over every patch, by name; the ``check.py`` of a
    rule is read when the rule is first run."""
    from reviewer.checker.rule import Rule

    return tuple(
        Rule(
            name=one.name,
            severity=one.severity,
            when=one.when,
            message=one.message,
            scenario=one.scenario,
            explained_by=one.explained_by,
            unspoken=one.unspoken,
            touches=one.touches,
            **_located(f"rules/{one.name}/check.py", checks, one.folder / "check.py"),
        )
        for one in rule_folders(extra)
    )


def load_scenarios(facts: Facts, extra: Sequence[Path] = ()) -> tuple["Scenario", ...]:
    """The scenarios of the simulation: every folder of ``actors/`` that holds
    a ``scenario.toml``, by name."""
    return tuple(load_scenario(folder, facts) for folder in scenario_folders(extra))


def scenario_folders(extra: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Where the scenarios are, by name."""
    roots = (rules_folder(), *extra)
    paths = (path for root in roots for path in root.glob("actors/*/scenario.toml"))
    found = {path.parent.name: path.parent for path in paths}
    return tuple(found[name] for name in sorted(found))


def scenario_summary(folder: Path) -> str:
    """What a scenario is about, one sentence."""
    table = _read(folder / "scenario.toml", f"rules/actors/{folder.name}/scenario.toml")
    return str(table.get("summary", ""))


def load_scenario(folder: Path, facts: Facts) -> "Scenario":
    """One scenario with its actors."""
    from reviewer.simulation.reader import ActorError
    from reviewer.simulation.scenario_tables import scenario_from

    where = f"rules/actors/{folder.name}/scenario.toml"
    table = _read(folder / "scenario.toml", where)
    try:
        header = folder.parent / "prelude.h"
        own = header if header.is_file() else rules_folder() / "actors" / "prelude.h"
        prelude = own.read_text(encoding="utf-8")
        files = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.c"))}
        return scenario_from(folder.name, table, files, prelude, facts)
    except ActorError as error:
        raise RulesError(f"rules/actors/{error}") from None
    except KeyError as error:
        raise RulesError(f"{where}: {error} is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RulesError(f"{where}: {error}") from None


def load_claims(extra: Sequence[Path] = ()) -> tuple["Claim", ...]:
    """What people say in changelogs, by name.

    The patterns of the ``extra`` rule folders are compiled at once, those that are shipped
    when they are needed.
    """
    from reviewer.verdict.claim_phrases import claim_from
    from reviewer.verdict.claim_words import words_from

    found = {}
    table, words = (_read(rules_folder() / one, f"rules/{one}") for one in _NO_CLAIMS)
    shared, known = table["unless"], _located(f"rules/{_NO_CLAIMS[1]}", words_from, words)
    no_claims = {rules_folder() / one for one in _NO_CLAIMS}
    for root in (rules_folder(), *extra):
        for path in sorted({*root.glob("claims/*.toml")} - no_claims):
            where = f"rules/claims/{path.name}"
            claim = _located(where, claim_from, path.stem, _read(path, where), shared, known)
            if root in extra:
                _located(where, claim.compile)
            found[path.stem] = claim
    return tuple(found[name] for name in sorted(found))


def load_tree_facts() -> "TreeFacts":
    """What the code of a tree does not say of itself."""
    from reviewer.evidence.knowledge import tree_facts_from

    where = "rules/kernel/tree"
    tables = [
        _read(rules_folder() / f"kernel/tree/{name}.toml", f"{where}/{name}.toml")
        for name in ("structures", "callbacks")
    ]
    return _located(where, tree_facts_from, *tables)


def _located(where: str, make: Callable[..., Made], *args: object) -> Made:
    """What ``make`` makes; its ValueError becomes a `RulesError` that says where."""
    try:
        return make(*args)
    except KeyError as error:
        raise RulesError(f"{where}: {error} is missing") from None
    except (ValueError, TypeError) as error:
        raise RulesError(f"{where}: {error}") from None


def _read(path: Path, where: str, read: Callable[[str], Table] = tomllib.loads) -> Table:
    try:
        return read(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RulesError(f"{where}: {error}") from None


def _kernel_tables(
    root: Path | None,
    files: str = "*.toml",
    sections: frozenset[str] = _SECTIONS,
    read: Callable[[str], Table] = tables_of,
) -> list[tuple[str, Table]]:
    """The tables of ``root/kernel/*.toml`` (None: the rules that are shipped),
    each with the name to show for it."""
    shown = "rules" if root is None else str(root)
    tables = []
    folder = (root or rules_folder()) / "kernel"
    for path in sorted(folder.glob(files)):
        if path.name != _VOCABULARY:
            where = f"{shown}/kernel/{path.relative_to(folder)}"
            table = _read(path, where, read if root is None else tomllib.loads)
            _located(where, only, table, sections)
            tables.append((where, table))
    return tables


def _names(tables: Sequence[tuple[str, Table]], section: str = "function") -> dict[str, _Entry]:
    """Every name of the functions, or operations, of one folder, with its entry."""
    found: dict[str, _Entry] = {}
    for file, table in tables:
        for number, function in enumerate(table.get(section, ()), start=1):
            where = f"{file}: {section} {number}"
            names = _located(where, texts, function, "names")
            if not names:
                raise RulesError(f"{where}: missing 'names'")
            entry = _Entry(f"{where} ({names[0]})", function)
            for name in names:
                if name in found:
                    raise RulesError(f"{entry.where}: '{name}' is already in {found[name].where}")
                found[name] = entry
    return found


def _operations(roots: Sequence[Path | None]) -> Told:
    """The operations of ``kernel/operations/``; those of a later folder count
    before those of an earlier one."""
    entries: dict[str, _Entry] = {}
    patterns: list[str] = []
    for root in roots:
        tables = _kernel_tables(
            root,
            "operations/*.toml",
            frozenset({"operation"}),
            lambda text: tables_of(text, "operation"),
        )
        found = _names(tables, "operation")
        entries |= found
        patterns[:0] = [name for name in found if "*" in name]
    return _Facts(entries, operation_from), tuple(patterns)


def _two_words(table: Table, where: str) -> dict[str, TwoWordPte]:
    return {
        name: _located(f"{where}: two_word_pte {name}", two_word_from, name, entry)
        for name, entry in table.get("two_word_pte", {}).items()
    }
