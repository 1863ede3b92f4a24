# SPDX-License-Identifier: GPL-2.0-only
"""Lowering of expressions: calls, branches and side effects become nodes."""

from collections.abc import Callable

from reviewer.cfg.draft import Cleanup, Draft, Ends
from reviewer.cfg.graph import Compute, Decide, Invoke
from reviewer.cfg.scopes import guard, guard_is_conditional, instance, leave
from reviewer.location import Location
from reviewer.record import replace
from reviewer.syntax.rebuild import rebuilt, walk
from reviewer.syntax.render import render
from reviewer.syntax.tree import (
    Assign,
    Binary,
    Call,
    Cast,
    Comma,
    Evaluate,
    Expr,
    Literal,
    Name,
    Opaque,
    StatementExpr,
    Stmt,
    Ternary,
    Unary,
)

Lower = Callable[[Draft, Stmt], None]
_STEPS = {"++": "+", "--": "-", "p++": "+", "p--": "-"}


def value(draft: Draft, expr: Expr, lower: Lower) -> Expr:
    """Draw what an expression does, left to right, and return its value: free
    of calls, assignments and branches.  ``lower`` draws a statement."""
    match expr:
        case Name() | Literal() | Opaque():
            return expr
        case Call(function=Name(name=name), args=(first, *rest)) if draft.facts.transparent(name):
            if draft.facts.noreturn(name):
                return _stops(draft, expr, first, lower)
            found = value(draft, first, lower)
            for other in rest:
                value(draft, other, lower)
            return found
        case Call():
            return _call(draft, expr, lower)
        case Binary(op="&&" | "||"):
            return _truth(draft, expr, lower)
        case Ternary():
            return _choice(draft, expr, lower)
        case Assign():
            return _assign(draft, expr, lower)
        case Unary(op=op) if op in _STEPS:
            return _step(draft, expr, lower)
        case Comma(items=items):
            for item in items[:-1]:
                effect(draft, item, lower)
            return value(draft, items[-1], lower)
        case StatementExpr(body=body):
            return _statements(draft, body.items, lower, expr)
        case Unary(op="&&"):
            draft.addressed |= labels_in(expr)
            return expr
        case Binary():
            return _chain(draft, expr, lower)
    return rebuilt(expr, lambda operand: value(draft, operand, lower))


def effect(draft: Draft, expr: Expr, lower: Lower) -> None:
    """Draw an expression whose value nobody uses."""
    match expr:
        case Assign():
            _assign(draft, expr, lower)
        case Unary(op=op, operand=operand) if op in _STEPS:
            target = value(draft, operand, lower)
            draft.add(Compute(expr.loc, replace(expr, operand=target)))
        case Comma(items=items):
            for part in items:
                effect(draft, part, lower)
        case Cast(type="void", operand=operand):
            effect(draft, operand, lower)
        case StatementExpr(body=body):
            lower(draft, body)
        case Ternary(cond=cond, then=then, other=other) if then is not None:
            yes, no = condition(draft, cond, lower)
            _both(draft, (yes, then), (no, other), lower)
        case Binary(op="&&" | "||", left=left, right=right):
            yes, no = condition(draft, left, lower)
            draft.ends, skipped = (yes, no) if expr.op == "&&" else (no, yes)
            effect(draft, right, lower)
            draft.ends += skipped
        case _:
            found = value(draft, expr, lower)
            if not isinstance(found, Literal | Opaque) and not _is_temporary(found):
                draft.add(Compute(expr.loc, found))


def _both(draft: Draft, one: tuple[Ends, Expr], two: tuple[Ends, Expr], lower: Lower) -> None:
    draft.ends = one[0]
    effect(draft, one[1], lower)
    behind, draft.ends = draft.ends, two[0]
    effect(draft, two[1], lower)
    draft.ends = behind + draft.ends


def condition(draft: Draft, expr: Expr, lower: Lower) -> tuple[Ends, Ends]:
    """Draw a condition; the ends for true and for false.  No end waits then."""
    match expr:
        case Unary(op="!", operand=operand):
            yes, no = condition(draft, operand, lower)
            return no, yes
        case Call(function=Name(name=name), args=(first, *rest)) if _says(draft, name):
            for other in rest:
                value(draft, other, lower)
            return condition(draft, first, lower)
        case Binary(op="&&" | "||" as op):
            return _short_circuit(draft, op, _terms(expr, op), lower)
        case Comma(items=items):
            for part in items[:-1]:
                effect(draft, part, lower)
            return condition(draft, items[-1], lower)
        case Ternary(then=then) if then is not None:
            return _conditional_condition(draft, expr, then, lower)
        case StatementExpr(body=body) if body.items and isinstance(body.items[-1], Evaluate):
            outer, visible = draft.cleanups, len(draft.visible)
            for item in body.items[:-1]:
                lower(draft, item)
            draft.forget(visible)
            if draft.cleanups is outer:
                return condition(draft, body.items[-1].expr, lower)
            result = value(draft, body.items[-1].expr, lower)
            return _decide(draft, _out(draft, outer, expr, result), lower)
        case Literal(text=text) if (truth := _constant(text)) is not None:
            here, draft.ends = draft.ends, []
            return (here, []) if truth else ([], here)
    return _decide(draft, expr, lower)


