# SPDX-License-Identifier: GPL-2.0-only
"""Locksets broken on purpose: each step of the dataflow."""

from mutation import Mutation

SETS, HELD, CONDITIONS = "locks/locksets.py", "locks/held.py", "locks/conditions.py"
ALIASES, SUMMARIES = "locks/aliases.py", "locks/summaries.py"

OF_LOCKS = (
    Mutation(
        "a trylock holds where it failed",
        SETS,
        'Condition(result, when == "nonzero")',
        'Condition(result, when == "zero")',
    ),
    Mutation(
        "a conditional lock counts as taken",
        SETS,
        "return scopes.entered_when(name",
        "return scopes.entered(name) or scopes.entered_when(name",
    ),
    Mutation(
        "conditions outlive a write of their variable",
        SETS,
        "    if gone and held.conditional():\n",
        "    if False:\n",
    ),
    Mutation(
        "locks outlive a write of the pointer to them",
        SETS,
        "_through(lock, pointers) or _by(lock, member)",
        "_by(lock, member)",
    ),
    Mutation(
        "a member is written through one pointer only",
        SETS,
        "_through(lock, pointers) or _by(lock, member)",
        "_through(lock, pointers)",
    ),
    Mutation(
        "a release is ignored",
        SETS,
        "    for dropped in fact.releases:",
        "    for dropped in ():",
    ),
    Mutation(
        "a lock is ignored",
        SETS,
        "    for taken in fact.acquires:",
        "    for taken in ():",
    ),
    Mutation(
        "leaving a context is ignored",
        SETS,
        "    for left in fact.leaves:",
        "    for left in ():",
    ),
    Mutation(
        "entering a context is ignored",
        SETS,
        "    for entered in fact.enters:",
        "    for entered in ():",
    ),
    Mutation(
        "a lock that is dropped by another name stays",
        SETS,
        "if lock not in locks.must:",
        "if False:",
    ),
    Mutation(
        "what a copy says is turned round",
        SETS,
        "known |= {now if said in known else now.negated()}",
        "known |= {now.negated() if said in known else now}",
    ),
    Mutation(
        "a branch is taken against what is known",
        HELD,
        "if found.negated() in self.known:",
        "if found in self.known:",
    ),
    Mutation(
        "must is what is held on some way",
        HELD,
        "must, may = one.must & two.must, one.may | two.may",
        "must, may = one.must | two.must, one.may | two.may",
    ),
    Mutation(
        "may is what is held on every way",
        HELD,
        "must, may = one.must & two.must, one.may | two.may",
        "must, may = one.must & two.must, one.may & two.may",
    ),
    Mutation(
        "what is known on one way is known behind both",
        HELD,
        "    known = one.known & two.known\n    apart",
        "    known = one.known | two.known\n    apart",
    ),
    Mutation(
        "what one way says of a condition holds for both",
        HELD,
        "            and _implies(two, second, *pair)\n",
        "",
    ),
    Mutation(
        "a lock is not held where one way says so",
        HELD,
        "            and _excludes(two, second, *pair)\n",
        "",
    ),
    Mutation(
        "a dropped lock is still said by conditions",
        HELD,
        "frozenset(pair for pair in self.when if pair[1] != name),\n"
        "            frozenset(pair for pair in self.without if pair[1] != name),\n"
        "            self.lost",
        "self.when,\n"
        "            frozenset(pair for pair in self.without if pair[1] != name),\n"
        "            self.lost",
    ),
    Mutation(
        "a pointer that moved still names the lock it named",
        HELD,
        "if surely and name not in self.lost else",
        "if surely else",
    ),
    Mutation(
        "a call of an unknown function writes nothing",
        CONDITIONS,
        "return _variables(pointee(arg) for arg in node.args) | {node.result}",
        "return frozenset({node.result})",
    ),
    Mutation(
        "an assignment writes nothing",
        CONDITIONS,
        "            return frozenset({node.expr.target.name})",
        "            return frozenset()",
    ),
    Mutation(
        "an increment writes nothing",
        CONDITIONS,
        "            return frozenset({expr.operand.name})",
        "            return frozenset()",
    ),
    Mutation(
        "an iterator moves nothing",
        CONDITIONS,
        "    if not loops:",
        "    if True:",
    ),
    Mutation(
        "a test for nothing says the opposite",
        CONDITIONS,
        'holds = holds == (expr.op == "!=")',
        'holds = holds == (expr.op == "==")',
    ),
    Mutation(
        "> is taken for <",
        CONDITIONS,
        '">": "<="',
        '">": "<"',
    ),
    Mutation(
        "0 is true",
        CONDITIONS,
        '_TRUTHS = {"0": False',
        '_TRUTHS = {"0": True',
    ),
    Mutation(
        "an alias is followed after another assignment",
        ALIASES,
        "writes[target.name] == 1",
        "writes[target.name] >= 1",
    ),
    Mutation(
        "an alias is followed through a pointer that moves",
        ALIASES,
        "return not through or writes[place.root] <= 1",
        "return True",
    ),
    Mutation(
        "a callee takes a lock whatever it returns",
        SUMMARIES,
        "            return when\n    return MAYBE\n\n\ndef _maybe",
        '            return when\n    return "always"\n\n\ndef _maybe',
    ),
    Mutation(
        "a callee drops nothing",
        SUMMARIES,
        '        yield LockFact(place, kinds.get(name, ""), "always" if gone else MAYBE)',
        "        yield from ()",
    ),
)
