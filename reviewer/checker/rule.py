# SPDX-License-Identifier: GPL-2.0-only
"""What a rule is, and what it is given."""

from collections.abc import Mapping

from reviewer.alignment.align import Aligned, Image
from reviewer.checker.callees import Callees
from reviewer.facts import Facts
from reviewer.record import dataclass


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """One function in both images.

    ``partial`` marks images made of hunks; ``callees_before`` and
    ``callees_after`` give the graphs of other functions of the file.
    """

    file: str
    before: Image
    after: Image
    aligned: tuple[Aligned, ...]
    partial: bool
    facts: Facts
    callees_before: Callees = lambda name: None
    callees_after: Callees = lambda name: None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as data.

    ``when`` is matched against every aligned access (``access``: its kind;
    ``lost = "lock"``: it lost one; ``changed = "protocol"``: a value of several
    words is read another way) or, with ``compared = "types"``, against every
    comparison the patch writes.  ``message`` may name ``{access}``,
    ``{place}``, ``{lost}``, ``{function}``.  ``scenario`` is the scenario of
    the simulation that judges it, empty for the one that fits the place.
    """

    name: str
    severity: str
    when: Mapping[str, str]
    message: str
    scenario: str