def _says(draft: Draft, name: str) -> bool:
    """Whether a branch on a macro is one on its first argument."""
    return draft.facts.transparent(name) and not draft.facts.noreturn(name)


def _decide(draft: Draft, expr: Expr, lower: Lower) -> tuple[Ends, Ends]:
    found = value(draft, expr, lower)
    if isinstance(found, Literal) and (truth := _constant(found.text)) is not None:
        here, draft.ends = draft.ends, []
        return (here, []) if truth else ([], here)
    hidden = isinstance(found, Opaque) and not found.text.startswith("#if")
    number = draft.add(Decide(expr.loc, found, hidden))
    draft.ends = []
    return [(number, "T")], [(number, "F")]


def _terms(expr: Expr, op: str) -> list[Expr]:
    """The operands of ``a op b op c``, left to right, without recursion."""
    terms: list[Expr] = []
    while isinstance(expr, Binary) and expr.op == op:
        terms.append(expr.right)
        expr = expr.left
    return [expr, *reversed(terms)]


def _short_circuit(draft: Draft, op: str, terms: list[Expr], lower: Lower) -> tuple[Ends, Ends]:
    decided: Ends = []
    for term in terms:
        yes, no = condition(draft, term, lower)
        draft.ends, ended = (yes, no) if op == "&&" else (no, yes)
        decided += ended
    last, draft.ends = draft.ends, []
    return (last, decided) if op == "&&" else (decided, last)


def _conditional_condition(
    draft: Draft, expr: Ternary, then: Expr, lower: Lower
) -> tuple[Ends, Ends]:
    yes, no = condition(draft, expr.cond, lower)
    draft.ends = yes
    then_yes, then_no = condition(draft, then, lower)
    draft.ends = no
    other_yes, other_no = condition(draft, expr.other, lower)
    return then_yes + other_yes, then_no + other_no


