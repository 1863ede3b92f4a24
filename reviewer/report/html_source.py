# SPDX-License-Identifier: GPL-2.0-only
"""A function before and after a patch, side by side, with what is held in each line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reviewer.patch.records import Hunk, Patch
from reviewer.record import dataclass, replace
from reviewer.report.flowgraph import Flow, fit
from reviewer.report.html_images import Images
from reviewer.report.quote import anchor
from reviewer.report.scopes import FREE, MAY, MUST, Scope
from reviewer.verdict.records import Verdict

SAME, CHANGED, GONE, NEW = "same", "changed", "gone", "new"
MOST_SCOPES = 10
"""Locks and contexts that have a bar; the picture of the function has all."""

COLOURS = 8
NEAR, FAR = 6, 14
"""Lines around a change that are always seen; so many others in a row are folded."""


@dataclass(frozen=True, slots=True)
class Half:
    """One bar in one line: how the lock is held where the line begins and where it
    ends; ``letter`` is empty but where the bar begins."""

    colour: str
    top: int
    bottom: int
    letter: str


@dataclass(frozen=True, slots=True)
class Side:
    """A line of one image, number 0 for a gap in it.  ``told`` says what is held
    from here on, where that is not what was held in the line above; ``tags`` what
    there is to see in it."""

    line: int
    text: str
    bars: tuple[Half, ...] = ()
    told: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A line of each image; None where one has none there."""

    kind: str
    before: Side | None
    after: Side | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows that are seen together; ``far`` ones are not near to anything that
    changed.  ``heading`` is that of a hunk."""

    rows: tuple[Row, ...]
    far: bool
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """One lock or context: its bar, and where it is taken and dropped."""

    letter: str
    colour: str
    name: str
    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Source:
    """One function as it is shown; ``name`` tells its lines from those of others."""

    name: str
    file: str
    function: str
    keys: tuple[Key, ...]
    stretches: tuple[Stretch, ...]
    problems: tuple[str, ...]
    hunks: bool

    @property
    def size(self) -> int:
        """How many rows it has."""
        return sum(len(one.rows) for one in self.stretches)

    def place(self, file: str, line: int) -> str:
        """The row of a line of the after image, empty where it has none."""
        rows = (row.after for one in self.stretches for row in one.rows if row.after)
        here = file == self.file and line > 0 and any(side.line == line for side in rows)
        return f"{self.name}-a{line}" if here else ""


Tags = Mapping[int, Sequence[str]]
"""What there is to see in a line."""


def source(name: str, images: Images, verdicts: Sequence[Verdict]) -> Source:
    """A function of a file that is known, with what ``verdicts`` say of its lines."""
    finding = verdicts[0].finding
    old, new = images.before, images.after
    scopes = _scopes(images)
    before = _sides(old, scopes, _tags(verdicts, 0))
    after = _sides(new, scopes, _tags(verdicts, 1))
    kept = {line: there for line in before if (there := images.pair.after_line(line)) in after}
    rows = list(_bridged(list(_rows(before, after, kept))))
    problems = dict.fromkeys(text for flow in (old, new) if flow for text in flow.problems)
    left = max(0, len(_names(images)) - MOST_SCOPES)
    more = (f"{left} more locks and contexts have no bar here",) if left else ()
    return Source(
        name,
        finding.file,
        finding.function,
        tuple(_key(*one, images) for one in scopes.items()),
        tuple(_stretches(rows)),
        (*problems, *more),
        False,
    )


def _names(images: Images) -> list[tuple[str, bool]]:
    """Locks, then contexts, each once, those of the after image first."""
    flows = [one for one in (images.after, images.before) if one is not None]
    found = dict.fromkeys((one.name, one.is_lock) for flow in flows for one in flow.scopes)
    return sorted(found, key=lambda one: not one[1])


def _scopes(images: Images) -> dict[tuple[str, bool], tuple[str, str]]:
    """The letter and the colour of what has a bar; the same in both images."""
    locks = 0
    found = {}
    for number, (name, is_lock) in enumerate(_names(images)[:MOST_SCOPES]):
        found[name, is_lock] = chr(ord("A") + number), f"c{locks % COLOURS}" if is_lock else "cx"
        locks += is_lock
    return found


def _key(scope: tuple[str, bool], looks: tuple[str, str], images: Images) -> Key:
    both = [_of(flow, scope) for flow in (images.before, images.after)]
    kind = next((one.kind for one in both if one and one.kind), "")
    return Key(*looks, scope[0], kind, *(_about(one) for one in both))


def _of(flow: Flow | None, scope: tuple[str, bool]) -> Scope | None:
    found = flow.scopes if flow else ()
    return next((one for one in found if (one.name, one.is_lock) == scope), None)


def _about(scope: Scope | None) -> str:
    if scope is None:
        return "not held"
    words = ("taken", "dropped") if scope.is_lock else ("entered", "left")
    told = [(words[0], scope.taken), (words[1], scope.dropped), ("ends by itself", scope.ended)]
    parts = [f"{word} in {_numbers(lines)}" for word, lines in told if lines]
    return "; ".join(parts) or "held all through"


def _numbers(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:8]))
    return f"{shown}, \u2026" if len(lines) > 8 else shown


def _tags(verdicts: Iterable[Verdict], side: int) -> dict[int, list[str]]:
    """The accesses the findings are about, and the step that saves them."""
    found: dict[int, list[str]] = {}
    for one in verdicts:
        finding = one.finding
        states = finding.after if side else finding.before
        lines = {finding.line if side else finding.before_line, *(state.line for state in states)}
        for line in sorted(lines - {0}):
            found.setdefault(line, []).append("access")
        if side and one.model and one.model.guard:
            found.setdefault(one.model.guard[1], []).append("guard")
    return {line: list(dict.fromkeys(some)) for line, some in found.items()}


def _sides(
    flow: Flow | None, scopes: Mapping[tuple[str, bool], tuple[str, str]], tags: Tags
) -> dict[int, Side]:
    """The lines of one image."""
    if flow is None:
        return {}
    cells = {looks: _cells(flow, _of(flow, scope)) for scope, looks in scopes.items()}
    names = {looks: scope[0] for scope, looks in scopes.items()}
    found: dict[int, Side] = {}
    held = dict.fromkeys(cells, FREE)
    begun = dict.fromkeys(cells, FREE)
    told = ""
    for line in sorted(flow.text):
        bars = []
        for looks, levels in cells.items():
            top, bottom = levels[line]
            bars.append(Half(looks[1], top, bottom, looks[0] if top and not begun[looks] else ""))
            begun[looks], held[looks] = top, bottom
        now = _told(held, names)
        found[line] = Side(
            line,
            flow.text[line],
            tuple(bars),
            now if now != told else "",
            tuple(tags.get(line, ())),
        )
        told = now
    return found


def _told(held: Mapping[tuple[str, str], int], names: Mapping[tuple[str, str], str]) -> str:
    sure = [names[one] for one, level in held.items() if level == MUST]
    perhaps = [names[one] for one, level in held.items() if level == MAY]
    parts = [f"holds {', '.join(sure)}"] if sure else []
    parts += [f"may hold {', '.join(perhaps)}"] if perhaps else []
    return "; ".join(parts) or "holds nothing"


def _cells(flow: Flow, scope: Scope | None) -> dict[int, tuple[int, int]]:
    """How it is held at both ends of every line.  A statement goes on as it began;
    what stands before one is held as that begins, and where a block closes, as
    the statements around agree."""
    if scope is None:
        return dict.fromkeys(flow.text, (FREE, FREE))
    inside = {line for first, last in flow.units for line in range(first + 1, last + 1)}
    lines = sorted(flow.text)
    following: dict[int, int] = {}
    level = FREE
    for line in reversed(lines):
        level = scope.cells[line][0] if line in scope.cells else level
        following[line] = level
    found: dict[int, tuple[int, int]] = {}
    level = FREE
    for line in lines:
        cell = scope.cells.get(line)
        if cell is None:
            closing = not flow.bare[line].strip(" \t};") and flow.bare[line].strip()
            here = level if line in inside else following[line]
            here = FREE if closing and here != level else here
            cell = here, here
        else:
            level = cell[1]
        found[line] = cell
    return found


def _rows(
    before: Mapping[int, Side], after: Mapping[int, Side], kept: Mapping[int, int]
) -> Iterator[Row]:
    """The lines of both images in one order; runs of lines that one has and the
    other has not stand beside each other."""
    old, new = sorted(before), sorted(after)
    stays = set(kept.values())
    one = two = 0
    while one < len(old) or two < len(new):
        gone, fresh = one, two
        while one < len(old) and old[one] not in kept:
            one += 1
        while two < len(new) and new[two] not in stays:
            two += 1
        yield from _beside([before[n] for n in old[gone:one]], [after[n] for n in new[fresh:two]])
        while one < len(old) and two < len(new) and kept.get(old[one]) == new[two]:
            yield Row(SAME, before[old[one]], after[new[two]])
            one, two = one + 1, two + 1
        if (one, two) == (gone, fresh):
            return


def _beside(gone: Sequence[Side], fresh: Sequence[Side]) -> Iterator[Row]:
    for number in range(max(len(gone), len(fresh))):
        left = gone[number] if number < len(gone) else None
        right = fresh[number] if number < len(fresh) else None
        yield Row(CHANGED if left and right else GONE if left else NEW, left, right)


def _bridged(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows, with bars that go on over lines that the other image alone has."""
    last: list[Side | None] = [None, None]
    following: list[list[Side | None]] = [[], []]
    for number, some in enumerate(following):
        coming = None
        for row in reversed(rows):
            coming = (row.before, row.after)[number] or coming
            some.insert(0, coming)
    for at, row in enumerate(rows):
        both = [row.before, row.after]
        for number, side in enumerate(both):
            if side is None:
                both[number] = _bridge(last[number], following[number][at])
            else:
                last[number] = side
        yield Row(row.kind, *both)


