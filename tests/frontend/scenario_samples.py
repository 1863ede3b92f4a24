# SPDX-License-Identifier: GPL-2.0-only
"""A scenario of our own: two CPUs that take turns under a lock."""

from frontend_samples import Program

SCENARIO = """\
summary = "Two CPUs take turns"
since = "0.1"
counter = "_refcount"

[objects]
folio = "the folio"

[state.turn]
place = "t->turn"
text = "whose turn it is"

[state.inside]
place = "ghost->inside"
ghost = true

[state.busy]
place = "ghost->busy"
ghost = true

[locks]
lock = "t->lock"

[[path]]
name = "any"
initial = { turn = 0 }
held = { other = { folio = 1 } }
kept = { other = { folio = 1 } }

[[company]]
actors = ["other"]

[[property]]
name = "together"
expr = "!(inside && busy)"
text = "one CPU at a time is inside"
harm = "both CPUs are inside at once"

[[progress]]
name = "waits"
expr = "turn != 2"
text = "it is no other's turn"
harm = "it is the turn of the other"

[[real]]
file = "kernel/turns.c"
function = "take_turn"
variants = ["locked", "unlocked"]

[[real]]
file = "kernel/turns.c"
function = "take_two_turns"
variants = ["locked"]

[[variant]]
name = "locked"
subject = "enter"
expect = "HOLDS"

[[variant]]
name = "unlocked"
subject = "enter"
mutate = [{ call = "spin_lock", how = "gone" }, { call = "spin_unlock", how = "gone" }]
expect = "VIOLATED"
property = "together"
saves = "the lock keeps the other CPU out"

[[variant]]
name = "lock-kept"
subject = "enter"
mutate = [{ call = "spin_unlock", how = "gone" }]
expect = "VIOLATED"
property = "deadlock"

[[variant]]
name = "waits"
subject = "enter"
expect = "VIOLATED"
progress = "waits"
"""

ACTORS = """\
/* SPDX-License-Identifier: GPL-2.0-only */
int enter(struct thing *t)
{
	spin_lock(&t->lock);
	ghost->inside = 1;
	t->turn = 1;
	ghost->inside = 0;
	spin_unlock(&t->lock);
	return 0;
}

void other(struct thing *t, struct folio *folio)
{
	spin_lock(&t->lock);
	ghost->busy = 1;
	t->turn = 2;
	ghost->busy = 0;
	spin_unlock(&t->lock);
}
"""

TURNS = """\
int take_turn(struct thing *t, int value)
{
	spin_lock(&t->lock);
	think();
	t->turn = 1;
	spin_unlock(&t->lock);
	return 0;
}

int take_unlocked(struct thing *t)
{
	WRITE_ONCE(t->turn, 1);
	return 0;
}

int broken(struct thing *t)
{
	if (t->turn {
	}
}
"""
TURN = "\tt->turn = 2;\n"


def rules(program: Program, *changes: tuple[str, str]) -> str:
    """A folder with the scenario, changed as said; its path."""
    texts = {"scenario.toml": SCENARIO, "actors.c": ACTORS}
    for old, new in changes:
        assert any(old in text for text in texts.values()), old
        texts = {name: text.replace(old, new) for name, text in texts.items()}
    for name, text in texts.items():
        program.file(f"own/actors/turns/{name}", text)
    return str(program.folder / "own")
