# SPDX-License-Identifier: GPL-2.0-only
"""What is broken on purpose in reviewer/cfg/ and reviewer/locks/.

Each mutation is a change of source text that makes the analysis wrong in one
way.  Running generated functions has to show that it is wrong.
"""

from graph_mutations import OF_GRAPHS
from lock_mutations import OF_LOCKS
from mutation import Mutation

MUTATIONS: tuple[Mutation, ...] = OF_GRAPHS + OF_LOCKS

CAUGHT: dict[str, int] = {
    "no fall through from case to case": 2,
    "a switch without default is never passed by": 14,
    "a case is not a target of its switch": 2,
    "break leads to the head of the loop": 17,
    "continue leaves the loop": 6,
    "continue skips the step of for": 26,
    "no way back to the head of a loop": 0,
    "a loop is left by break only": 11,
    "do tests before its first round": 1,
    "do goes on where its condition is false": 1,
    "the arms of if are swapped": 1,
    "an iterator never ends": 2,
    "the value of a return is not computed": 2,
    "a goto leads to the exit": 1,
    "a computed goto leads nowhere": 33,
    "nothing is released on goto": 1,
    "goto releases every scope": 286,
    "nothing is released on break and continue": 58,
    "nothing is released on return": 2,
    "nothing is released at the end of a block": 1,
    "scopes are released in the order they were opened": 1,
    "a conditional guard releases always": 2,
    "&& goes on where its left side is false": 1,
    "&& and || evaluate both sides": 5,
    "|| is true where its last side is": 1,
    "! changes nothing": 2,
    "the arms of ?: are swapped": 8,
    "a ?: b gives b where a is true": 4,
    "only the last part of a comma is evaluated": 3,
    "the first statement of a statement expression is lost": 1,
    "calls that do not come back come back": 16,
    "asm goto leads to no label": 1,
    "a trylock holds where it failed": 1,
    "a conditional lock counts as taken": 1,
    "conditions outlive a write of their variable": 1,
    "locks outlive a write of the pointer to them": 39,
    "a member is written through one pointer only": 25,
    "a release is ignored": 1,
    "a lock is ignored": 1,
    "leaving a context is ignored": 1,
    "entering a context is ignored": 0,
    "a lock that is dropped by another name stays": 4,
    "what a copy says is turned round": 46,
    "a branch is taken against what is known": 4,
    "must is what is held on some way": 0,
    "may is what is held on every way": 0,
    "what is known on one way is known behind both": 1,
    "what one way says of a condition holds for both": 124,
    "a lock is not held where one way says so": 1,
    "a dropped lock is still said by conditions": 124,
    "a pointer that moved still names the lock it named": 25,
    "a call of an unknown function writes nothing": 84,
    "an assignment writes nothing": 1,
    "an increment writes nothing": 44,
    "an iterator moves nothing": 46,
    "a test for nothing says the opposite": 29,
    "> is taken for <": 29,
    "0 is true": 1,
    "an alias is followed after another assignment": 39,
    "an alias is followed through a pointer that moves": 35,
    "a callee takes a lock whatever it returns": 20,
    "a callee drops nothing": 4,
}
"""By the name of a mutation, the first function that shows it, counted from 0:
what `scripts/check_soundness.py --mutations` prints."""
