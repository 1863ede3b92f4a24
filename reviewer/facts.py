# SPDX-License-Identifier: GPL-2.0-only
"""What the functions and macros of the kernel do, as data.

The tables of ``rules/kernel/*.toml`` become these records
(`reviewer.fact_tables`); every stage asks them and none of them knows a kernel
function by name.  Places and values are C expressions in which ``$0``, ``$1``,
... stand for the arguments of the call and ``$result`` for what it returns.
"""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache

from reviewer.record import dataclass, field, replace
from reviewer.syntax.tree import Expr

OF_OBJECTS = ("use", "free", "free-deferred", "give")
"""Steps that are about an object as a whole, not about a place."""


@dataclass(frozen=True, slots=True)
class StepFact:
    """One atomic step a function makes.

    ``op`` is ``load``, ``store``, ``add``, ``add-unless``, ``cas``, ``flush``,
    ``grace-period``, ``use``, ``free``, ``free-deferred`` or ``give``.  ``place``
    is what it touches, ``value`` what is stored or added, ``expect`` what a cas
    compares with, ``unless`` the value
    that stops an add-unless.  ``order`` is ``relaxed``, ``acquire``,
    ``release`` or ``full``.  ``when`` is ``nonzero`` or ``zero`` for a step
    that is made only when the call returns so, for a reason outside the step
    itself; such a result is a choice.  ``protocol`` says how a value of
    several words is touched: ``words`` reads it as one value the writer wrote,
    where the architecture has such a way, ``get-and-clear`` empties it.
    ``until`` is a condition on ``$old`` without which a load waits.  ``use``,
    ``free`` and ``free-deferred`` (after a grace period) are about an object:
    it is touched, its memory given back, a reference handed to somebody else.
    ``under`` is a lock that the function takes for this step alone; ``waits``
    says that a flush waits for the other CPUs on every machine.
    """

    op: str
    place: Expr | None
    value: Expr | None
    expect: Expr | None
    unless: Expr | None
    order: str
    when: str = "always"
    protocol: str = ""
    until: Expr | None = None
    under: Expr | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class LockFact:
    """A lock a function takes or drops: ``place`` names it, ``kind`` is
    ``spinlock``, ``mutex``, ``rwsem``, ...; ``when`` says for which result it
    is taken: ``always``, ``nonzero``, ``zero`` or, when a body does not tell,
    ``maybe``.  ``shared`` holders exclude
    exclusive ones only."""

    place: Expr
    kind: str
    when: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class FunctionFact:
    """Everything known of one function or macro.

    ``names`` may hold shell-style patterns.  ``enters`` and ``leaves`` are
    execution contexts (``irqs-off``, ``rcu-read-side``, ...); ``enters_when``
    says for which result they are entered: ``always``, ``nonzero`` or
    ``zero``.  ``binds`` pairs a place the macro declares with what it refers to
    (``XA_STATE(x, &m->i_pages, i)``: ``$0.xa`` is ``$1``).  ``returns`` is the
    value in terms of the arguments and of ``$old``, the value the last step
    found, and ``$done``, 1 when it took effect; None when nothing is known.
    ``reads`` and ``writes`` are places touched, the steps' included.
    ``inert`` says that no count, slot, page-table entry or lock is touched.
    ``same_object`` says that the result, unless NULL, names the object of
    argument 0.  ``type`` is the C type returned, empty when not recorded.
    ``noreturn`` says that the call does not come back.
    ``transparent`` says that the macro evaluates to its first argument, so
    that a branch on it is a branch on the argument; with ``noreturn``, that it
    does not come back where the argument is true.
    ``assumes`` and ``assumes_contexts`` are the locks and contexts that the
    authors of the code assert: they are held from the call on.
    ``list`` says what it does to a list: ``new`` (of argument 0), ``add``
    (argument 0 to argument 1), ``each`` (argument 0 goes through the last
    argument but one), ``empty`` (whether argument 0 is).
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
    transparent: bool = False
    enters_when: str = "always"
    assumes: tuple[LockFact, ...] = ()
    assumes_contexts: tuple[str, ...] = ()
    list: str = ""


def no_effect(name: str, source: str) -> FunctionFact:
    """The fact of a function that does nothing known, to be filled in."""
    return FunctionFact(
        (name,), (), (), (), (), (), (), (), (), None, "", "", False, False, False, source
    )


@dataclass(frozen=True, slots=True)
class TwoWordPte:
    """How one architecture writes a page-table entry that takes two words.

    ``config`` is the configuration under which the entry has two words.
    ``low_high`` says that it selects GUP_GET_PXX_LOW_HIGH, that is, that
    ptep_get_lockless() reads low, high, low.  ``sets`` and ``clears`` are the
    order in which the words are written when an entry becomes present and when
    it is cleared: ``high-low``, ``low-high``, ``low-only``, ``atomic`` or
    ``unknown``; ``clears_and_returns`` the same for ptep_get_and_clear().  ``present_word``
    is the word with the present bit: ``low``, ``high`` or ``unknown``.
    ``irqs_off_excludes_replacement`` says whether interrupts off keep a present
    entry from becoming another present one: ``yes``, ``no``, ``unknown``, or
    ``when-flush-waits``; ``flush`` says in words when the TLB flush does wait.
    """

    architecture: str
    config: str
    low_high: bool
    sets: str
    clears: str
    clears_and_returns: str
    present_word: str
    irqs_off_excludes_replacement: str
    flush: str
    source: str


@dataclass(frozen=True, slots=True)
class OperationFact:
    """What kind of synchronisation a function or macro is, where its steps do not say.

    ``kind`` is a word of ``rules/kernel/README.md`` (``get``, ``put``,
    ``barrier``, ``sleep``, ...), ``family`` what goes together: the get and the
    put of one sort of object have one family.  ``object`` is the argument it
    is about, -1 for what it returns, -2 for none.  ``when`` says for which
    result it takes effect: ``always``, ``nonzero``, ``zero``.  ``guessed``
    says that the name alone tells it.
    """

    kind: str
    family: str
    object: int
    when: str
    source: str
    guessed: bool = False


NO_OPERATION = OperationFact("none", "", -2, "always", "")


Told = tuple[Mapping[str, OperationFact], Sequence[str]]
"""Operations by name or pattern; and the patterns, in order."""


class Operations:
    """What kind of synchronisation each function is, read when first asked for.

    A pattern has one ``*`` or two; patterns are tried in order, and where a
    family is ``*`` it is what the stars stand for, with a ``_`` between.
    """

    __slots__ = ("_found", "_read", "_told")

    def __init__(self, read: Callable[[], Told] = lambda: ({}, ())) -> None:
        self._read = read
        self._told: Told | None = None
        self._found: dict[str, OperationFact] = {}

    def of(self, name: str) -> OperationFact:
        """What a function is; `NO_OPERATION` when nothing is known."""
        known = self._found.get(name)
        if known is None:
            facts, patterns = self.told()
            known = facts[name] if name in facts else _by_pattern(name, facts, patterns)
            self._found[name] = known
        return known

    def told(self) -> Told:
        """All there is."""
        if self._told is None:
            self._told = self._read()
        return self._told


@cache
def _pieces(patterns: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """What a name begins with, ends with or has in it that fits any of the patterns, which
    is found out sooner than which one it fits."""
    starts, ends, inner = set[str](), set[str](), set[str]()
    for pattern in patterns:
        start, _, rest = pattern.partition("*")
        between, _, end = rest.rpartition("*")
        (starts if start else ends if end else inner).add(start or end or between)
    return tuple(starts), tuple(ends), tuple(inner)


def _by_pattern(
    name: str, facts: Mapping[str, OperationFact], patterns: Sequence[str]
) -> OperationFact:
    starts, ends, inner = _pieces(tuple(patterns))
    fits = name.startswith(starts) or name.endswith(ends) or any(one in name for one in inner)
    for pattern in patterns if fits else ():
        stood = _stood_for(name, pattern)
        if stood is not None:
            fact = facts[pattern]
            family = stood if fact.family == "*" else fact.family
            return replace(fact, family=family, guessed=True)
    return NO_OPERATION


def _stood_for(name: str, pattern: str) -> str | None:
    """What the stars of a pattern stand for in a name; None where it does not fit."""
    start, _, end = pattern.partition("*")
    between, two, end = end.rpartition("*")
    if len(name) < len(pattern) - 1 or not (name.startswith(start) and name.endswith(end)):
        return None
    middle = name[len(start) : len(name) - len(end)]
    if not two:
        return middle
    first, found, second = middle.partition(between)
    return f"{first}_{second}" if found and first and second else None


@dataclass(frozen=True, slots=True)
class LockPair:
    """How a lock nobody knows is called: names, with a ``*`` for the same text,
    of what takes and drops it and of the lock itself.  ``statement`` says that
    it is one only where nobody looks at what the call returns."""

    take: str
    drop: str
    name: str
    shared: bool = False
    statement: bool = False


@dataclass(frozen=True, slots=True)
class LockNames:
    """The conventions by which locks are called; ``parts`` are texts in such
    names with what stands for them in the name of the lock, the result with
    which it is taken, and the context that is entered with it."""

    pairs: tuple[LockPair, ...] = ()
    parts: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sleeping:
    """What may sleep: a function by name, with the argument that says whether
    it may, -1 for none.  ``on_rt`` pairs what sleeps with PREEMPT_RT with what
    does not; ``flags`` are those of allocations that may sleep, ``waking``
    what says that they may not, ``types`` the types of such flags."""

    functions: Mapping[str, int] = field(default_factory=dict)
    on_rt: Mapping[str, str] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    waking: tuple[str, ...] = ()
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """The functions by exact name, by pattern in order, and named constants.

    ``constants`` are macro or enumerator names with their value in a model,
    ``opaque_types`` the C types that are structures on some architectures,
    with the list of those architectures, ``two_word_ptes`` the architectures
    whose page-table entries take two words, ``same_object_members`` the members
    that name the object they are part of (``folio->page``), ``one_member`` those
    that are all there is of their structure (``entry.val``).  ``guards`` gives, by
    the class that guard() names, the function that takes and the one that drops,
    ``classes`` the same for the constructor and the destructor of what CLASS()
    declares, ``frees`` the function that __free() calls at the end of the scope.
    ``lockers`` are the names of all that takes or drops a lock or a context:
    a body without any of them has no effect on either.  ``operations`` tells
    what kind of synchronisation a function is.  ``lock_names`` are the conventions
    for locks of which nothing else is known, ``sleeping`` what may sleep.
    ``fitting`` remembers which pattern a name fits; it goes with ``patterns``.
    """

    functions: Mapping[str, FunctionFact]
    patterns: Mapping[str, FunctionFact]
    constants: Mapping[str, int]
    opaque_types: Mapping[str, tuple[str, ...]]
    two_word_ptes: Mapping[str, TwoWordPte] = field(default_factory=dict)
    same_object_members: frozenset[str] = frozenset()
    one_member: frozenset[str] = frozenset()
    guards: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    classes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    frees: Mapping[str, str] = field(default_factory=dict)
    lockers: frozenset[str] = frozenset()
    operations: Operations = field(default_factory=Operations)
    lock_names: LockNames = field(default_factory=LockNames)
    sleeping: Sleeping = field(default_factory=Sleeping)
    fitting: dict[str, str | None] = field(default_factory=dict, compare=False, repr=False)

    def noreturn(self, name: str) -> bool:
        """Whether a call of this function does not come back."""
        fact = self.of(name)
        return fact is not None and fact.noreturn

    def transparent(self, name: str) -> bool:
        """Whether a macro evaluates to its first argument."""
        fact = self.of(name)
        return fact is not None and fact.transparent

    def of(self, name: str) -> FunctionFact | None:
        """The fact for a function name, exact names first."""
        found = self.functions.get(name)
        if found is not None:
            return found
        if not self.patterns:
            return None
        if name not in self.fitting:
            self.fitting[name] = _fitting(name, tuple(self.patterns))
        pattern = self.fitting[name]
        return None if pattern is None else self.patterns.get(pattern)


@cache
def _fitting(name: str, patterns: tuple[str, ...]) -> str | None:
    return next((pattern for pattern in patterns if fnmatchcase(name, pattern)), None)
