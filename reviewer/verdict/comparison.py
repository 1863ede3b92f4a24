# SPDX-License-Identifier: GPL-2.0-only
"""Judge a change of how something is done by comparing both images, machine
by machine: what matters is what became possible, not what stays so."""

from reviewer.record import replace
from reviewer.simulation.answer import Run, worst
from reviewer.simulation.examine import Answer
from reviewer.verdict.ledger import Ledger
from reviewer.verdict.model import harm, model_of, shown_schedule, witness
from reviewer.verdict.records import Verdict
from reviewer.verdict.words import listed

Pair = tuple[str, str]


def difference(answer: Answer) -> tuple[str, str]:
    """CONFIRMED when some machine breaks a property only after the patch."""
    if answer.reasons:
        return "UNDECIDED", "; ".join(answer.reasons)
    verdicts = set(_by_machine(answer).values())
    if ("HOLDS", "VIOLATED") in verdicts:
        return "CONFIRMED", ""
    if any("BOUND_REACHED" in pair for pair in verdicts):
        return "UNDECIDED", "the model is larger than the bound on states"
    return "REFUTED_IN_MODEL", ""


def _by_machine(answer: Answer) -> dict[str, Pair]:
    """The verdicts before and after, for each assumption by its text."""
    found: dict[str, Pair] = {}
    for path in answer.paths:
        for run in path.after:
            text = run.assumption.text
            before = [one for one in path.before if one.assumption == run.assumption]
            after = [one for one in path.after if one.assumption == run.assumption]
            found[text] = (_verdict(before), _verdict(after))
    return found


def _verdict(runs: list[Run]) -> str:
    verdicts = {run.verdict for run in runs}
    return next((v for v in ("VIOLATED", "BOUND_REACHED") if v in verdicts), "HOLDS")


def with_comparison(
    verdict: Verdict, answer: Answer, ledger: Ledger, drift: tuple[str, ...]
) -> Verdict:
    """The verdict with the machines told apart and, where the changed code
    breaks a property on one, the schedule that shows it."""
    model = model_of(answer, drift)
    source = f"rules/actors/{answer.scenario.name}"
    evidence = _told(answer)
    broken = worst([run for path in answer.paths for run in path.after])
    steps = witness(shown_schedule(broken)) if broken else ()
    caption = f"{broken.assumption.text}: {harm(broken)}" if broken else ""
    ids = tuple(ledger.add("model", text, source) for text in evidence)
    return replace(
        verdict,
        model=model,
        witness=steps,
        witness_caption=caption,
        evidence=evidence,
        facts=(*verdict.facts, *ids),
    )


def _told(answer: Answer) -> tuple[str, ...]:
    """One sentence for each pair of verdicts, with the machines it is of."""
    groups: dict[Pair, list[str]] = {}
    for text, pair in _by_machine(answer).items():
        groups.setdefault(pair, []).append(text)
    broken = worst([run for path in answer.paths for run in (*path.before, *path.after)])
    what = harm(broken) if broken else ""
    words = {
        ("HOLDS", "HOLDS"): "both readings hold",
        ("VIOLATED", "VIOLATED"): f"neither reading helps: {what}",
        ("HOLDS", "VIOLATED"): f"only the new reading breaks: {what}",
        ("VIOLATED", "HOLDS"): f"only the old reading breaks: {what}",
    }
    return tuple(
        f"on {listed(_machines(texts))}, {words.get(pair, ' and '.join(pair))}"
        for pair, texts in sorted(groups.items())
    )


def _machines(texts: list[str]) -> list[str]:
    """``x86 (CONFIG), where the flush waits`` once per architecture when the
    assumption behind the comma makes no difference."""
    heads: dict[str, list[str]] = {}
    for text in texts:
        head, _, tail = text.partition(", where ")
        heads.setdefault(head, []).append(tail)
    return [head if len(tails) > 1 else f"{head} where {tails[0]}" for head, tails in heads.items()]
