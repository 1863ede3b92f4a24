# SPDX-License-Identifier: GPL-2.0-only
"""Records do what the dataclasses of the standard library do."""

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from reviewer.record import dataclass, field, replace


def classes(decorator: Any, special: Any) -> tuple[type, type, type, type]:
    """The same classes, made by one decorator."""

    @decorator(frozen=True, slots=True, order=True)
    class Point:
        """A point."""

        x: int
        y: int = 2

    @decorator(frozen=True, slots=True)
    class One:
        name: str

    @decorator(slots=True)
    class Open:
        given: int
        hidden: dict[str, int] = special(default_factory=dict, compare=False, repr=False)
        made: int = special(init=False)

        def __post_init__(self) -> None:
            self.made = self.given + 1

    @decorator(frozen=True, slots=True, eq=False)
    class Same:
        pass

    return Point, One, Open, Same


MINE = classes(dataclass, field)
THEIRS = classes(dataclasses.dataclass, dataclasses.field)
BOTH = pytest.mark.parametrize("made", [MINE, THEIRS], ids=["mine", "theirs"])
Kept = dataclass(frozen=True, slots=True)(
    type("Kept", (), {"__annotations__": {"a": int}, "__module__": __name__})
)


@BOTH
def test_how_they_are_made(made: tuple[Any, ...]) -> None:
    point, one, open_, _ = made
    assert (point(1).y, point(x=1, y=3).y, one("a").name) == (2, 3, "a")
    assert (open_(1).hidden, open_(1).made, open_(1, {"a": 1}).hidden) == ({}, 2, {"a": 1})
    assert open_(1).hidden is not open_(1).hidden
    for arguments in ((), (1, 2, 3)):
        with pytest.raises(TypeError, match=r"__init__\(\) (missing|takes)"):
            point(*arguments)


@BOTH
def test_how_they_compare(made: tuple[Any, ...]) -> None:
    point, one, open_, same = made
    assert point(1) == point(1, 2) != point(2) and point(1) != (1, 2)
    assert point(1, 9) < point(2, 0) and point(1) <= point(1) and point(2) > point(1) >= point(1)
    assert one("a") == one("a") != one("b")
    assert open_(1, {"a": 1}) == open_(1) != open_(2)
    assert same() != same() and len({same(), same()}) == 2
    assert hash(point(1, 2)) == hash((1, 2)) and hash(one("a")) == hash(("a",))
    with pytest.raises(TypeError, match="unhashable"):
        hash(open_(1))
    with pytest.raises(TypeError):
        point(1) < one("a")  # noqa: B015


@BOTH
def test_how_they_are_shown(made: tuple[Any, ...]) -> None:
    point, _, open_, _ = made
    assert repr(point(1)).endswith("classes.<locals>.Point(x=1, y=2)")
    assert repr(open_(1)).endswith("Open(given=1, made=2)")
    assert point.__match_args__ == ("x", "y") and open_.__match_args__ == ("given", "hidden")
    assert (point.__name__, point.__doc__, point.__module__) == ("Point", "A point.", __name__)


@BOTH
def test_nothing_changes_a_frozen_one(made: tuple[Any, ...]) -> None:
    point, _, open_, _ = made
    one = point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.x
    assert not hasattr(one, "__dict__")
    other = open_(1)
    other.given = 3
    assert other.given == 3
    with pytest.raises(AttributeError):
        other.strange = 1


@BOTH
def test_the_library_takes_them(made: tuple[Any, ...]) -> None:
    point, _, open_, _ = made
    assert dataclasses.replace(point(1), y=5) == point(1, 5)
    assert [one.name for one in dataclasses.fields(open_)] == ["given", "hidden", "made"]
    assert dataclasses.asdict(point(1)) == {"x": 1, "y": 2}
    assert dataclasses.is_dataclass(point) and copy.copy(point(1)) == point(1)


def test_replacing_and_keeping() -> None:
    point = MINE[0]
    assert replace(point(1), x=4) == point(4)
    with pytest.raises(TypeError):
        replace(point(1), z=4)
    assert pickle.loads(pickle.dumps(Kept(1))) == Kept(1)


def test_only_slots_will_do() -> None:
    with pytest.raises(TypeError, match="slots"):
        dataclass(slots=False)
