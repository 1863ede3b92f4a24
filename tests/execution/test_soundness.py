# SPDX-License-Identifier: GPL-2.0-only
"""What generated functions do when they run is what the analysis allows."""

from pathlib import Path

from figures import Figures
from kernel_programs import program
from mutant_runs import load
from soundness import checked

EVERY_SHAPE = (
    "&&", "||", " ?: ", "while (", "do {", "for (", "list_for_each_entry(", "switch (", "default:",
    "goto *table", "asm goto(", "({", "BUG();", "guard(", "scoped_guard(", "scoped_cond_guard(",
    "__free(", "cleanup(", "spin_trylock(", "mutex_lock_interruptible(", "irqsave(", "WARN_ON(",
    "pick(&", "->peer->", "->locks[", "break;", "continue;", "return ",
)  # fmt: skip
ENOUGH_EXACT = 0.9


def test_runs_are_paths_and_locksets_hold(stored: list[Path]) -> None:
    figures = Figures()
    for path in stored:
        for function, result in checked(load(path)):
            figures.add(function, result)
    assert figures.violations == []
    assert figures.runs >= 20 * figures.functions
    assert figures.must_exact >= ENOUGH_EXACT * figures.judged


def test_the_same_number_gives_the_same_function() -> None:
    assert program(3, 5) == program(3, 5)
    assert program(3, 5).lines != program(4, 5).lines


def test_every_shape_is_generated() -> None:
    found = [program(1, number) for number in range(200)]
    text = "\n".join(line for one in found for line in (*one.helpers, *one.lines))
    assert [shape for shape in EVERY_SHAPE if shape not in text] == []