def _bridge(one: Side | None, other: Side | None) -> Side | None:
    """What is held in between, where both ends agree."""
    if one is None or other is None:
        return None
    halves = zip(one.bars, other.bars, strict=True)
    bars = [
        Half(left.colour, level, level, "")
        for left, right in halves
        for level in [left.bottom if left.bottom == right.top else FREE]
    ]
    return Side(0, "", tuple(bars)) if any(half.top for half in bars) else None


def _stretches(rows: Sequence[Row]) -> Iterator[Stretch]:
    """The rows, those apart that are far from everything there is to see."""
    seen = [n for n, row in enumerate(rows) if row.kind != SAME or _tagged(row)]
    near = {n for at in seen for n in range(at - NEAR, at + NEAR + 1)} | {0}
    start = 0
    for number in range(1, len(rows) + 1):
        if number < len(rows) and (number in near) == (start in near):
            continue
        some = tuple(rows[start:number])
        yield Stretch(some, start not in near and len(some) >= FAR and bool(seen))
        start = number


def _tagged(row: Row) -> bool:
    return any(side is not None and side.tags for side in (row.before, row.after))


def in_hunks(name: str, patch: Patch, verdicts: Sequence[Verdict]) -> Source | None:
    """What the patch itself shows of the function; None where it shows nothing."""
    finding = verdicts[0].finding
    place = anchor(patch, finding)
    if place is None:
        return None
    tags = _tags(verdicts, 0), _tags(verdicts, 1)
    hunks = patch.files[place.file].hunks
    shown = [
        hunk
        for number, hunk in enumerate(hunks)
        if number == place.hunk or finding.function in hunk.section
    ]
    stretches = tuple(Stretch(tuple(_hunk(one, *tags)), False, _heading(one)) for one in shown)
    return Source(name, finding.file, finding.function, (), stretches, (), True)


def _heading(hunk: Hunk) -> str:
    old, new = f"-{hunk.old_start},{hunk.old_count}", f"+{hunk.new_start},{hunk.new_count}"
    return fit(f"@@ {old} {new} @@ {hunk.section}".encode("utf-8", "replace"))


def _hunk(hunk: Hunk, before: Tags, after: Tags) -> Iterator[Row]:
    old, new = hunk.old_start, hunk.new_start
    gone: list[Side] = []
    fresh: list[Side] = []
    for line in hunk.lines:
        left = Side(old, fit(line.text), tags=tuple(before.get(old, ())))
        right = replace(left, line=new, tags=tuple(after.get(new, ())))
        if line.kind == " ":
            yield from _beside(gone, fresh)
            gone, fresh = [], []
            yield Row(SAME, left, right)
        elif line.kind == "-":
            gone.append(left)
        else:
            fresh.append(right)
        old += line.kind != "+"
        new += line.kind != "-"
    yield from _beside(gone, fresh)
