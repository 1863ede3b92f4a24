# SPDX-License-Identifier: GPL-2.0-only
"""Which names of a function mean which things of a scenario."""

from collections.abc import Mapping

from reviewer.record import dataclass, field
from reviewer.simulation.steps import Value
from reviewer.syntax.place import Place


@dataclass(frozen=True, slots=True)
class Bindings:
    """The scenario as one function names it.

    ``objects`` maps names to object numbers, ``variables`` and ``locks`` map
    places to the scenario's names for them, ``constants`` names to numbers.
    ``counter`` is the member that counts references, ``accounted`` the count
    per object when nobody but the owners the scenario knows has a reference.
    ``file`` is shown in witnesses.  ``calls`` maps functions to the variable
    that calling them loads, ``clears`` to the one that they empty; ``known``
    maps functions, calls and conditions as written to the values they have.
    With ``uses`` touching a member of an object touches the object.  ``last``
    is what happens to an object when a call of which only the kind is known
    drops its last reference (`reviewer.simulation.presumed`); empty where such
    calls are not modelled.
    """

    objects: Mapping[str, int]
    variables: Mapping[Place, str]
    locks: Mapping[Place, str]
    constants: Mapping[str, int]
    counter: str
    accounted: Mapping[int, int]
    file: str
    calls: Mapping[str, str] = field(default_factory=dict)
    clears: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, int] = field(default_factory=dict)
    uses: bool = False
    last: str = ""

    def counted(self, place: Place) -> bool:
        """Whether a place is the reference count of some object."""
        members = [step.lstrip("->.") for step in place.steps]
        path = self.counter.split(".")
        return members[-len(path) :] == path


def linear(value: Value) -> tuple[int, dict[str, int]] | None:
    """A value as number + sum of unknown texts, None when it is not one."""
    kind = value[0]
    if kind == "const":
        return int(value[1]), {}
    if kind == "unknown":
        return 0, {str(value[1]): 1}
    if kind == "un" and value[1] == "-":
        inner = linear(value[2])
        return None if inner is None else (-inner[0], {k: -v for k, v in inner[1].items()})
    if kind == "op" and value[1] in ("+", "-"):
        left, right = linear(value[2]), linear(value[3])
        if left is None or right is None:
            return None
        sign = 1 if value[1] == "+" else -1
        terms = dict(left[1])
        for text, factor in right[1].items():
            terms[text] = terms.get(text, 0) + sign * factor
        return left[0] + sign * right[0], {k: v for k, v in terms.items() if v}
    if kind in ("op", "un") and not uses_local(value):
        return 0, {text_of(value): 1}
    return None


def uses_local(value: Value) -> bool:
    """Whether a value depends on a local of the CPU."""
    if value[0] == "local":
        return True
    return value[0] in ("op", "un") and any(uses_local(part) for part in value[2:])


def has_unknown(value: Value) -> bool:
    """Whether a value depends on something the scenario does not know."""
    if value[0] == "unknown":
        return True
    return value[0] in ("op", "un") and any(has_unknown(part) for part in value[2:])


def text_of(value: Value) -> str:
    """A value as text, the same for equal values."""
    if value[0] in ("const", "local", "unknown"):
        return str(value[1])
    if value[0] == "un":
        return f"{value[1]}({text_of(value[2])})"
    return f"({text_of(value[2])} {value[1]} {text_of(value[3])})"
