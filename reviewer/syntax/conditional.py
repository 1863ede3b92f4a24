# SPDX-License-Identifier: GPL-2.0-only
"""Statements under ``#if``: both arms are kept, as branches of an `If`.

The condition is an `Opaque` whose text starts with ``#if``, or its negation,
so that the same configuration reads the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from reviewer.syntax.context import Context, between, location, squashed, written
from reviewer.syntax.expressions import parts
from reviewer.syntax.tree import Block, Expr, If, Opaque, Stmt, Unary

if TYPE_CHECKING:
    from tree_sitter import Node

Sequencer = Callable[[Context, Sequence["Node"], int], list[Stmt]]
_MAX_ARMS = 100


def preprocessor_branches(ctx: Context, node: Node, depth: int, sequence: Sequencer) -> list[Stmt]:
    """The statements of an ``#if`` group as one `If` per condition."""
    arms: list[tuple[Node, list[Node]]] = []
    arm: Node | None = node
    while arm is not None and len(arms) < _MAX_ARMS:
        alternative = arm.child_by_field_name("alternative")
        arms.append((arm, _statements_of(arm)))
        arm = alternative
    other: Stmt | None = None
    for arm_node, inside in reversed(arms):
        body = Block(location(ctx, arm_node), tuple(sequence(ctx, inside, depth)), scope=False)
        cond = _condition(ctx, arm_node)
        other = body if cond is None else If(location(ctx, arm_node), cond, body, other)
    return [] if other is None else [other]


def _statements_of(arm: Node) -> list[Node]:
    heads = [arm.child_by_field_name(name) for name in ("name", "condition", "alternative")]
    known = {head.id for head in heads if head is not None}
    return [child for child in parts(arm) if child.id not in known]


def _condition(ctx: Context, arm: Node) -> Expr | None:
    """The condition of one arm; None for ``#else``."""
    name, cond = arm.child_by_field_name("name"), arm.child_by_field_name("condition")
    head = name or cond
    if head is None:
        return None
    here = between(ctx, arm.start_byte, head.end_byte, arm.start_point[0])
    text = squashed(written(ctx, head))
    if cond is not None:
        return Opaque(here, f"#if {text}")
    found = Opaque(here, f"#if defined({text})")
    return Unary(here, "!", found) if arm.children[0].type in ("#ifndef", "#elifndef") else found
