# SPDX-License-Identifier: GPL-2.0-only
"""What a function's header says of the locks its caller holds.

The annotations are those sparse reads: ``__must_hold(&p->lock)`` and
``__releases(&p->lock)`` (Documentation/dev-tools/sparse.rst).
"""

import re

from reviewer.locks.aliases import lock_text
from reviewer.syntax.place import place_of
from reviewer.syntax.tree import Function, Name, Unary

_HELD = re.compile(r"__(?:must_hold|releases)(?:_shared)?\s*\((.*)\)\s*$", re.DOTALL)


def held_at_entry(function: Function) -> frozenset[str]:
    """The locks that are held when the function begins, by their names in it."""
    found = (_HELD.match(attribute) for attribute in function.attributes)
    names = {_lock(match[1]) for match in found if match is not None}
    return frozenset(names - {""})


def _lock(text: str) -> str:
    """The lock an annotation names; empty for a context (``RCU``) or none."""
    # Imported late: few functions have annotations.
    from reviewer.syntax.parse import parse_expression

    try:
        expr = parse_expression(text)
    except ValueError:
        return ""
    if isinstance(expr, Unary) and expr.op == "&":
        expr = expr.operand
    place = place_of(expr)
    if place is None or (isinstance(expr, Name) and expr.name.isupper()):
        return ""
    return lock_text(place)
