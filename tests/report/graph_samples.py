# SPDX-License-Identifier: GPL-2.0-only
"""Functions to draw, and what draws them."""

from functools import cache
from pathlib import Path

from reviewer.checker.callees import neighbours
from reviewer.facts import Facts
from reviewer.report.flowgraph import Flow, flowgraph
from reviewer.ruleset import load_facts, load_vocabulary
from reviewer.syntax.parse import read_file
from reviewer.syntax.vocabulary import Vocabulary

SEED = Path(__file__).resolve().parents[2] / "fixtures" / "2021_folio_refcount_migrate"

WALK = """\
int walk(struct list *l, int n)
{
	int i, found = 0;

	/* Nobody else may look. */
	spin_lock(&l->lock);
	for (i = 0; i < n; i++) {
		if (!(l->a && l->b))
			goto out;
		if (!l->next || l->next == l) {
			found = 1;
			break;
		} else {
			continue;
		}
	}
out:
	spin_unlock(&l->lock);
	return found;
}
"""

CHOICE = """\
int choice(int a)
{
	switch (a) {
	case 1:
		one();
		break;
	case 2:
	case 3:
		two();
		break;
	default:
		return 0;
	}
	return 1;
}
"""

GUARDED = """\
int guarded(struct list *l)
{
	guard(mutex)(&l->lock);
	if (l->a)
		return 1;
	scoped_guard(spinlock, &l->inner) {
		l->a = 1;
	}
	return 0;
}
"""

PERHAPS = """\
void perhaps(struct list *l, int x)
{
	if (x > f())
		spin_lock(&l->lock);
	l->a = 1;
	if (x > f())
		spin_unlock(&l->lock);
}
"""

HOSTILE = """\
void hostile(int x)
{
	say("</text><script>&amp;\\n", '"', x); // --> ]]> \x1b[31m \u202e
	if (x < 3 && x > "\\l\\"")
		say("{{ flow }}{% raw %}");
}
"""


@cache
def knowledge() -> tuple[Facts, Vocabulary]:
    """The facts and the vocabulary of the project."""
    return load_facts(), load_vocabulary()


def flow_of(text: str | bytes, name: str = "", file: str = "mm/x.c") -> Flow:
    """The flow of a function, the first unless it is named."""
    facts, vocabulary = knowledge()
    data = text.encode() if isinstance(text, str) else text
    source = read_file(data, vocabulary)
    function = source.function(name or source.segments[0].name)
    assert function is not None
    return flowgraph(file, data, function, facts, neighbours(source, facts))
