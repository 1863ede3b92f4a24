# SPDX-License-Identifier: GPL-2.0-only
"""A mail that went through the mill never brings the program down."""

import contextlib
import io
import tempfile
from pathlib import Path

from frontend_samples import FIXTURE
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.frontend.cli import main

DATA = (FIXTURE / "patch.mbox").read_bytes()
LINES = DATA.splitlines(keepends=True)

Mutation = tuple[str, int, int]


def mutated(mutations: list[Mutation]) -> bytes:
    """The mail with bytes changed and lines left out, doubled or swapped."""
    lines = list(LINES)
    for kind, where, what in mutations:
        at = where % len(lines)
        if kind == "delete" and len(lines) > 1:
            del lines[at]
        elif kind == "double":
            lines.insert(at, lines[at])
        elif kind == "swap":
            lines[at], lines[what % len(lines)] = lines[what % len(lines)], lines[at]
        elif kind == "cut":
            lines = lines[: at + 1]
        elif kind == "byte":
            line = bytearray(lines[at])
            if line:
                line[what % len(line)] = what % 256
            lines[at] = bytes(line)
    return b"".join(lines)


mutations = st.lists(
    st.tuples(
        st.sampled_from(("byte", "byte", "delete", "double", "swap", "cut")),
        st.integers(0, 10_000),
        st.integers(0, 1 << 16),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(mutations, st.booleans())
def test_a_damaged_mail(some: list[Mutation], with_tree: bool) -> None:
    out, err = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "patch.mbox")
        path.write_bytes(mutated(some))
        args = ["--format", "gcc", str(path)]
        args += ["--tree", str(FIXTURE / "before")] if with_tree else []
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(args)
    told = err.getvalue().splitlines()
    assert all(line.startswith("mmreview: ") and line.isprintable() for line in told)
    assert status in (0, 1, 3)
    # Whoever gets no finding is told why, unless the code did not change so.
    assert bool(told) or status != 3
    assert bool(out.getvalue()) or status != 1