def _constant(text: str) -> bool | None:
    """Whether a literal is true, or None when that is not obvious."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return bool(int(text.rstrip("uUlL"), 0))
    except ValueError:
        return None


def _is_temporary(expr: Expr) -> bool:
    return isinstance(expr, Name) and expr.name.startswith("%")


def _set(draft: Draft, target: Name, expr: Expr) -> None:
    draft.add(Compute(expr.loc, Assign(expr.loc, "=", target, expr)))


def _truth(draft: Draft, expr: Expr, lower: Lower) -> Expr:
    """``a && b`` as a value: 1 or 0 in a temporary."""
    yes, no = condition(draft, expr, lower)
    result = draft.temporary(expr.loc)
    draft.ends = yes
    _set(draft, result, Literal(expr.loc, "1"))
    behind, draft.ends = draft.ends, no
    _set(draft, result, Literal(expr.loc, "0"))
    draft.ends = behind + draft.ends
    return result


def _choice(draft: Draft, expr: Ternary, lower: Lower) -> Expr:
    """``a ? b : c`` and ``a ?: c`` as a value in a temporary."""
    result = draft.temporary(expr.loc)
    if expr.then is None:
        first = value(draft, expr.cond, lower)
        number = draft.add(Decide(expr.cond.loc, first))
        yes, no = [(number, "T")], [(number, "F")]
        then = first
    else:
        yes, no = condition(draft, expr.cond, lower)
        then = expr.then
    draft.ends = yes
    _set(draft, result, value(draft, then, lower))
    behind, draft.ends = draft.ends, no
    _set(draft, result, value(draft, expr.other, lower))
    draft.ends = behind + draft.ends
    return result


def _assign(draft: Draft, expr: Assign, lower: Lower) -> Expr:
    target = value(draft, expr.target, lower)
    given = value(draft, expr.value, lower)
    draft.add(Compute(expr.loc, replace(expr, target=target, value=given)))
    return target


def _step(draft: Draft, expr: Unary, lower: Lower) -> Expr:
    """An increment as a value: behind a postfix one stands the old value."""
    target = value(draft, expr.operand, lower)
    result: Expr = target
    if expr.op in ("p++", "p--"):
        old = draft.temporary(expr.loc)
        _set(draft, old, target)
        result = old
    draft.add(Compute(expr.loc, replace(expr, operand=target)))
    return result


def _chain(draft: Draft, expr: Binary, lower: Lower) -> Expr:
    """``a + b + c`` leans to the left: no recursion there."""
    spine = [expr]
    while isinstance(spine[-1].left, Binary) and spine[-1].left.op not in ("&&", "||"):
        spine.append(spine[-1].left)
    result = value(draft, spine[-1].left, lower)
    for one in reversed(spine):
        right = value(draft, one.right, lower)
        same = result is one.left and right is one.right
        result = one if same else replace(one, left=result, right=right)
    return result


def _stops(draft: Draft, expr: Call, cond: Expr, lower: Lower) -> Expr:
    """``BUG_ON(cond)`` does not come back where the condition is true."""
    yes, no = condition(draft, cond, lower)
    draft.ends = yes
    if yes:
        name = expr.function.name if isinstance(expr.function, Name) else ""
        draft.add(Invoke(expr.loc, name, None, (), draft.temporary(expr.loc).name))
    draft.ends = no
    return Literal(expr.loc, "0")


def _statements(draft: Draft, items: tuple[Stmt, ...], lower: Lower, expr: StatementExpr) -> Expr:
    """``({ ...; x; })``: the value of its last statement, if it has one."""
    last = items[-1] if items else None
    outer, visible = draft.cleanups, len(draft.visible)
    for item in items[:-1]:
        lower(draft, item)
    draft.forget(visible)
    result: Expr = Opaque(expr.loc, "({ ... })")
    if isinstance(last, Evaluate):
        result = value(draft, last.expr, lower)
    elif last is not None:
        lower(draft, last)
    return _out(draft, outer, expr, result)


def _out(draft: Draft, outer: Cleanup | None, expr: StatementExpr, result: Expr) -> Expr:
    """Leave the scopes a statement expression opened; its value was taken before."""
    if draft.cleanups is outer:
        return result
    if not isinstance(result, Literal | Opaque):
        kept = draft.temporary(expr.loc)
        _set(draft, kept, result)
        result = kept
    leave(draft, outer, Location(expr.loc.end - 1, expr.loc.end, expr.loc.line))
    draft.cleanups = outer
    return result


def _call(draft: Draft, expr: Call, lower: Lower) -> Expr:
    name, pointer = _callee(draft, expr.function, lower)
    args = tuple(value(draft, arg, lower) for arg in expr.args)
    scoped = guard(draft, expr, args) or instance(draft, expr, args)
    if scoped is not None:
        return scoped
    result = draft.temporary(expr.loc)
    draft.add(Invoke(expr.loc, name, pointer, args, result.name))
    if name and draft.facts.noreturn(name):
        draft.ends = []
    labels = _labels_given(draft, name, args)
    if labels:
        _jumps(draft, expr, labels)
    if name.startswith("guard(") and not guard_is_conditional(expr):
        return Literal(expr.loc, "1")
    return result


def labels_in(expr: Expr | None) -> set[str]:
    """The labels whose address an expression takes."""
    parts = () if expr is None else walk(expr)
    taken = [part.operand for part in parts if isinstance(part, Unary) and part.op == "&&"]
    return {label.name for label in taken if isinstance(label, Name)}


def _callee(draft: Draft, function: Expr, lower: Lower) -> tuple[str, Expr | None]:
    """The name of what is called, or the pointer it is called through."""
    match function:
        case Name(name=name) if name not in draft.variables:
            return name, None
        case Call(function=Name(name=name), args=args) if args and all(
            isinstance(arg, Name) and arg.name not in draft.variables for arg in args
        ):
            # A macro with two pairs of brackets: guard(class)(lock).
            return render(function), None
        case Unary(op="*" | "&", operand=Name(name=name)) if name not in draft.variables:
            return name, None
    return "", value(draft, function, lower)


def _labels_given(draft: Draft, name: str, args: tuple[Expr, ...]) -> list[Name]:
    """The labels a call may jump to: those of ``asm goto``, and those a macro
    is given by name, as in ``unsafe_put_user(value, pointer, Efault)``."""
    if name == "asm":
        taken = [arg.operand for arg in args if isinstance(arg, Unary) and arg.op == "&&"]
        return [label for label in taken if isinstance(label, Name)]
    names = [arg for arg in args if isinstance(arg, Name) and arg.name not in draft.variables]
    return [arg for arg in names if arg.name[0] != "%" and arg.name in draft.label_names()]


def _jumps(draft: Draft, expr: Call, labels: list[Name]) -> None:
    """A call that goes on behind it or at one of its labels."""
    number = draft.add(Decide(expr.loc, Opaque(expr.loc, "goto"), unknown=True))
    for label in labels:
        draft.ends = [(number, "T")]
        draft.jump(label.name, expr.loc)
    draft.ends = [(number, "F")]
