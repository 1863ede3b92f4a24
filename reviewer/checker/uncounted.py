# SPDX-License-Identifier: GPL-2.0-only
"""Pointers to an object that a patch leaves without any reference: both the take and
the drop are gone, the pointer is still stored or still used."""

from collections.abc import Collection, Iterator

from reviewer.alignment.operations import Operation
from reviewer.cfg.graph import Compute, Node
from reviewer.checker.paths import reached
from reviewer.checker.references import References, root
from reviewer.locks.conditions import expressions
from reviewer.record import dataclass
from reviewer.syntax.rebuild import walk
from reviewer.syntax.render import render
from reviewer.syntax.tree import Assign, Expr, Member, Name

NEAR = 8
"""Steps, without a branch, between the take of a reference and the store it is for."""


@dataclass(frozen=True, slots=True)
class Uncounted:
    """``take`` is gone with what dropped it; ``line`` and ``why`` say where the
    pointer is still needed."""

    take: Operation
    line: int
    why: str


def uncounted(
    found: References, kinds: Collection[str], others: Collection[str], drops: Collection[str]
) -> Iterator[Uncounted]:
    """The references that are gone while the pointer they stood for is not."""
    for one in found.removed(kinds):
        if not found.given_up(one, drops) or found.taken_on(one, others):
            continue
        about = root(one.object)
        if found.reassigned(about) or found.standing_in(one, others, stores=False):
            continue
        yield from _stored(found, one, about)
        yield from _loaded(found, one, about)


def _stored(found: References, one: Operation, about: str) -> Iterator[Uncounted]:
    """A store right beside the take that is gone, which is still made."""
    before = found.paths.before
    if any(other.kind == "put" for other in found.change.operations.removed):
        return
    for edges in (before.succ, before.pred):
        number = one.node
        for _ in range(NEAR):
            if len(edges[number]) != 1:
                break
            number = edges[number][0][0]
            node = before.nodes[number]
            line = _still(found, node) if _stores(node, about) else 0
            if line:
                yield Uncounted(one, line, f"{_text(node)} in line {line} still stores the pointer")
                return


def _still(found: References, node: Node) -> int:
    """The line after the patch in which the same is assigned; 0 for none."""
    text = _text(node)
    return next((one.loc.line for one in found.paths.after.nodes if _text(one) == text), 0)


def _stores(node: object, about: str) -> bool:
    return (
        isinstance(node, Compute)
        and isinstance(node.expr, Assign)
        and isinstance(node.expr.target, Member)
        and isinstance(node.expr.value, Name)
        and node.expr.value.name == about
    )


def _text(node: object) -> str:
    return render(node.expr) if isinstance(node, Compute) else ""


def _loaded(found: References, one: Operation, about: str) -> Iterator[Uncounted]:
    """A pointer loaded from memory where nothing keeps the object, and used."""
    change, after = found.change, found.paths.after
    for number, node in enumerate(after.nodes):
        if number not in found.paths.kept or not _loads(node, about):
            continue
        held = change.after.locks.before[number]
        if held is None or held.must or held.may or held.context:
            return
        if not _was_locked(found, number):
            return
        behind = reached(after, [number])
        for other in sorted(behind):
            if any(_looks_into(expr, about) for expr in expressions(after.nodes[other])):
                line = after.nodes[other].loc.line
                load = f"{_text(node)} in line {node.loc.line}"
                yield Uncounted(one, line, f"{load} takes the pointer without the lock")
                return


def _was_locked(found: References, number: int) -> bool:
    """Whether a lock was held before at what is node ``number`` now."""
    locks = found.change.before.locks.before
    olds = [old for old, new in found.paths.twin.items() if new == number]
    return any((held := locks[old]) is not None and bool(held.must) for old in olds)


def _loads(node: object, about: str) -> bool:
    return (
        isinstance(node, Compute)
        and isinstance(node.expr, Assign)
        and isinstance(node.expr.value, Member)
        and node.expr.value.arrow
        and isinstance(node.expr.target, Name)
        and node.expr.target.name == about
    )


def _looks_into(expr: Expr, about: str) -> bool:
    return any(
        isinstance(part, Member)
        and part.arrow
        and isinstance(part.base, Name)
        and part.base.name == about
        for part in walk(expr)
    )
