# SPDX-License-Identifier: GPL-2.0-only
"""One transition as a tree of tests, choices and assignments in Promela.

What others can see is assigned as soon as nothing can take it back (`Done`),
the locals of the CPU at the ends of the tree.  An expression is about the state
as it is by then.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile

from reviewer.record import dataclass
from reviewer.simulation.actions import Action, Assign, Check, Choose, If, Require, walk
from reviewer.simulation.layout import Layout
from reviewer.simulation.machine import BROKE
from reviewer.simulation.model import STOPPED, Model, Ways
from reviewer.simulation.promela_terms import (
    ALWAYS,
    LONG,
    NEVER,
    WIDE,
    Known,
    Number,
    Terms,
    both,
    either,
    kept,
    negated,
    replaced,
    words_of,
)
from reviewer.simulation.reach import joins
from reviewer.simulation.steps import Stop

WHERE = "v0"
"""Where ways have met."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """An end: what is assigned, all at once, and where the CPU then stands;
    ``meets`` where ways meet again."""

    sets: Mapping[str, str]
    place: int
    meets: bool = False


@dataclass(frozen=True, slots=True)
class Fork:
    """One way or the other."""

    test: str
    then: "Node"
    other: "Node"


@dataclass(frozen=True, slots=True)
class Choice:
    """Every way that can be gone."""

    options: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Wait:
    """The way cannot be gone while the test fails."""

    test: str
    then: "Node"


@dataclass(frozen=True, slots=True)
class Named:
    """A name for an expression."""

    name: str
    text: str
    then: "Node"


@dataclass(frozen=True, slots=True)
class Done:
    """Assignments, all at once, and what follows."""

    sets: Mapping[str, str]
    then: "Node"


@dataclass(frozen=True, slots=True)
class Cut:
    """A way the model does not go."""


Node = Leaf | Cut | Done | Fork | Choice | Wait | Named


def passable(node: Node, meetings: Mapping[int, Node]) -> str:
    """The condition on which some end can be reached."""
    return _reached(node, meetings, ALWAYS, NEVER)


def cut_off(node: Node, meetings: Mapping[int, Node]) -> str:
    """The condition on which some way leads to where the model does not go on."""
    return _reached(node, meetings, NEVER, ALWAYS)


def _reached(node: Node, meetings: Mapping[int, Node], end: str, cut: str) -> str:
    match node:
        case Cut():
            return cut
        case Leaf(meets=False):
            return end
        case Leaf():
            return _said_before(node.sets, _reached(meetings[node.place], meetings, end, cut))
        case Fork():
            then = _reached(node.then, meetings, end, cut)
            other = _reached(node.other, meetings, end, cut)
            return _either_way(node.test, then, other)
        case Choice():
            found = NEVER
            for option in node.options:
                found = either(found, _reached(option, meetings, end, cut))
            return found
        case Wait():
            return both(node.test, _reached(node.then, meetings, end, cut))
        case Named():
            return _said_before({node.name: node.text}, _reached(node.then, meetings, end, cut))
        case Done():
            return _said_before(node.sets, _reached(node.then, meetings, end, cut))


def _said_before(sets: Mapping[str, str], behind: str) -> str:
    """A condition from behind assignments in terms of what was before them."""
    return behind if behind in (ALWAYS, NEVER) else replaced(behind, sets)


def _either_way(test: str, then: str, other: str) -> str:
    if then == other:
        return then
    if NEVER in (then, other):
        return both(negated(test), other) if then == NEVER else both(test, then)
    return both(either(negated(test), then), either(test, other))


class Trees:
    """The trees of the transitions of one CPU; ``names`` maps fields to what
    they are called, ``broken`` numbers the properties."""

    def __init__(
        self,
        model: Model,
        layout: Layout,
        cpu: int,
        names: Mapping[str, str],
        broken: Mapping[str, int],
    ) -> None:
        self.model, self.layout, self.cpu = model, layout, cpu
        self.names, self.broken = names, broken
        self.terms = Terms(model, layout, names)
        self.joins: list[int] = []
        self.meetings: dict[int, Node] = {}
        self.free = 0

    def of(self, at: int) -> dict[int, Node]:
        """The tree of a place, and those of the places where its ways meet."""
        self.terms.count = 0
        self.joins = joins(self.model, self.cpu, at)
        self.meetings, self.free = {}, len(self.model.parts[self.cpu])
        trees = {at: self._part(at, Known({}, {}, at))} | self.meetings
        for place in self.joins:
            trees[place] = self._part(place, Known({}, {}, place).standing_at(place))
        return trees

    # Control ------------------------------------------------------------------

    def _part(self, at: int, known: Known) -> Node:
        part = self.model.parts[self.cpu][at]
        step = self.model.machine.programs[self.cpu].steps[at]
        if isinstance(step, Stop) and step.cut:
            return Cut()
        return self._actions(part.actions, known, lambda after: self._ways(part.next, after))

    def _ways(self, ways: int | Ways, known: Known) -> Node:
        if isinstance(ways, Ways):
            return self._done(known, lambda: self._forks(ways, known))
        if ways == STOPPED or ways in self.model.stands[self.cpu]:
            return self._leaf(ways, known)
        if ways in self.joins:
            return self._leaf(ways, known, meets=True)
        return self._done(known, lambda: self._part(ways, known.standing_at(ways)))

    def _forks(self, ways: Ways, known: Known) -> Node:
        if ways.condition is None:
            return self._named(
                lambda: Choice((self._arm(ways.then, known), self._arm(ways.other, known)))
            )
        test = self.terms.test(ways.condition, known)
        if test in (ALWAYS, NEVER):
            return self._arm(ways.then if test == ALWAYS else ways.other, known)
        return self._named(
            lambda: Fork(test, self._arm(ways.then, known), self._arm(ways.other, known))
        )

    def _arm(self, arm: tuple[tuple[Action, ...], int | Ways], known: Known) -> Node:
        actions, target = arm
        return self._actions(actions, known.copy(), lambda after: self._ways(target, after))

    def _actions(
        self, actions: tuple[Action, ...], known: Known, then: Callable[[Known], Node]
    ) -> Node:
        for number, action in enumerate(actions):
            rest = actions[number + 1 :]
            match action:
                case Assign(target=target, value=value):
                    found = self.terms.short(self.terms.number(value, known), LONG)
                    (known.temps if target[0] == "temp" else known.fields)[target[1]] = found
                case Check():
                    return self._checks(actions[number:], known, then)
                case If() | Choose() | Require():
                    return self._fork(action, rest, known, then)
        return then(known)

    def _fork(
        self,
        action: If | Choose | Require,
        rest: tuple[Action, ...],
        known: Known,
        then: Callable[[Known], Node],
    ) -> Node:
        def on(after: Known, first: tuple[Action, ...] = ()) -> Node:
            return self._actions((*first, *rest), after, then)

        if isinstance(action, Choose):
            target = action.target[1]
            return self._named(
                lambda: Choice(tuple(on(known.told(target, choice)) for choice in (1, 0)))
            )
        test = self.terms.test(action.condition, known)
        if isinstance(action, Require):
            return self._named(lambda: Wait(test, on(known)))
        if test in (ALWAYS, NEVER):
            return on(known, action.then if test == ALWAYS else action.other)
        if rest and known.before is None and not any(_tells(later) for later in rest):
            return self._named(lambda: self._meeting(action, test, known, on))
        return self._named(
            lambda: Fork(test, on(known.copy(), action.then), on(known, action.other))
        )

    def _meeting(self, action: If, test: str, known: Known, on: Callable[[Known], Node]) -> Node:
        """Two ways that go on as one."""
        place = self.free
        self.free += 1
        changed: set[str] = set()

        def meet(after: Known) -> Node:
            changed.update(after.fields)
            sets = {self.names[n]: self._kept(n, number) for n, number in after.fields.items()}
            sets = {name: text for name, text in sets.items() if name != text}
            return self._named(lambda: Leaf({**sets, WHERE: str(place)}, place, meets=True))

        then = self._actions(action.then, known.copy(), meet)
        other = self._actions(action.other, known.copy(), meet)
        fields = {name: self.terms.standing(name) for name in sorted(changed)}
        self.meetings[place] = on(Known(fields, {}, known.since))
        return Fork(test, then, other)

    def _kept(self, name: str, number: Number) -> str:
        return kept(self.layout.slots[name], number)

    def _checks(
        self, actions: tuple[Action, ...], known: Known, then: Callable[[Known], Node]
    ) -> Node:
        """The checks that actions begin with, the first that fails first."""
        checks = [one for one in takewhile(_is_check, actions) if isinstance(one, Check)]

        def check() -> Node:
            broke = NEVER
            for one in reversed(checks):
                test = self.terms.test(one.condition, known)
                if test != ALWAYS:
                    broke = f"({test} -> {broke} : {self.broken[one.name]})"
            if broke == NEVER:
                return self._actions(actions[len(checks) :], known, then)
            number = self.terms.short(Number(broke, 0, WIDE), 0)
            return self._named(
                lambda: Fork(
                    f"({number.text} == 0)",
                    self._actions(actions[len(checks) :], known.copy(), then),
                    self._fails(known, number.text),
                )
            )

        # Behind the first step what was done may have to be taken back.
        return self._done(known, check) if known.before is None else check()

    def _fails(self, known: Known, number: str) -> Node:
        """A property is broken; behind the first step the CPU may also stand
        before the step that breaks it."""
        broke = self._leaf(STOPPED, known, number)
        if known.before is None:
            return broke
        return Choice((broke, self._leaf(*known.before)))

    def _done(self, known: Known, then: Callable[[], Node]) -> Node:
        """Assign what others can see, and go on."""
        changed = [
            name
            for name, number in known.fields.items()
            if ".local." not in name and number.text != self.names[name]
        ]
        sets = {self.names[name]: known.fields.pop(name).text for name in changed}
        known.each(lambda number: self._as_it_was(number, sets))
        known.fields.update({name: self.terms.standing(name) for name in changed})
        return self._named(lambda: Done(sets, then()) if sets else then())

    def _as_it_was(self, number: Number, sets: Mapping[str, str]) -> Number:
        """A number from before an assignment, by name if that would change it."""
        return self.terms.short(number, 0) if words_of(number.text) & set(sets) else number

    def _named(self, make: Callable[[], Node]) -> Node:
        """A node behind the names that came up before it."""
        waiting, self.terms.waiting = self.terms.waiting, []
        node = make()
        for name, text in reversed(waiting):
            node = Named(name, text, node)
        return node

    def _leaf(self, target: int, known: Known, broke: str = "", meets: bool = False) -> Node:
        live = self.model.live[self.cpu][target] if target != STOPPED else frozenset()
        stale = self.model.live[self.cpu][known.since] - live
        sets: dict[str, str] = {}
        for name in self.layout.slots:
            if name.startswith(f"{self.cpu}.local.") and name not in live:
                if name in stale or name in known.fields:
                    sets[self.names[name]] = "U"
            elif name in known.fields and known.fields[name].text != self.names[name]:
                sets[self.names[name]] = self._kept(name, known.fields[name])
        if meets:
            sets[WHERE] = str(target)
        else:
            sets[self.names[f"{self.cpu}.pc"]] = str(target)
        if broke:
            sets[self.names[BROKE]] = broke
        return self._named(lambda: Leaf(sets, target, meets))


def _is_check(action: Action) -> bool:
    return isinstance(action, Check)


def _tells(action: Action) -> bool:
    """Whether an action looks at what the step tells of itself."""
    terms = [action.value] if isinstance(action, Assign) else []
    if isinstance(action, Require | Check):
        terms = [action.condition]
    found = any(part[0] == "temp" for term in terms for part in walk(term))
    return found or isinstance(action, If | Choose)


def targets_of(nodes: Iterable[Node]) -> set[int]:
    """Where the CPU may stand behind a transition."""
    found: set[int] = set()
    stack = list(nodes)
    while stack:
        match stack.pop():
            case Leaf(meets=False, place=place):
                found.add(place)
            case Leaf() | Cut():
                pass
            case Choice(options=options):
                stack.extend(options)
            case Fork(then=then, other=other):
                stack.extend((then, other))
            case Wait(then=then) | Named(then=then) | Done(then=then):
                stack.append(then)
    return found - {STOPPED}
