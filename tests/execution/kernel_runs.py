# SPDX-License-Identifier: GPL-2.0-only
"""Generated functions compiled and run; what happened, as records."""

import re
import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from callees import FULL
from kernel_programs import Program, program

HEADER = Path(__file__).with_name("kernel.h")
NAMES = (
    "",
    *re.findall(r"\bX\((\w+)\)", HEADER.read_text(encoding="utf-8").split("#define X(")[0]),
)
RUNS = 24
GCC = shutil.which("gcc")
_FLAGS = ("-std=gnu11", "-O0", "-w", "-finstrument-functions", "-fno-pie", "-no-pie")
_RECORD = struct.Struct("<BBBBHhII")


class Event(NamedTuple):
    """One record.

    ``kind`` is ``S`` start, ``M`` access, ``C`` call, ``R`` call at the end of
    a scope, ``E`` entry and ``Q`` end of a function, ``B`` a call that does
    not come back, ``D`` waiting for oneself, ``Z`` too long, ``X`` end.
    ``lock`` is the lock the call is about, ``way`` says whether it was
    ``taken``, ``dropped`` or ``refused``.
    """

    kind: str
    depth: int
    contexts: int
    lock: int | None
    way: str
    line: int
    value: int
    name: str
    pointers: int


Run = tuple[Event, ...]


@dataclass(frozen=True)
class Batch:
    """Some programs in one file; ``runs`` are the different runs of each."""

    source: str
    programs: tuple[Program, ...]
    functions: tuple[str, ...]
    runs: tuple[tuple[tuple[int, Run], ...], ...]


def source_of(programs: Sequence[Program]) -> tuple[str, tuple[str, ...]]:
    """One C file, and the functions in the order of the log."""
    lines = ['#include "kernel.h"']
    for one in programs:
        lines += [*one.helpers, "#undef POINTERS", FULL, *one.lines, ""]
    functions = [one.name for one in programs]
    functions += [name for one in programs for name in one.called]
    listed = ", ".join(f"(void *){name}" for name in functions)
    lines += [f"void *const functions[] = {{ {listed} }};"]
    lines += [f"const unsigned int function_count = {len(functions)};"]
    lines += [
        "QUIET int main(void)",
        "{",
        f"for (unsigned int one = 0; one < {len(programs)}; one++)",
    ]
    lines += [f"for (unsigned int seed = 0; seed < {RUNS}; seed++)", "run(one, seed);", "}", ""]
    return "\n".join(lines), tuple(functions)


def batch(seed: int, numbers: Sequence[int], folder: Path) -> Batch:
    """Generate, compile and run functions."""
    programs = tuple(program(seed, number) for number in numbers)
    source, functions = source_of(programs)
    return Batch(source, programs, functions, executed(source, len(programs), folder))


def executed(source: str, count: int, folder: Path) -> tuple[tuple[tuple[int, Run], ...], ...]:
    """Compile a file and run it; the different runs of each of its functions
    with how often each was seen."""
    assert GCC is not None
    path, binary = folder / "programs.c", folder / "programs"
    path.write_text(source, encoding="utf-8")
    subprocess.run(
        [GCC, *_FLAGS, f"-I{HEADER.parent}", "-o", str(binary), str(path)], check=True, text=True
    )
    log = subprocess.run([str(binary)], check=True, capture_output=True, timeout=60).stdout
    runs: list[dict[bytes, int]] = [{} for _ in range(count)]
    for number, text in _split(log):
        runs[number][text] = runs[number].get(text, 0) + 1
    return tuple(tuple((times, _run(text)) for text, times in some.items()) for some in runs)


def _split(log: bytes) -> Iterator[tuple[int, bytes]]:
    """The runs in a log: the number of the function and its records."""
    size, start = _RECORD.size, 0
    for at in range(size, len(log) + size, size):
        if at == len(log) or log[at] == ord("S"):
            yield log[start + 4] | log[start + 5] << 8, log[start:at]
            start = at


def _run(text: bytes) -> Run:
    return tuple(_event(*fields) for fields in _RECORD.iter_unpack(text))


def _event(
    kind: int, depth: int, contexts: int, lock: int, line: int, value: int, name: int, pointers: int
) -> Event:
    way = "dropped" if lock & 0x80 else "refused" if lock & 0x40 else "taken" if lock else ""
    number = (lock & 0x3F) - 1 if lock else None
    # The start of a run says two arguments where others say a name.
    called = str(name) if kind == ord("S") else NAMES[name]
    return Event(chr(kind), depth, contexts, number, way, line, value, called, pointers)
