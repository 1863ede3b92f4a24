# SPDX-License-Identifier: GPL-2.0-only
"""What the functions and macros of the kernel do, as data.

The records are filled from ``rules/kernel/*.toml`` by `reviewer.ruleset`; every
stage asks them here and none of them knows a kernel function by name.  Places
and values are C expressions in which ``$0``, ``$1``, ... stand for the
arguments of the call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from reviewer.syntax.tree import Expr


@dataclass(frozen=True, slots=True)
class StepFact:
    """One atomic step a function makes.

    ``op`` is ``load``, ``store``, ``add``, ``add-unless``, ``cas``, ``flush``
    or ``grace-period``.  ``place`` is what it touches.  ``value`` is what is
    stored or added, ``expect`` what a cas compares with, ``unless`` the value
    that stops an add-unless.  ``order`` is ``relaxed``, ``acquire``,
    ``release`` or ``full``.
    """

    op: str
    place: Expr | None
    value: Expr | None
    expect: Expr | None
    unless: Expr | None
    order: str


@dataclass(frozen=True, slots=True)
class LockFact:
    """A lock a function takes or drops: ``place`` names it, ``kind`` is
    ``spinlock``, ``mutex``, ``rwsem``, ...; ``when`` says for which result it
    is taken: ``always``, ``nonzero`` or ``zero``."""

    place: Expr
    kind: str
    when: str


@dataclass(frozen=True, slots=True)
class FunctionFact:
    """Everything known of one function or macro.

    ``names`` may hold shell-style patterns.  ``enters`` and ``leaves`` are
    execution contexts (``irqs-off``, ``rcu-read-side``, ...).  ``binds``
    pairs a place the macro declares with what it refers to
    (``XA_STATE(x, &m->i_pages, i)``: ``$0.xa`` is ``$1``).  ``returns`` is the
    value in terms of the arguments and of ``$old``, the value the last step
    found, and ``$done``, 1 when it took effect; None when nothing is known.
    ``reads`` and ``writes`` are places touched, the steps' included.
    ``inert`` says that no count, slot, page-table entry or lock is touched.
    ``same_object`` says that the result names the object of argument 0.
    ``type`` is the C type returned, empty when not recorded.
    ``noreturn`` says that the call does not come back.
    ``source`` names file and kernel version, or the commit.
    """

    names: tuple[str, ...]
    acquires: tuple[LockFact, ...]
    releases: tuple[LockFact, ...]
    enters: tuple[str, ...]
    leaves: tuple[str, ...]
    binds: tuple[tuple[Expr, Expr], ...]
    steps: tuple[StepFact, ...]
    reads: tuple[Expr, ...]
    writes: tuple[Expr, ...]
    returns: Expr | None
    type: str
    role: str
    inert: bool
    same_object: bool
    noreturn: bool
    source: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The functions by exact name, patterns in order, and named constants.

    ``constants`` are macro or enumerator names with their value in a model,
    ``opaque_types`` the C types that are structures on some architectures,
    with the list of those architectures.
    """

    functions: Mapping[str, FunctionFact]
    patterns: tuple[tuple[str, FunctionFact], ...]
    constants: Mapping[str, int]
    opaque_types: Mapping[str, tuple[str, ...]]

    def of(self, name: str) -> FunctionFact | None:
        """The fact for a function name, exact names first."""
        found = self.functions.get(name)
        if found is not None:
            return found
        for pattern, fact in self.patterns:
            if fnmatchcase(name, pattern):
                return fact
        return None
