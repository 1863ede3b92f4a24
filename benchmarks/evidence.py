# SPDX-License-Identifier: GPL-2.0-only
"""What the index of Linux 6.12 answers: the lock that protects a member, against what the kernel
documents (protection_pairs.tsv), and claims of changelogs, against what is known of them."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from reviewer.evidence.places import Spot
from reviewer.evidence.store import opened
from reviewer.evidence.witness import Witness
from reviewer.facts import Facts
from reviewer.locks.sleeps import quiet_by
from reviewer.ruleset import load_claims, load_facts, load_tree_facts
from reviewer.verdict.claim_objects import objects_in
from reviewer.verdict.tree_claims import DECISIONS, Asked, decide

HERE = Path(__file__).resolve().parent
PAIRS = HERE / "protection_pairs.tsv"
EXAMPLES = HERE.parent / "tests" / "evidence" / "claim_examples.tsv"
TRUTH = {"CONFIRMED": "true", "REFUTED": "false"}


def rows(path: Path) -> Iterator[list[str]]:
    """The rows of a table, without comments and heading."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "kind\t")):
            yield line.split("\t")


def spot(text: str) -> Spot:
    """``zone.lock`` or the name of a variable."""
    owner, _, member = text.partition(".")
    return Spot(((owner, member),)) if member else Spot((("", owner),))


def protection(witness: Witness) -> Iterator[tuple[bool, str]]:
    """Whether each pair is answered right, and a line about it."""
    for _, structure, member, lock, _, document, *_ in rows(PAIRS):
        started = time.monotonic()
        found = witness.protection(spot(f"{structure}.{member}"))
        right = found.lock is not None and found.lock.within(spot(lock))
        told = f"{found.held} of {found.changes}, {found.unknown} unknown"
        seconds = time.monotonic() - started
        yield (
            right,
            f"{structure}.{member}\t{lock}\t{found.lock}\t{told}\t{document}\t{seconds:.1f} s",
        )


def claims(witness: Witness, facts: Facts) -> Iterator[tuple[str, str, str, str]]:
    """Kind, truth, verdict and a line about each example that the tree could answer."""
    needs = {one.name: one.needs for one in load_claims()}
    for kind, truth, file, function, sentence, *_ in rows(EXAMPLES):
        if kind not in DECISIONS:
            continue
        found = witness.callers.named(function, file)
        at = next((one for one in found if one.path == file), None)
        objects = objects_in(sentence, at, witness, facts)
        told = decide(kind, needs[kind], Asked(sentence, objects, witness))
        yield kind, truth, told.verdict, f"{sentence}\t{told.answer}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables; the exit status is 1 when a claim was answered wrongly."""
    parser = argparse.ArgumentParser(prog="evidence.py", description=__doc__)
    parser.add_argument("index", type=Path, help="index of the whole of linux-source-6.12")
    parser.add_argument("--details", action="store_true", help="every pair and claim")
    options = parser.parse_args(arguments)
    facts = load_facts()
    witness = Witness(opened(options.index), load_tree_facts(), quiet_by(facts))
    print(f"index of {witness.seen}")
    right = total = 0
    for good, line in protection(witness):
        right, total = right + good, total + 1
        if options.details or not good:
            print("right" if good else "WRONG", line, sep="\t")
    print(f"protection: {right} of {total} right")
    counted: dict[str, Counter[str]] = {}
    for kind, truth, verdict, line in claims(witness, facts):
        known = TRUTH.get(verdict)
        how = "undecided" if known is None else "right" if known == truth else "wrong"
        counted.setdefault(kind, Counter())[how] += 1
        if options.details or how != "right":
            print(how, kind, truth, line, sep="\t")
    for kind, some in sorted(counted.items()):
        print(kind, *(f"{some[how]} {how}" for how in ("right", "undecided", "wrong")), sep="\t")
    every = sum(counted.values(), Counter())
    decided = sum(some["right"] > 0 for some in counted.values())
    print(f"claims: {dict(every)}; {decided} of {len(counted)} kinds decided")
    return int(every["wrong"] > 0)


if __name__ == "__main__":
    sys.exit(main())
