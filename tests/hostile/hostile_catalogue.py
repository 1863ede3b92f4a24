# SPDX-License-Identifier: GPL-2.0-only
"""All hostile sources, by name, and patches that touch them."""

from collections.abc import Iterator

from hostile_flow import FILES, FLOW
from hostile_nesting import NESTS, Source, nest
from hostile_text import TEXT

SOURCES: dict[str, Source] = {
    **{f"nested: {kind}": nest(kind) for kind in NESTS},
    **{f"flow: {kind}": make for kind, make in FLOW.items()},
    **{f"file: {kind}": make for kind, make in FILES.items()},
    **{f"text: {kind}": make for kind, make in TEXT.items()},
}

ADDED = b"\tp->patched = p->probe;\n"
_CONTEXT = 3


def cut(data: bytes) -> list[bytes]:
    """The lines of a file as a diff counts them."""
    found = data.split(b"\n")
    return [line + b"\n" for line in found[:-1]] + ([found[-1]] if found[-1] else [])


def patch(data: bytes, path: str = "mm/x.c") -> bytes:
    """A diff that puts one line into the middle of a file."""
    old = cut(data)
    return header(path) + _hunk(old, len(old) // 2, 0)


def header(path: str = "mm/x.c") -> bytes:
    """What stands above the hunks."""
    return f"--- a/{path}\n+++ b/{path}\n".encode()


def _hunk(old: list[bytes], at: int, shift: int) -> bytes:
    first = max(at - _CONTEXT, 0)
    shown = old[first : at + _CONTEXT]
    body = [b" " + line for line in shown]
    body.insert(at - first, b"+" + ADDED)
    start = first + 1 if shown else 0
    numbers = f"@@ -{start},{len(shown)} +{first + 1 + shift},{len(shown) + 1} @@ int f(int a)\n"
    return numbers.encode() + b"".join(_ended(line) for line in body)


def _ended(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def patch_everywhere(data: bytes, every: int, path: str = "mm/x.c") -> bytes:
    """A diff with a hunk in every so many lines."""
    old = cut(data)
    points = range(_CONTEXT, len(old) - _CONTEXT, every)
    return header(path) + b"".join(_hunk(old, at, number) for number, at in enumerate(points))


def whole(data: bytes, path: str = "mm/x.c") -> bytes:
    """A diff with the whole file as one hunk."""
    old = cut(data)
    middle = len(old) // 2
    body = [b" " + line for line in old[:middle]] + [b"+" + ADDED]
    body += [b" " + line for line in old[middle:]]
    numbers = f"@@ -1,{len(old)} +1,{len(old) + 1} @@ int f(int a)\n".encode()
    return header(path) + numbers + b"".join(_ended(line) for line in body)


def created(data: bytes, path: str = "mm/x.c") -> bytes:
    """A diff that creates the file."""
    new = cut(data)
    head = f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{len(new)} @@\n".encode()
    return head + b"".join(_ended(b"+" + line) for line in new)


def kinds() -> Iterator[str]:
    """The names of all sources."""
    yield from SOURCES
