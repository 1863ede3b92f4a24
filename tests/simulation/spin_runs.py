# SPDX-License-Identifier: GPL-2.0-only
"""SPIN run on models of the simulation, many of them in one program.

Compiling is what costs, and the models of a scenario have most of their options
in common.  So a program has one process for each CPU and function, with every
option that any of its models has there.  Which model runs, and which options it
has, is said when the program is started.

SPIN counts and judges in the same run: what is broken is noticed by options that
can never be taken.
"""

import functools
import itertools
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewer.simulation.promela import DEADLOCK, UNKNOWN, Promela

FLAGS = ("-w", "-DSAFETY", "-DNOREDUCE", "-DNOFAIR", "-DXUSAFE", "-DVECTORSZ=8192")
_RUN = ("./pan", "-n", "-c0", "-w18")
DEPTHS = (20_000, 4_000_000)
"""How many steps a way may have: SPIN clears memory for all of them."""

_COUNT = r"^ *([\d.e+]+) {}"
_SEEN = re.compile(r"^broken (\d+)$", re.M)
_ASSERTED = re.compile(r"assertion violated \(*broke[!=]=(\d+)")

_NAMED = re.compile(r"proctype cpu\d+")
_OPTION = re.compile(r"^/\*.*\*/\n(?=:: (?:atomic|d_step) \{ )", re.M)
_GUARD = re.compile(r"^:: (?:atomic|d_step) \{ ")
_TAIL = "od\n}\n"

_SEE = """\
static const char *has;
static int seen(int number) {
    static char told[256];
    if (!told[number]++) printf("broken %d\\n", number);
    return 0;
}"""
_BEGIN = """\
init {
atomic {
c_code { now.machine = atoi(getenv("MACHINE")); has = getenv("OPTIONS"); };
if"""

# What SPIN tells of a statement only to describe it to people.
_TOLD = re.compile(
    r"^\t+(?:reached\[\d+\]\[\d+\] = 1;|reached\d+\[\d+\] = 1;"
    r"|trans\[\d+\]\[\d+\]\t= settr\(0,0,0,0,0,.*\);)\n",
    re.M,
)

Programs = Mapping[str, Mapping[str, None]]


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
    options: Sequence[str]

    def run(self, machine: int) -> Counted:
        """Visit every state of one model; what SPIN counts for the beginning
        (`reviewer.simulation.promela`) is taken off."""
        told = {"MACHINE": str(machine), "OPTIONS": self.options[machine]}
        text = ""
        for depth in DEPTHS:
            text = _said([*_RUN, f"-m{depth}"], self.folder, told)
            if "too small" not in text:
                break
        assert "too small" not in text and "out of memory" not in text, text
        return Counted(
            _number(text, "states, stored") - 1,
            _number(text, "transitions") - 1 - self.openings[machine],
            frozenset(map(int, _SEEN.findall(text))),
        )


def compiled(models: Sequence[Promela], folder: Path) -> Program:
    """The verifier of some models."""
    _compile(joined(models), folder)
    openings = [len(model.openings) for model in models]
    return Program(folder, openings, list(_chosen(models)))


def verified(text: str, folder: Path) -> frozenset[int]:
    """The numbers of the properties that SPIN finds broken in a program."""
    _compile(text, folder)
    return frozenset(map(int, _ASSERTED.findall(_said(_RUN, folder))))


def _compile(text: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "models.pml").write_text(text, encoding="utf-8")
    said = _said(["spin", "-a", "models.pml"], folder)
    assert (folder / "pan.c").is_file() and "rror" not in said, said
    for name in ("pan.m", "pan.t"):
        made = folder / name
        made.write_text(_TOLD.sub("", made.read_text(encoding="utf-8")), encoding="utf-8")
    _said(["gcc", "-O0", *FLAGS, "-o", "pan", "pan.c"], folder)


def joined(models: Sequence[Promela]) -> str:
    """Several models as one program."""
    programs = _programs(models)
    lines = [f"#define U ({UNKNOWN})", "short broke;", "int machine;"]
    # SPIN does not let an expression call a function that it can see.
    see = [rf"\#define SEE_{number} seen({number})" for number in _numbers(models)]
    lines += ["c_decl {", _SEE, *see, "}"]
    lines += _declared(models)
    lines += [f"hidden int {name};" for name in sorted({n for m in models for n in m.scratch})]
    lines += _processes(programs)
    lines.append(_BEGIN)
    for at, model in enumerate(models):
        lines += [f":: machine == {at} -> d_step {{ {opening} }}" for opening in model.openings]
    lines.append("fi")
    for at in range(len(programs)):
        lines.append(f"; if :: {_has(at)} -> run p{at}() :: else -> skip fi")
    lines += ["}", ";end: do", *_verdicts(models), "od }"]
    return "\n".join(lines)


def _has(number: int) -> str:
    """Whether the model that runs has a process, or an option."""
    return f"c_expr {{ has[{number}] == '1' }}"


def _processes(programs: Programs) -> Iterator[str]:
    option = itertools.count(len(programs))
    for at, (head, texts) in enumerate(programs.items()):
        yield _NAMED.sub(f"proctype p{at}", head)
        for text in texts:
            yield _GUARD.sub(rf"\g<0>{_has(next(option))} && ", text)
        yield _TAIL


def options_of(model: Promela) -> set[str]:
    """What of a model is a part of a program, and once if others have it too."""
    return {option for text in model.processes for option in _parts(text)[1]}


def _programs(models: Iterable[Promela]) -> Programs:
    """The options that any of the models has, by the CPU and the function."""
    found: dict[str, dict[str, None]] = {}
    for text in dict.fromkeys(text for model in models for text in model.processes):
        head, options = _parts(text)
        found.setdefault(head, {}).update(dict.fromkeys(options))
    return found


@functools.lru_cache(1000)
def _parts(text: str) -> tuple[str, tuple[str, ...]]:
    """How a process begins, and the options of its loop."""
    head, *options = _OPTION.split(text.removesuffix(_TAIL))
    return head, tuple(options)


def _chosen(models: Sequence[Promela]) -> Iterator[str]:
    """For each model a word that says of every process, and then of every
    option, whether the model has it."""
    programs = _programs(models)
    for model in models:
        own = {head: set(options) for head, options in map(_parts, model.processes)}
        has = [head in own for head in programs]
        has += [o in own.get(head, ()) for head, options in programs.items() for o in options]
        yield "".join("01"[one] for one in has)


def _declared(models: Sequence[Promela]) -> Iterable[str]:
    declared: dict[str, str] = {}
    for model in models:
        for name, kind in model.variables.items():
            text = model.declared(kind, name)
            if declared.setdefault(name, text) != text:
                declared[name] = model.declared("short", name)
    return declared.values()


def _verdicts(models: Sequence[Promela]) -> Iterator[str]:
    """What is never executable, as nothing is to be added to what SPIN counts."""
    for number in _numbers(models):
        yield f":: broke == {number} && c_expr {{ SEE_{number} }}"
    for at, model in enumerate(models):
        stuck = f"machine == {at} && timeout && broke == 0 && {model.unfinished}"
        yield f":: {stuck} && c_expr {{ SEE_{model.numbers[DEADLOCK]} }}"


def _numbers(models: Sequence[Promela]) -> list[int]:
    return sorted({number for model in models for number in model.numbers.values()})


def _said(words: Sequence[str], folder: Path, told: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(words, cwd=folder, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


def _number(text: str, what: str) -> int:
    found = re.search(_COUNT.format(re.escape(what)), text, re.M)
    assert found, text
    return int(float(found[1]))
