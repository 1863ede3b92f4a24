# SPDX-License-Identifier: GPL-2.0-only
"""SPIN run on models of the simulation, many of them in one program.

The models of a program share its variables by name, and processes that are the
same text.  Which model runs, and whether properties are asserted, is said when
the program is started.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewer.simulation.promela import DEADLOCK, UNKNOWN, Promela

FLAGS = ("-w", "-DSAFETY", "-DNOREDUCE", "-DNOFAIR", "-DXUSAFE", "-DVECTORSZ=8192")
_RUN = ("./pan", "-n", "-c0", "-w18")
_COUNT = r"^ *([\d.e+]+) {}"
_BROKEN = re.compile(r"assertion violated \(*broke[!=]=(\d+)")

_BEGIN = """\
init {
atomic {
c_code { now.machine = atoi(getenv("MACHINE")); now.asserts = atoi(getenv("ASSERTS")); };
if"""


@dataclass(frozen=True)
class Counted:
    """What SPIN counted, and the numbers of the properties it found broken."""

    states: int
    transitions: int
    broken: frozenset[int]


@dataclass(frozen=True)
class Program:
    """A verifier, compiled."""

    folder: Path
    openings: Sequence[int]

    def run(self, machine: int, asserts: bool, depth: int = 200_000) -> Counted:
        """Visit every state of one model, by ways of at most ``depth`` steps;
        what SPIN counts for the beginning (`reviewer.simulation.promela`) is
        taken off."""
        told = {"MACHINE": str(machine), "ASSERTS": str(int(asserts))}
        text = _said([*_RUN, f"-m{depth}"], self.folder, os.environ | told)
        assert "too small" not in text and "out of memory" not in text, text
        return Counted(
            _number(text, "states, stored") - 1,
            _number(text, "transitions") - 1 - self.openings[machine],
            _broken(text),
        )


def compiled(models: Sequence[Promela], folder: Path) -> Program:
    """The verifier of some models."""
    _compile(joined(models), folder)
    return Program(folder, [len(model.openings) for model in models])


def verified(text: str, folder: Path) -> frozenset[int]:
    """The numbers of the properties that SPIN finds broken in a program."""
    _compile(text, folder)
    return _broken(_said(_RUN, folder))


def _compile(text: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "models.pml").write_text(text, encoding="utf-8")
    said = _said(["spin", "-a", "models.pml"], folder)
    assert (folder / "pan.c").is_file() and "rror" not in said, said
    _said(["gcc", "-O0", *FLAGS, "-o", "pan", "pan.c"], folder)


def joined(models: Sequence[Promela]) -> str:
    """Several models as one program."""
    declared: dict[str, str] = {}
    for model in models:
        for name, kind in model.variables.items():
            text = model.declared(kind, name)
            if declared.setdefault(name, text) != text:
                declared[name] = model.declared("short", name)
    scratch = sorted({name for model in models for name in model.scratch})
    names = {text: f"p{n}" for n, text in enumerate(_processes(models))}
    lines = [f"#define U ({UNKNOWN})", "short broke;", "int machine;", "int asserts;"]
    lines += declared.values()
    lines += [f"hidden int {name};" for name in scratch]
    lines += [re.sub(r"proctype cpu\d+", f"proctype {name}", text) for text, name in names.items()]
    lines.append(_BEGIN)
    for at, model in enumerate(models):
        runs = ";\n".join(f"run {names[text]}()" for text in model.processes)
        lines += [f":: machine == {at} ->\n{opening};\n{runs}" for opening in model.openings]
    lines += ["fi }", ";end: do", *_assertions(models), "od }"]
    return "\n".join(lines)


def _processes(models: Sequence[Promela]) -> Mapping[str, None]:
    return dict.fromkeys(text for model in models for text in model.processes)


def _assertions(models: Sequence[Promela]) -> list[str]:
    numbers = sorted({n for model in models for n in model.numbers.values()})
    found = [f":: d_step {{ asserts && broke == {n} -> assert(broke != {n}) }}" for n in numbers]
    for at, model in enumerate(models):
        stuck = f"asserts && machine == {at} && timeout && broke == 0 && {model.unfinished}"
        found.append(f":: atomic {{ {stuck} -> assert(broke == {model.numbers[DEADLOCK]}) }}")
    return found


def _said(words: Sequence[str], folder: Path, told: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(words, cwd=folder, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


def _broken(text: str) -> frozenset[int]:
    return frozenset(int(number) for number in _BROKEN.findall(text))


def _number(text: str, what: str) -> int:
    found = re.search(_COUNT.format(re.escape(what)), text, re.M)
    assert found, text
    return int(float(found[1]))
