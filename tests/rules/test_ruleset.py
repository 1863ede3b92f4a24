# SPDX-License-Identifier: GPL-2.0-only
"""Reading ``rules/``: what is refused, with which words, and how fast it is."""

import time
from pathlib import Path

import pytest

from reviewer.ruleset import RulesError, load_facts, load_vocabulary, rule_folders, rules_folder

GOOD = """
[[function]]
names = ["my_lock"]
acquires = [{ place = "$0->lock", kind = "spinlock", when = "nonzero" }]
enters = ["irqs-off"]
source = "drivers/my.c (v6.12)"
"""
FIRST = "kernel/my.toml: function 1 (f): "


def folder(tmp_path: Path, text: str) -> Path:
    (tmp_path / "kernel").mkdir(exist_ok=True)
    (tmp_path / "kernel" / "my.toml").write_text(text, encoding="utf-8")
    return tmp_path


def function(body: str, source: str = 'source = "f.c (v6.12)"') -> str:
    return f'[[function]]\nnames = ["f"]\n{source}\n{body}\n'


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(RulesError) as caught:
        load_facts([folder(tmp_path, text)])
    message = str(caught.value)
    assert "\n" not in message and message.startswith(f"{tmp_path}/")
    return message.removeprefix(f"{tmp_path}/")


