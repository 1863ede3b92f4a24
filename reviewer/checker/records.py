# SPDX-License-Identifier: GPL-2.0-only
"""What a rule finds."""

from reviewer.record import dataclass


@dataclass(frozen=True, slots=True)
class PathState:
    """What is held at an access, on the paths where ``path`` is true.

    ``path`` is a condition as a person writes it (``mapping != NULL``), empty
    for every path.  ``must`` are the locks held on all of these paths, None
    where that cannot be known; ``may`` those held on some.  ``context`` is
    the execution context (``irqs-off``, ``rcu-read-side``, ...).  ``line`` is
    the line of the access in its image.
    """

    path: str
    must: tuple[str, ...] | None
    may: tuple[str, ...]
    context: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the patch made true, as a rule saw it.

    ``line`` is in the after image.  ``access`` is the access as written
    (``folio_ref_count(folio)``), ``place`` what it touches
    (``folio->_refcount``), ``lost`` the locks and contexts it lost, ``decides``
    whether a branch depends on the value, ``lost_paths`` the path conditions
    on which something was lost.  ``before`` and ``after`` hold one entry per
    path.  ``also`` are other rules that match the same change, ``reason``
    the sentence a person can check.  ``severity`` is what the rule proposes
    before the changelog and the simulation are looked at.
    ``before_line`` is the line, in the before image, of the access that lost
    most.  ``partial`` marks a finding made from hunks alone.  ``causes`` name
    the changes it is about: of several findings in one function that share one
    the gravest counts, and the rules of the others go into its ``also``.
    ``explained_by`` are the words of its rule and of the operations it is about
    by which a changelog speaks of it.  ``question`` is what to ask the author
    where nothing else establishes it; empty for the usual one.  ``whole`` says
    that one finding speaks for all that has its cause.
    """

    rule: str
    also: tuple[str, ...]
    severity: str
    file: str
    function: str
    line: int
    before_line: int
    message: str
    reason: str
    access: str
    place: str
    lost: tuple[str, ...]
    lost_paths: tuple[str, ...]
    decides: bool
    before: tuple[PathState, ...]
    after: tuple[PathState, ...]
    partial: bool
    scenario: str
    causes: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()
    question: str = ""
    whole: bool = False
