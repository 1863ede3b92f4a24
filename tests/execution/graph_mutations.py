# SPDX-License-Identifier: GPL-2.0-only
"""Control-flow graphs broken on purpose: each rule for edges and scopes."""

from mutation import Mutation

FLOW, VALUES, SCOPES, BUILD = "cfg/flow.py", "cfg/values.py", "cfg/scopes.py", "cfg/build.py"

OF_GRAPHS = (
    Mutation(
        "no fall through from case to case",
        FLOW,
        "draft.ends = [*draft.ends, (number, text)]",
        "draft.ends = [(number, text)]",
    ),
    Mutation(
        "a switch without default is never passed by",
        FLOW,
        'if "default" not in labels:',
        'if "default" in labels:',
    ),
    Mutation(
        "a case is not a target of its switch",
        FLOW,
        "draft.ends = [*draft.ends, (number, text)]",
        "draft.ends = [*draft.ends]",
    ),
    Mutation(
        "break leads to the head of the loop",
        FLOW,
        "draft.ends += going_on.ends\n    return leaving.ends",
        "draft.ends += going_on.ends + leaving.ends\n    return []",
    ),
    Mutation(
        "continue leaves the loop",
        FLOW,
        "draft.ends += going_on.ends\n    return leaving.ends",
        "return leaving.ends + going_on.ends",
    ),
    Mutation(
        "continue skips the step of for",
        FLOW,
        "        effect(draft, stmt.step, statement)\n",
        "        later = [one for one in draft.ends[1:]]\n"
        "        draft.ends = draft.ends[:1]\n"
        "        effect(draft, stmt.step, statement)\n"
        "        draft.ends += later\n",
    ),
    Mutation(
        "no way back to the head of a loop",
        FLOW,
        "    draft.lead(head)\n    draft.ends = no + leaving",
        "    draft.ends = no + leaving",
    ),
    Mutation(
        "a loop is left by break only",
        FLOW,
        "draft.ends = no + leaving",
        "draft.ends = leaving or no",
    ),
    Mutation(
        "do tests before its first round",
        FLOW,
        "if not isinstance(stmt, DoWhile):",
        "if isinstance(stmt, DoWhile):\n"
        "        yes, no = condition(draft, stmt.cond, statement)\n"
        "    else:",
    ),
    Mutation(
        "do goes on where its condition is false",
        FLOW,
        "draft.ends, no = condition(draft, stmt.cond, statement)",
        "no, draft.ends = condition(draft, stmt.cond, statement)",
    ),
    Mutation(
        "the arms of if are swapped",
        FLOW,
        "yes, no = condition(draft, other.cond, statement)",
        "no, yes = condition(draft, other.cond, statement)",
    ),
    Mutation(
        "an iterator never ends",
        FLOW,
        'draft.ends = []\n    return [(number, "T")], [(number, "F")]',
        'draft.ends = []\n    return [(number, "T")], []',
    ),
    Mutation(
        "the value of a return is not computed",
        FLOW,
        "given = None if stmt.value is None else value(draft, stmt.value, statement)",
        "given = stmt.value",
    ),
    Mutation(
        "a goto leads to the exit",
        BUILD,
        "    draft.place = None\n    draft.lead(label.node)",
        "    draft.place = None\n    draft.lead(EXIT)",
    ),
    Mutation(
        "a computed goto leads nowhere",
        BUILD,
        "if name in draft.addressed or not draft.addressed:",
        "if name not in draft.addressed:",
    ),
    Mutation(
        "nothing is released on goto",
        BUILD,
        "leave(draft, common(jump.cleanups, label.cleanups), jump.loc)",
        "pass",
    ),
    Mutation(
        "goto releases every scope",
        BUILD,
        "leave(draft, common(jump.cleanups, label.cleanups), jump.loc)",
        "leave(draft, None, jump.loc)",
    ),
    Mutation(
        "nothing is released on break and continue",
        FLOW,
        "leave(draft, targets[-1].cleanups, loc)",
        "pass",
    ),
    Mutation(
        "nothing is released on return",
        FLOW,
        "leave(draft, None, stmt.loc)",
        "pass",
    ),
    Mutation(
        "nothing is released at the end of a block",
        FLOW,
        "leave(draft, outer, Location(stmt.loc.end - 1, stmt.loc.end, line))",
        "pass",
    ),
    Mutation(
        "scopes are released in the order they were opened",
        SCOPES,
        "    one = draft.cleanups\n"
        "    while one is not None and one is not outer and draft.ends:\n",
        "    one, turned = draft.cleanups, []\n"
        "    while one is not None and one is not outer:\n"
        "        turned.insert(0, one)\n"
        "        one = one.outer\n"
        "    for one in turned:\n"
        "        _release(draft, one, loc)\n"
        "    one = outer\n"
        "    while one is not outer:\n",
    ),
    Mutation(
        "a conditional guard releases always",
        SCOPES,
        "if one.when is not None:",
        "if False:",
    ),
    Mutation(
        "&& goes on where its left side is false",
        VALUES,
        'draft.ends, ended = (yes, no) if op == "&&" else (no, yes)',
        'draft.ends, ended = (no, yes) if op == "&&" else (yes, no)',
    ),
    Mutation(
        "&& and || evaluate both sides",
        VALUES,
        "draft.ends += skipped",
        "draft.ends = draft.ends or skipped",
    ),
    Mutation(
        "|| is true where its last side is",
        VALUES,
        'return (last, decided) if op == "&&" else (decided, last)',
        'return (last, decided) if op == "&&" else (last, decided)',
    ),
    Mutation(
        "! changes nothing",
        VALUES,
        "return no, yes",
        "return yes, no",
    ),
    Mutation(
        "the arms of ?: are swapped",
        VALUES,
        "yes, no = condition(draft, expr.cond, lower)\n        then = expr.then",
        "no, yes = condition(draft, expr.cond, lower)\n        then = expr.then",
    ),
    Mutation(
        "a ?: b gives b where a is true",
        VALUES,
        'yes, no = [(number, "T")], [(number, "F")]\n        then = first',
        'no, yes = [(number, "T")], [(number, "F")]\n        then = first',
    ),
    Mutation(
        "only the last part of a comma is evaluated",
        VALUES,
        "            for part in items[:-1]:\n                effect(draft, part, lower)",
        "            pass",
    ),
    Mutation(
        "the first statement of a statement expression is lost",
        VALUES,
        "    for item in items[:-1]:\n        lower(draft, item)",
        "    for item in items[1:-1]:\n        lower(draft, item)",
    ),
    Mutation(
        "calls that do not come back come back",
        VALUES,
        "if name and draft.facts.noreturn(name):",
        "if False:",
    ),
    Mutation(
        "asm goto leads to no label",
        VALUES,
        '        draft.ends = [(number, "T")]\n        draft.jump(label.name, expr.loc)',
        "        pass",
    ),
)