def test_a_folder_of_ones_own_adds_facts_and_overrides_shipped_ones(tmp_path: Path) -> None:
    text = GOOD.replace('"my_lock"', '"my_lock", "spin_lock"')
    facts = load_facts([folder(tmp_path, text)])
    mine = facts.of("my_lock")
    assert mine is not None and mine is facts.of("spin_lock")
    assert mine.acquires[0].when == mine.enters_when == "nonzero"
    assert facts.of("spin_unlock") is not None


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("foo = 1", "unknown key 'foo'"),
        ("inert = 1", "'inert' must be true or false"),
        ("reads = 'x'", "'reads' must be a list of texts"),
        ("steps = ['load']", "'steps' must be a list of tables"),
        ("binds = ['x']", "'binds' must be a table"),
        ("returns = 1", "'returns' must be text"),
        ("returns = '$0 +'", "not an expression"),
        ("returns = '$2x'", "'$2x' means nothing in '$2x'"),
        ("returns = '$result'", "'$result' means nothing in '$result'"),
        ("returns = '$old'", "'returns' speaks of a step, and there is none"),
        ("enters_when = 'maybe'", "'enters_when' is 'maybe', not one of always, nonzero, zero"),
        ("acquires = [{ place = '*$0' }]", "missing 'kind'"),
        ("acquires = [{ kind = 'mutex' }]", "missing 'place'"),
        ("acquires = [{ place = '*$0', kind = 'mutex', x = 1 }]", "unknown key 'x'"),
        ("acquires = [{ place = '*$old', kind = 'mutex' }]", "'$old' means nothing in '*$old'"),
        ("assumes = [{ place = '*$0' }]", "missing 'kind'"),
        ("assumes_contexts = 'irqs-off'", "'assumes_contexts' must be a list of texts"),
        ("inert = true\nsteps = [{ op = 'flush' }]", "inert, yet it has 'steps'"),
        ("steps = [{ place = 'x' }]", "'op' is '', not one of load, store"),
        ("steps = [{ op = 'load' }]", "missing 'place'"),
        ("steps = [{ op = 'cas', place = '*$0', value = '1' }]", "missing 'expect'"),
        ("steps = [{ op = 'load', place = '*$0', value = '1' }]", "unknown key 'value'"),
        ("steps = [{ op = 'load', place = '*$0', order = 'x' }]", "'order' is 'x', not one of"),
    ],
)
def test_a_bad_function_is_refused(tmp_path: Path, body: str, complaint: str) -> None:
    assert refusal(tmp_path, function(body)).startswith(FIRST + complaint)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (function("", source=""), FIRST + "missing 'source'"),
        (GOOD.replace('"my_lock"', '"a-b c"'), "function 1 (a-b c): 'a-b c' is no name"),
        (GOOD.replace('["my_lock"]', "[]"), "function 1: missing 'names'"),
        (GOOD.replace('["my_lock"]', "5"), "function 1: 'names' must be a list of texts"),
        (GOOD + GOOD, "function 2 (my_lock): 'my_lock' is already in "),
        ("[functions]", "unknown key 'functions'"),
        ("[constants]\nA = true", "constants: 'A' is not a number"),
        ("[opaque_types]\nA = 'x86'", "opaque_types: 'A' must be a list of texts"),
        ("[guards]\nA = ['x']", "guards: 'A' needs the function that takes and the one that"),
        ("[classes]\nA = ['x']", "classes: 'A' needs the function that takes and the one that"),
        ("[frees]\nA = 1", "frees: 'A' must be text"),
        ("[same_object]\nx = 1", "same_object: unknown key 'x'"),
        ("[two_word_pte.vax]\nconfig = 'x'", "two_word_pte vax: missing 'sets'"),
        ("[[function]\n", "Expected ']]'"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    assert complaint.removeprefix("kernel/my.toml: ") in refusal(tmp_path, text)


def test_what_is_asserted_and_what_scopes_run_is_read(tmp_path: Path) -> None:
    text = function("assumes = [{ place = '*$0', kind = 'any' }]\nassumes_contexts = ['irqs-off']")
    text += "[classes]\nC = ['make', 'drop']\n[frees]\nF = 'put'\n"
    facts = load_facts([folder(tmp_path, text)])
    mine = facts.of("f")
    assert mine is not None and mine.assumes[0].kind == "any" and not mine.acquires
    assert mine.assumes_contexts == ("irqs-off",)
    assert facts.classes["C"] == ("make", "drop") and facts.frees["F"] == "put"


def test_a_shipped_fact_is_named_by_its_path_below_the_project() -> None:
    with pytest.raises(RulesError, match=r"^rules/kernel/none.toml: .*No such file"):
        from reviewer.ruleset import _read

        _read(rules_folder() / "kernel" / "none.toml", "rules/kernel/none.toml")


def test_loading_is_fast() -> None:
    load_facts()
    best = 1.0
    for _ in range(5):
        start = time.process_time()
        load_facts()
        best = min(best, time.process_time() - start)
    assert best < 0.03


def test_a_fact_is_built_once() -> None:
    facts = load_facts()
    assert facts.of("xa_lock_irq") is facts.of("xa_lock_irqsave")


def test_the_vocabulary_is_there() -> None:
    assert load_vocabulary() == load_vocabulary()


RULE = """
name = "my-rule"
summary = "What it says"
severity = "warning"
since = "0.1"
scenario = "some"
when = { access = "read", lost = "any-lock" }
"""


def rule(tmp_path: Path, text: str) -> Path:
    (tmp_path / "my-rule").mkdir()
    (tmp_path / "my-rule" / "rule.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_rule_is_described_by_its_folder(tmp_path: Path) -> None:
    found = {one.name: one for one in rule_folders([rule(tmp_path, RULE)])}["my-rule"]
    assert (found.severity, found.since, found.scenario) == ("warning", "0.1", "some")
    assert found.when == {"access": "read", "lost": "any-lock"}
    assert found.folder == tmp_path / "my-rule"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("my-rule", "other", "name 'other' is not the name of the folder"),
        ('"warning"', '"fatal"', "'severity' is 'fatal', not one of note, warning, error"),
        ('summary = "What it says"', "", "missing 'summary'"),
        ('since = "0.1"', "", "missing 'since'"),
        ("scenario", "scene", "unknown key 'scene'"),
        ('{ access = "read", lost = "any-lock" }', "1", "'when' must be a table"),
    ],
)
def test_a_bad_rule_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    with pytest.raises(RulesError) as caught:
        rule_folders([rule(tmp_path, RULE.replace(old, new))])
    assert str(caught.value) == f"rules/my-rule/rule.toml: {complaint}"
