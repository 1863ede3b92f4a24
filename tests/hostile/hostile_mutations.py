# SPDX-License-Identifier: GPL-2.0-only
"""Real-looking functions, and ways to break them."""

import re
from collections.abc import Callable
from random import Random

FUNCTIONS = (
    """int take(struct thing *t, int n)
{
	struct page *page __free(put) = t->page;
	int ret = -EBUSY;

	guard(mutex)(&t->outer);
	spin_lock_irq(&t->lock);
	if (t->users != 1 || !t->page)
		goto out;
	for (int i = 0; i < n; i++) {
		if (t->state[i] == GONE)
			continue;
		t->state[i] = READY;
	}
	ret = 0;
out:
	spin_unlock_irq(&t->lock);
	return ret;
}
""",
    """static bool walk(struct list_head *head, const struct ops *ops)
{
	struct item *item, *next;
	unsigned long flags;

	rcu_read_lock();
	list_for_each_entry_safe(item, next, head, list) {
#ifdef CONFIG_DEBUG
		if (WARN_ON_ONCE(!item->ops))
			break;
#else
		prefetch(next);
#endif
		switch (item->kind) {
		case KIND_A ... KIND_C:
			if (!spin_trylock_irqsave(&item->lock, flags))
				continue;
			item->count += ops->get ? ops->get(item) : 1;
			spin_unlock_irqrestore(&item->lock, flags);
			fallthrough;
		case KIND_D:
			goto *item->where;
		default:
			return ({ int x = READ_ONCE(item->x); x > 0; });
		}
	}
	rcu_read_unlock();
	return true;
}
""",
    """SYSCALL_DEFINE2(freeze, int, fd, struct folio *, folio)
{
	pte_t pte, *ptep;
	spinlock_t *ptl;

	scoped_guard(rcu) {
		if (folio_ref_count(folio) != 2)
			return -EAGAIN;
	}
	ptep = pte_offset_map_lock(mm, pmd, addr, &ptl);
	do {
		pte = ptep_get(ptep);
		if (unlikely(!pte_present(pte) && fd))
			goto unlock;
		asm goto("1: jmp %l[unlock]" : : "i" (&key) : : unlock);
	} while (ptep++, addr += PAGE_SIZE, addr != end);
	folio_ref_unfreeze(folio, (typeof(fd))(fd ?: 1));
unlock:
	pte_unmap_unlock(ptep, ptl);
	return fd ? 0 : -EINVAL; /* done */
}
""",
)

_TOKEN = re.compile(r"\s+|\w+|\"[^\"]*\"|/\*.*?\*/|.", re.DOTALL)
_BRACKETS = "(){}[]"
_LINES = ("#if A", "#elif B", "#else", "#endif", "#define X(a) do { a", "#ifdef A", "#", "# 1")
_WORDS = tuple(
    word
    for line in (
        "if else while do for switch case default return goto break continue typeof sizeof",
        "guard scoped_guard __free CLASS asm likely spin_lock spin_unlock",
        "({ }) ; , : ? = & * -> .",
    )
    for word in line.split()
)


def _at(random: Random, tokens: list[str]) -> int:
    return random.randrange(len(tokens)) if tokens else 0


def delete(random: Random, tokens: list[str]) -> None:
    """A few tokens go."""
    at = _at(random, tokens)
    del tokens[at : at + random.choice((1, 1, 2, 5, 20))]


def double(random: Random, tokens: list[str]) -> None:
    """A few tokens come twice."""
    at = _at(random, tokens)
    tokens[at:at] = tokens[at : at + random.choice((1, 2, 8, 40))]


def swap(random: Random, tokens: list[str]) -> None:
    """Two tokens change places."""
    one, two = _at(random, tokens), _at(random, tokens)
    if tokens:
        tokens[one], tokens[two] = tokens[two], tokens[one]


def insert(random: Random, tokens: list[str]) -> None:
    """A word of C where none was."""
    tokens.insert(_at(random, tokens), f" {random.choice(_WORDS)} ")


def flip(random: Random, tokens: list[str]) -> None:
    """One bracket becomes another."""
    places = [at for at, token in enumerate(tokens) if token in _BRACKETS]
    if places:
        tokens[random.choice(places)] = random.choice(_BRACKETS)


def condition(random: Random, tokens: list[str]) -> None:
    """A preprocessor line, or a pair around something."""
    first, second = sorted((_at(random, tokens), _at(random, tokens)))
    if random.random() < 0.5:
        tokens.insert(second, "\n#endif\n")
        tokens.insert(first, "\n#if A\n")
    else:
        tokens.insert(first, f"\n{random.choice(_LINES)}\n")


def splice(random: Random, tokens: list[str]) -> None:
    """The rest of another function in place of one's own."""
    other = _TOKEN.findall(random.choice(FUNCTIONS))
    tokens[_at(random, tokens) :] = other[_at(random, other) :]


def noise(random: Random, tokens: list[str]) -> None:
    """Bytes no compiler wants."""
    strange = (
        "\0",
        "\r",
        "\f",
        "\\\n",
        "\\",
        '"',
        "'",
        "/*",
        "*/",
        "//",
        "\ufeff",
        "\u2028",
        "\xff",
    )
    tokens.insert(_at(random, tokens), random.choice(strange))


CHANGES: tuple[Callable[[Random, list[str]], None], ...] = (
    delete,
    double,
    swap,
    insert,
    flip,
    condition,
    splice,
    noise,
)


def mutated(random: Random) -> bytes:
    """Some functions with some changes made to them."""
    chosen = random.choices(FUNCTIONS, k=random.choice((1, 1, 2)))
    tokens = _TOKEN.findall("\n".join(chosen))
    for _ in range(random.choice((0, 1, 1, 2, 3, 6))):
        random.choice(CHANGES)(random, tokens)
    return "".join(tokens).encode("utf-8", "surrogateescape")


def pair(random: Random) -> tuple[bytes, bytes]:
    """Two images of one file: the second has a few more changes."""
    before = mutated(random)
    tokens = _TOKEN.findall(before.decode("utf-8", "replace"))
    for _ in range(random.choice((1, 1, 3))):
        random.choice(CHANGES)(random, tokens)
    return before, "".join(tokens).encode("utf-8", "surrogateescape")
