# SPDX-License-Identifier: GPL-2.0-only
"""Records: the dataclasses of the standard library, at a price every start can pay.

`dataclasses` compiles half a dozen methods for each class, half a millisecond of
them, and loads `inspect`: that was a third of what reviewing one small patch
costs.  Here ``__init__`` is compiled when the first record of a class is made,
and the other methods are shared.  Only what records need is known: slots, no
inheritance.  Type checkers see the originals, and
`dataclasses.replace` and `dataclasses.fields` take these records.
"""

from collections.abc import Callable
from operator import attrgetter, eq, ge, gt, le, lt
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass", "field", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:

    def dataclass(
        *, slots: bool, frozen: bool = False, order: bool = False, eq: bool = True
    ) -> Callable[[type], type]:
        """The class decorator; the arguments mean what they mean to `dataclasses`."""
        if not slots:
            raise TypeError("a record has slots")
        return lambda cls: _made(cls, frozen, order, eq)

    def field(**about: Any) -> "_Field":
        """A field that is more than a name, a type and perhaps a default."""
        return _Field(**about)

    def replace(record: Any, /, **changes: Any) -> Any:
        """The same record with other values for some of its fields."""
        names = record.__match_args__
        values = [changes.pop(name) if name in changes else getattr(record, name) for name in names]
        return record.__class__(*values, **changes)


class _Field:
    """What `field` was told."""

    def __init__(
        self,
        *,
        default_factory: Callable[[], Any] | None = None,
        init: bool = True,
        repr: bool = True,
        compare: bool = True,
    ) -> None:
        self.factory, self.init, self.repr, self.compare = default_factory, init, repr, compare

    def original(self) -> Any:
        """The same to `dataclasses`."""
        from dataclasses import field

        if self.factory is None:
            return field(init=self.init, repr=self.repr, compare=self.compare)
        return field(
            default_factory=self.factory, init=self.init, repr=self.repr, compare=self.compare
        )


class _Fields:
    """``__dataclass_fields__``, by which `dataclasses` knows its own, made when asked for."""

    def __init__(self, annotations: dict[str, Any], defaults: dict[str, Any]) -> None:
        self._annotations, self._defaults = annotations, defaults

    def __get__(self, record: object, owner: type) -> Any:
        from dataclasses import make_dataclass

        plain = [(name, kind) for name, kind in self._annotations.items()]
        values = {
            name: one.original() if isinstance(one, _Field) else one
            for name, one in self._defaults.items()
        }
        made: Any = make_dataclass(owner.__name__, plain, namespace=values)
        return made.__dataclass_fields__


def _made(cls: type, frozen: bool, order: bool, equal: bool) -> type:
    """The class in its final shape."""
    inside = {name: one for name, one in cls.__dict__.items() if name not in _UNSLOTTED}
    annotations = inside.get("__annotations__", {})
    defaults = {name: inside.pop(name) for name in annotations if name in inside}
    about = [(name, defaults.get(name)) for name in annotations]
    usual = [(name, one if isinstance(one, _Field) else _USUAL) for name, one in about]
    inside["__slots__"] = tuple(annotations)
    inside["__match_args__"] = tuple(name for name, one in usual if one.init)
    inside["__dataclass_fields__"] = _Fields(annotations, defaults)
    inside["__repr__"] = _representation([name for name, one in usual if one.repr])
    inside["__init__"] = _first_init(defaults)
    if equal:
        inside |= _comparisons([name for name, one in usual if one.compare], frozen, order)
    if frozen:
        inside |= {"__setattr__": _refuse, "__delattr__": _refuse, "__reduce__": _reduced}
    made = type(cls.__name__, (), inside)
    made.__qualname__ = cls.__qualname__
    return made


_UNSLOTTED = ("__dict__", "__weakref__")
_USUAL = _Field()
_ABSENT = object()


def _first_init(defaults: dict[str, Any]) -> Callable[..., None]:
    """An ``__init__`` that puts the real one in its place."""

    def __init__(self: Any, /, *args: Any, **named: Any) -> None:
        cls: Any = self.__class__
        cls.__init__ = _init(cls, defaults)
        self.__init__(*args, **named)

    return __init__


def _init(cls: Any, defaults: dict[str, Any]) -> Callable[..., None]:
    """An ``__init__`` with the parameters of the fields; it sets the slots
    directly, which a frozen record lets nobody else do."""
    params, sets = [], []
    known: dict[str, Any] = {"_absent": _ABSENT}
    for name in cls.__match_args__:
        known[f"_set_{name}"] = cls.__dict__[name].__set__
        default = defaults.get(name)
        factory = default.factory if isinstance(default, _Field) else None
        known[f"_new_{name}"] = factory
        known[f"_default_{name}"] = default if factory is None else _ABSENT
        optional = factory is not None or (name in defaults and not isinstance(default, _Field))
        params.append(f"{name}=_default_{name}" if optional else name)
        value = f"_new_{name}() if {name} is _absent else {name}" if factory else name
        sets.append(f"_set_{name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        sets.append("self.__post_init__()")
    exec(f"def __init__({', '.join(['self', *params])}): {'; '.join(sets) or 'pass'}", known)
    made: Callable[..., None] = known["__init__"]
    return made


def _values(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that gives the values of these fields."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple([getattr(record, name) for name in names])


def _comparisons(names: list[str], frozen: bool, order: bool) -> dict[str, Any]:
    """Equality and, when asked for, order and hash: those of the tuple of the fields."""
    values = _values(names)

    def comparing(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def method(self: Any, other: Any) -> Any:
            if other.__class__ is not self.__class__:
                return NotImplemented
            return compare(values(self), values(other))

        return method

    operators = (eq, lt, le, gt, ge) if order else (eq,)
    made: dict[str, Any] = {f"__{one.__name__}__": comparing(one) for one in operators}
    made["__hash__"] = (lambda self: hash(values(self))) if frozen else None
    return made


def _representation(names: list[str]) -> Callable[[Any], str]:
    def __repr__(self: Any) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({shown})"

    return __repr__


def _refuse(self: Any, name: str, *value: Any) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to or delete field {name!r}")


def _reduced(self: Any) -> tuple[type, tuple[Any, ...]]:
    """How a frozen record is copied."""
    return type(self), tuple(getattr(self, name) for name in self.__match_args__)
