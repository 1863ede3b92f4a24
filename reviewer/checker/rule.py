# SPDX-License-Identifier: GPL-2.0-only
"""What a rule is, and what it is given."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from reviewer.alignment.align import Aligned, Image
from reviewer.alignment.operations import Operation, OperationChanges, calls_of
from reviewer.checker.callees import Callees, Mentioning, nobody
from reviewer.checker.records import Finding
from reviewer.facts import Facts
from reviewer.record import dataclass, field

# Few reviews count the locks of a file; what does so is loaded by those only.
if TYPE_CHECKING:
    from reviewer.locks.effects import Effects
Around = Callable[[], "tuple[Effects, Effects] | None"]

"""The other functions of both images of a file, made when first asked for."""


MAX_STEPS = 120_000
"""Steps over the ways of functions in one submission: some three seconds.  A
function of the kernel takes a few hundred."""


@dataclass(slots=True)
class Steps:
    """What is left of them, and the functions for which nothing was left."""

    left: int = MAX_STEPS
    without: list[str] = field(default_factory=list)

    def allow(self, function: str, most: int = MAX_STEPS) -> int:
        """How many steps may be made for a function; 0 is noted down."""
        if self.left <= 0 and function not in self.without:
            self.without.append(function)
        return max(0, min(most, self.left))

    def used(self, steps: int) -> None:
        """So many were made."""
        self.left -= steps


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """One function in both images.

    ``aligned`` are its accesses, ``operations`` what happened to its operations
    of synchronisation.  ``after_line`` gives the line in the after image of a
    line of the before image that the patch left alone, ``before_line`` the
    other way round; None for lines the patch took away or added.
    ``partial`` marks images made of hunks; ``callees_before`` and
    ``callees_after`` give the graphs of other functions of the file,
    ``mentioning`` those of the after image in which some words occur.
    ``steps`` are what the submission may still spend on following ways.
    ``locks_known`` is False where calls that look like operations on locks came
    or went of which nothing is known: rules on locks then have nothing to say.
    ``around`` gives the other functions of both images for those who count what
    is taken and dropped; None where there are hunks alone.
    """

    file: str
    before: Image
    after: Image
    aligned: tuple[Aligned, ...]
    partial: bool
    facts: Facts
    callees_before: Callees = lambda name: None
    callees_after: Callees = lambda name: None
    operations: OperationChanges = OperationChanges((), (), (), ())
    after_line: Callable[[int], int | None] = lambda line: line
    before_line: Callable[[int], int | None] = lambda line: line
    locks_known: bool = True
    around: Around = lambda: None
    mentioning: Mentioning = nobody
    steps: Steps = field(default_factory=Steps)

    @property
    def name(self) -> str:
        """The function's name after the patch."""
        return self.after.graph.function.name


@dataclass(frozen=True, slots=True)
class Lone:
    """A function that one image of a file has and the other has not."""

    file: str
    image: Image


@dataclass(frozen=True, slots=True)
class Outside:
    """A line outside functions that the patch took away or added."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class PatchChange:
    """All that one patch changes, for rules that look further than a function.

    ``gone`` and ``new`` are functions of one image only, ``taken`` and
    ``given`` the lines outside functions that were taken away and added.
    ``unread`` are files that could not be compared or functions left out: what
    became of an operation may stand there.  ``facts`` are for lines outside
    functions, which have none of their own.
    """

    functions: tuple[FunctionChange, ...]
    gone: tuple[Lone, ...] = ()
    new: tuple[Lone, ...] = ()
    taken: tuple[Outside, ...] = ()
    given: tuple[Outside, ...] = ()
    unread: tuple[str, ...] = ()
    facts: Facts | None = None

    def removed(self, kind: str) -> Iterator[Operation]:
        """Operations of a kind that are gone from the patched functions, whole
        functions that are gone included."""
        yield from self.index.removed.get(kind, ())

    def added(self, kind: str) -> Iterator[Operation]:
        """Operations of a kind that came, those of new functions included."""
        yield from self.index.added.get(kind, ())

    @property
    def index(self) -> "Index":
        """What rules look up again and again."""
        return indexed(self)


Caller = tuple[Image, int]
"""The image of a function and the node of a call in it."""


@dataclass(frozen=True, slots=True)
class Index:
    """Operations of a patch by kind; ``calls`` by the name of the function they are
    of, in the after images of what the patch changes and adds; ``names`` of these."""

    removed: Mapping[str, list[Operation]]
    added: Mapping[str, list[Operation]]
    calls: Mapping[str, list[Caller]]
    names: frozenset[str]


_indexed: list[tuple[PatchChange, Index]] = []


def indexed(patch: PatchChange) -> Index:
    """The index of a patch; kept for the one asked about last."""
    if not (_indexed and _indexed[0][0] is patch):
        _indexed[:] = [(patch, _index(patch))]
    return _indexed[0][1]


def _index(patch: PatchChange) -> Index:
    images = [one.after for one in patch.functions] + [one.image for one in patch.new]
    calls: dict[str, list[Caller]] = {}
    for one in images:
        for number, node in calls_of(one.graph):
            calls.setdefault(node.function, []).append((one, number))
    changes = patch.functions
    gone = [op for one in changes for op in one.operations.removed]
    gone += [op for one in patch.gone for op in one.image.operations]
    come = [op for one in changes for op in one.operations.added]
    come += [op for one in patch.new for op in one.image.operations]
    names = frozenset(one.graph.function.name for one in images)
    return Index(_by_kind(gone), _by_kind(come), calls, names)


def _by_kind(some: list[Operation]) -> Mapping[str, list[Operation]]:
    found: dict[str, list[Operation]] = {}
    for one in some:
        found.setdefault(one.kind, []).append(one)
    return found


Check = Callable[["Rule", FunctionChange, PatchChange], Iterator[Finding]]
"""What a rule has to say of one function of a patch."""

CheckPatch = Callable[["Rule", PatchChange], Iterator[Finding]]
"""What a rule has to say of a patch as a whole."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as data, and its ``check`` or ``check_patch`` where data does not reach.

    ``when`` is matched against every aligned access (``access``: its kind;
    ``lost = "lock"``: it lost one; ``changed = "protocol"``: a value of several
    words is read another way) or, with ``compared = "types"``, against every
    comparison the patch writes.  ``message`` may name ``{access}``,
    ``{place}``, ``{lost}``, ``{function}``.  ``scenario`` is the scenario of
    the simulation that judges it, empty for the one that fits the place, and
    ``lookup`` for that too or else one that speaks of any object that is looked up.
    ``explained_by`` are words, with a ``*`` at the end for any ending, by
    which a changelog speaks of such a change.  ``unspoken``: it is about the
    changelog, which has to be known and to say none of these words; it joins
    whatever else is found.  ``touches`` are kinds of operations of which the
    function makes one, before the patch or after it, where the rule has anything
    to say; ``lock`` for any lock or context.  Empty: any function.
    """

    name: str
    severity: str
    when: Mapping[str, str]
    message: str
    scenario: str
    explained_by: tuple[str, ...] = ()
    unspoken: bool = False
    touches: frozenset[str] = frozenset()
    check: Check | None = None
    check_patch: CheckPatch | None = None
