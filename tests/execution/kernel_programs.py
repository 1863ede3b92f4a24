# SPDX-License-Identifier: GPL-2.0-only
"""Random C functions in the shapes that kernel functions have.

``program(seed, number)`` is one function, always the same; its text calls what
``kernel.h`` defines.  Its names say nothing, and what it does makes no sense:
what matters is every way through it, and what is held there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from bodies import Body, Compound, Item, Jump, Label, Opens, Text
from callees import Callee, callee
from phrases import MARK, Phrases, style_of

DEPTH = 4
SIZE = (8, 28)
HELPED = True


@dataclass
class Cases:
    """The cases one switch still waits for, none where a guard was opened."""

    left: list[str]


@dataclass(frozen=True)
class Where:
    """What may stand at a place: ``loops`` continue, ``leaves`` break."""

    depth: int = 0
    loops: bool = False
    leaves: bool = False
    cases: Cases | None = None
    scoped: bool = False

    def inner(self, **changes: object) -> "Where":
        changes.setdefault("depth", self.depth + 1)
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass
class Statements(Phrases):
    """Makes statements."""

    labels: int = 0
    """How many names were given out."""
    budget: int = 0
    """How many statements there may still be."""
    callees: tuple[Callee, ...] = ()

    def body(self, where: Where, least: int = 0, closed: bool = False) -> Body:
        count = self.random.randint(least, 3 if where.depth else 7)
        items: list[Item] = [MARK]
        held = len(self.open)
        for _ in range(count):
            if self.budget <= 0:
                break
            self.budget -= 1
            if where.cases and where.cases.left and self.chance(0.1):
                items += [where.cases.left.pop(), MARK]
            some, where = self.statement(where)
            items += [*some, *([MARK] if self.chance(0.8) else [])]
            if self.chance(0.06):
                self.labels += 1
                items += [Label(f"L{self.labels}"), MARK]
        del self.open[held:]
        return Body(items, closed)

    def statement(self, where: Where) -> tuple[list[Item], Where]:
        """One or more statements, and the place behind them."""
        if where.depth < DEPTH and self.chance(0.09):
            return [Opens(self.opening())], replace(where, cases=None, scoped=True)
        deep = where.depth >= DEPTH or self.chance(0.55)
        makers, weights = zip(*(self.simple(where) if deep else _COMPOUND), strict=True)
        make: Callable[[Statements, Where], list[Item]] = self.random.choices(makers, weights)[0]
        return make(self, where), where

    def simple(self, where: Where) -> list[tuple[Callable[..., list[Item]], int]]:
        choices = list(_SIMPLE)
        if where.loops:
            choices.append((Statements.again, 5))
        if where.leaves:
            choices.append((Statements.away, 5))
        if self.style.contexts:
            choices.append((Statements.context_change, 6))
        if self.callees:
            choices.append((Statements.use, 14))
        if self.style.peers:
            choices.append((Statements.relinked, 10))
        return choices

    # Simple statements.

    def taking(self, where: Where) -> list[Item]:
        lock, take, drop = self.pair()
        self.loose.append((lock, drop))
        return [f"{take};"]

    def dropping(self, where: Where) -> list[Item]:
        if self.loose and self.chance(0.8):
            return [f"{self.loose.pop()[1]};"]
        return [f"{self.pair()[2]};"] if self.chance(0.4) else self.balanced(where)

    def balanced(self, where: Where) -> list[Item]:
        lock, take, drop = self.pair()
        if self.style.contexts and self.chance(0.3):
            take, drop = self.context()
        inner = self.holding(lock, where)
        return [f"{take};", *_enclosed(inner), f"{drop};"]

    def holding(self, lock: str, where: Where) -> Body:
        """A body in which a lock is held."""
        if where.depth >= DEPTH:
            return Body([MARK])
        self.open.append(lock)
        inner = self.body(where.inner())
        self.open.pop()
        return inner

    def context_change(self, where: Where) -> list[Item]:
        return [f"{self.random.choice(self.context())};"]

    def trying(self, where: Where) -> list[Item]:
        """The result of an attempt is kept, and perhaps asked for."""
        call, drop, when = self.attempt()
        name = self.random.choice(("ok", "ok", "c", "n"))
        kept = self.random.choice((
            f"{name} = {call};", f"{name} = {call};", f"{name} = !{call};", f"{name} |= {call};",
            f"{name} = {self.called()} && {call};", f"{name} = {self.called()} ? {call} : 0;",
        ))  # fmt: skip
        if self.chance(0.4):
            return [kept]
        says = f"{name} = !" in kept or not when
        inner = self.body(where.inner()) if where.depth < DEPTH else Body([MARK])
        if self.chance(0.4):
            early = "return ok;" if self.chance(0.5) else self.jump(where)[0]
            failing = f"if ({'' if says else '!'}{name}) {{"
            return [kept, Compound((failing, Body([MARK, early]), "}")), MARK, f"{drop};"]
        inner.items.append(f"{drop};")
        return [kept, Compound((f"if ({'!' if says else ''}{name}) {{", inner, "}"))]

    def conditional(self, where: Where) -> list[Item]:
        """``if (c) lock; ...; if (c) unlock``."""
        lock, take, drop = self.pair()
        said = self.random.choice(("c", "d", "ok", "!c", "c == 1", "c && d", "c < 1", "d > 1"))
        again = {"c < 1": "c <= 0", "d > 1": "!(d < 2)"}.get(said, said)
        if self.chance(0.3):
            again = {"c < 1": "!(c > 1)", "d > 1": "d >= 1"}.get(said, said)
        inner = self.holding(lock, where)
        held = Body([MARK]) if self.chance(0.3) else Body([MARK, f"{drop};"])
        first = Compound((f"if ({said}) {{", Body([f"{take};"]), "}"))
        return [first, *_enclosed(inner), Compound((f"if ({again}) {{", held, "}"))]

    def number_change(self, where: Where) -> list[Item]:
        name = self.random.choice(("c", "d", "ok", "n"))
        return [self.random.choice((
            f"{name} = {self.value()};", f"{name} = {self.value()};", f"{name}++;", f"--{name};",
            f"fetch(&{name});", f"{name} += {self.number()};", f"{name} = {self.called()};",
            f"n = {name}++;", f"{self.called()}, {name} = {self.called()};",
            f"{self.test(1)} && {self.called()};", f"{self.test(1)} || {self.called()};",
            f"{self.test(1)} ? {self.called()} : {self.called()};",
        ))]  # fmt: skip

    def pointer_change(self, where: Where) -> list[Item]:
        if self.style.moving_holder and self.chance(0.5):
            return [f"l = &{self.pointer()}->{self.random.choice('ab')};"]
        if self.style.peers and self.chance(0.6):
            return [f"{self.pointer()}->peer = {self.pointer()};"]
        if not self.style.moving:
            return self.number_change(where)
        name = self.random.choice(self.style.moving)
        if self.chance(0.7):
            return [f"{name} = {self.pointer()};"]
        return [f"pick(&{name});" if self.budget % 2 else f"{name} = find();"]

    def relinked(self, where: Where) -> list[Item]:
        """A lock is reached through a member that is written, perhaps by
        another name of the same thing."""
        one, other = self.random.choice("tu"), self.random.choice("tu")
        lock = f"&{one}->peer->a"
        write = f"{other}->peer = {self.pointer()};"
        return [f"spin_lock({lock});", MARK, write, MARK, f"spin_unlock({lock});"]

    def jump(self, where: Where) -> list[Item]:
        return self.random.choice((
            [Jump("goto ", ";", "return 1;")], [Jump("goto ", ";", "return 1;")],
            [f"return {self.value()};"], [f"return {self.called()};"],
        ))  # fmt: skip

    def guarded_jump(self, where: Where) -> list[Item]:
        leaving = self.jump(where)
        if where.leaves and self.chance(0.3):
            leaving = self.away(where)
        if where.loops and self.chance(0.3):
            leaving = self.again(where)
        return [Compound((f"if ({self.test()}) {{", Body([MARK, *leaving]), "}"))]

    def odd_jump(self, where: Where) -> list[Item]:
        if self.chance(0.5):
            before = 'asm goto("testl %0, %0; jne %l[' if self.chance(0.7) else 'asm goto("jmp %l['
            asked = '"r"(c)' if "test" in before else ""
            before = before.replace("%l[", "%l") + f'{1 if asked else 0}" : : {asked} : "cc" : '
            return [Jump(before, ");", MARK, flat=True)]
        if where.scoped:
            return [MARK]
        return [
            Compound((f"if ({self.test()}) {{", Body([MARK, "goto *table[input() & 1];"]), "}"))
        ]

    def again(self, where: Where) -> list[Item]:
        return ["continue;"]

    def away(self, where: Where) -> list[Item]:
        return ["break;"]

    def bug(self, where: Where) -> list[Item]:
        return [Compound((f"if ({self.test()}) {{", Body(["BUG();"]), "}"))]

    def use(self, where: Where) -> list[Item]:
        """A call of a function of the file."""
        use = self.random.choice(self.random.choice(self.callees).uses)
        return [use.replace("$", self.pointer())]

    def opening(self) -> str:
        """A statement whose end comes with the end of the block."""
        self.labels += 1
        opens = [one.opens for one in self.callees if one.opens]
        if opens and self.chance(0.4):
            text = self.random.choice(opens).replace("$", self.pointer())
            return text.replace("#", str(self.labels))
        if self.chance(0.1):
            return f"struct thing *x{self.labels} __free(put_thing) = find();"
        name, lock = self.guard()
        self.open.append(lock)
        return f"guard({name})({lock});"

    # Statements with others inside.

    def choice(self, where: Where) -> list[Item]:
        parts: list[str | Body] = [f"if ({self.test()}) {{", self.body(where.inner())]
        while self.chance(0.3):
            parts += [f"}} else if ({self.test()}) {{", self.body(where.inner())]
        if self.chance(0.5):
            parts += ["} else {", self.body(where.inner())]
        return [Compound((*parts, "}"))]

    def short_choice(self, where: Where) -> list[Item]:
        """Without brackets, and so without a mark in front."""
        inner = self.random.choice(_SIMPLE[:4])[0](self, where.inner(depth=DEPTH))
        if len(inner) > 1:
            return self.choice(where)
        return [Compound((f"if ({self.test()})", Body(inner)))]

    def loop(self, where: Where) -> list[Item]:
        inside = self.body(where.inner(loops=True, leaves=True))
        return [self.random.choice((
            Compound((f"while ({self.test()}) {{", inside, "}")),
            Compound(("do {", inside, f"}} while ({self.test()});")),
            Compound((f"for (n = 0; n < 2; {self.step()}) {{", inside, "}")),
            Compound((f"for (n = {self.value(0)}; {self.test()}; {self.step()}) {{", inside, "}")),
            Compound(("for (;;) {", inside, "}")),
            Compound(("while (1) {", inside, "}")),
            Compound(("do {", inside, "} while (0);")),
        ))]  # fmt: skip

    def step(self) -> str:
        return self.random.choice(("n++", "n++,\ninput()", "\ninput()", "n += 1"))

    def iteration(self, where: Where) -> list[Item]:
        name = self.random.choice(self.style.moving or ("r",))
        inside = self.body(where.inner(loops=True, leaves=True))
        return [Compound((f"list_for_each_entry({name}, &t->list, link) {{", inside, "}"))]

    def switch(self, where: Where) -> list[Item]:
        known = self.random.choice((_CASES, _CASES, _RANGED))
        cases = Cases(self.random.sample(known, self.random.randint(1, 4)))
        subject = self.random.choice(("c", "\ninput()", "(\ninput() & 3)", "n"))
        items: list[Item] = [MARK] if self.chance(0.2) else []
        inner = where.inner(leaves=True, cases=cases)
        while cases.left:
            items += [cases.left.pop(), MARK]
            items += _enclosed(self.body(inner))
            items += ["break;"] if self.chance(0.6) else []
        return [Compound((f"switch ({subject}) {{", Body(items), "}"))]

    def expression(self, where: Where) -> list[Item]:
        inner = self.body(where.inner(cases=None), closed=True)
        name = self.random.choice(("c", "ok"))
        if self.chance(0.5):
            return [Compound((f"{name} = ({{", inner, f"{self.value(0)};", "});"))]
        chosen = self.body(where.inner())
        return [Compound(("if (({", inner, f"{self.test(1)};", "})) {", chosen, "}"))]

    def block(self, where: Where) -> list[Item]:
        opening = [Opens(self.opening())] if self.chance(0.7) else []
        inner = self.body(where.inner(cases=None, scoped=where.scoped or bool(opening)))
        return [Compound(("{", Body([*opening, *inner.items]), "}"))]

    def guarded(self, where: Where) -> list[Item]:
        """A block that a guard is held in."""
        inside = where.inner(loops=True, leaves=True, cases=None, scoped=True)
        if self.chance(0.6):
            name, lock = self.guard() if self.chance(0.7) else self.attempted_guard()
            head = f"scoped_guard({name}{', ' if lock else ''}{lock}) {{"
            return [Compound((head, self.closed(lock, inside), "}"))]
        name, lock = self.attempted_guard()
        behind = f", {lock}) {{"
        failing = self.random.choice(("return -4", "return d", "", "break", "continue"))
        head: Item = f"scoped_cond_guard({name}, {failing}{behind}"
        if not failing:
            head = Jump(f"scoped_cond_guard({name}, goto ", behind, f"scoped_guard({name}{behind}")
        return [head, Compound((self.closed(lock, inside), "}"))]

    def closed(self, lock: str, where: Where) -> Body:
        self.open.append(lock)
        inner = self.body(where, closed=True)
        self.open.pop()
        return inner


_CASES = ("case 0:", "case 1:", "case 2:", "case 3:", "default:")
_RANGED = ("case 0:", "case 1:", "case 2 ... 3:", "default:")
_SIMPLE = [
    (Statements.taking, 4), (Statements.dropping, 8), (Statements.number_change, 14),
    (Statements.pointer_change, 8), (Statements.balanced, 14), (Statements.trying, 12),
    (Statements.conditional, 8), (Statements.jump, 4), (Statements.guarded_jump, 8),
    (Statements.odd_jump, 3), (Statements.bug, 3),
]  # fmt: skip
_COMPOUND = [
    (Statements.choice, 14), (Statements.loop, 12), (Statements.switch, 7),
    (Statements.expression, 4), (Statements.block, 6), (Statements.guarded, 8),
    (Statements.iteration, 4), (Statements.short_choice, 4),
]  # fmt: skip


@dataclass(frozen=True)
class Program:
    """One function, with the helpers it calls in front of it."""

    number: int
    lines: tuple[str, ...]
    helpers: tuple[str, ...] = ()
    called: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"f{self.number}"


def program(seed: int, number: int) -> Program:
    """One function, the same for the same seed and number."""
    random = Random(f"{seed}/{number}")
    style = style_of(random)
    count = random.choice((0, 0, 1, 2)) if HELPED else 0
    callees = tuple(callee(f"f{number}_{one}", random) for one in range(count))
    maker = Statements(random, style, budget=random.randint(*SIZE), callees=callees)
    items: list[Item] = ["static void *table[] = { &&one, &&two };", *_declarations(maker)]
    share = maker.budget // 3
    for label in ("one", "two"):
        maker.budget = share
        items += [*_enclosed(maker.body(Where(), least=2)), Label(label), MARK]
    maker.budget = share
    items += [*maker.body(Where()).items, f"return {maker.value()};"]
    lines = [
        one if one.endswith(":") and not one.startswith(("case ", "default")) else f"\t{one}"
        for one in Text(random).of(Body(items))
    ]
    head = f"int f{number}(struct thing *t, struct thing *u, int c, int d)"
    before = [line for one in callees for line in one.lines]
    return Program(
        number, (head, "{", *lines, "}"), tuple(before), tuple(one.name for one in callees)
    )


def _enclosed(body: Body) -> list[Item]:
    """The items of a body, in brackets where a scope would go on behind them."""
    scoped = any(isinstance(one, Opens) for one in body.items)
    return [Compound(("{", body, "}"))] if scoped else body.items


def _declarations(maker: Statements) -> list[Item]:
    """Locals at the top: what marks write down has to be there everywhere."""
    style = maker.style
    first = maker.random.choice([one for one in style.pointers if one in "tu"])
    second = maker.random.choice([one for one in style.pointers if one in "tup"])
    items: list[Item] = [
        f"struct thing *p = {first};",
        f"struct thing *q = {second};",
        "struct thing *r = t;",
        f"spinlock_t *l = &{first}->{maker.random.choice('ab')};",
        "unsigned long flags = 0;",
        "int ok = 0, n = 0;",
    ]
    return items
