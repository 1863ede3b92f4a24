# SPDX-License-Identifier: GPL-2.0-only
"""Comments, strings and preprocessor lines, found without parsing.

Everything here is tolerant, linear in the input and keeps every byte offset
and every newline.
"""

import re

from reviewer.record import dataclass

_TOKEN = re.compile(
    rb"/\*(?:.*?\*/|.*)"
    rb"|//[^\n]*(?:(?<=\\)\n[^\n]*)*"
    rb'|"(?:[^"\\\n]|\\.)*"?'
    rb"|'(?:[^'\\\n]|\\.)*'?",
    re.DOTALL,
)
_DIRECTIVE = re.compile(
    rb"^[ \t]*#[ \t]*([a-z_]\w*)?((?:[^\\\n]|\\\r?\n|\\(?!\r?\n))*)", re.MULTILINE
)
_LINE_END = re.compile(rb" (?=\n)")
_MAX_CONTINUED = 60
_SPACES = bytes(10 if code == 10 else 32 for code in range(256))
# A backslash stays so that a continued string still reads as one.
_FILLER = bytes(code if code in b"\n\\" else 120 for code in range(256))


@dataclass(frozen=True, slots=True)
class Directive:
    """One preprocessor line, continuation lines included.

    ``word`` is ``ifdef``, ``define``, ...; ``text`` what follows the word;
    ``start`` and ``end`` are byte offsets, the newline is not included.
    """

    start: int
    end: int
    word: str
    text: str


def blank(text: bytes) -> bytes:
    """Spaces of the same length, newlines kept."""
    return text.translate(_SPACES)


def mask(data: bytes) -> bytes:
    """A copy of the same length with comments blanked and with the insides of
    strings and character constants made harmless; newlines stay.

    An unterminated comment reaches to the end, an unterminated string to the
    end of its line.
    """
    return _TOKEN.sub(_masked, data)


def _masked(found: re.Match[bytes]) -> bytes:
    text = found[0]
    if text[:1] == b"/":
        # A preprocessor line goes on behind a comment that ends on another line.
        continued = b"\n" in text and _in_directive(found.string, found.start())
        blanked = text.translate(_SPACES)
        return _LINE_END.sub(b"\\\\", blanked) if continued else blanked
    quote = text[:1]
    if len(text) < 2 or text[-1:] != quote:
        return quote + _harmless(text[1:])
    return quote + _harmless(text[1:-1]) + quote


def _in_directive(data: bytes, offset: int) -> bool:
    """Whether a place belongs to a preprocessor line and those it goes on in."""
    start = data.rfind(b"\n", 0, offset) + 1
    for _ in range(_MAX_CONTINUED):
        if start < 2 or data[start - 2] != 92:
            break
        start = data.rfind(b"\n", 0, start - 1) + 1
    return data[start:offset].lstrip()[:1] == b"#"


def _harmless(inside: bytes) -> bytes:
    if b"\\" not in inside:
        return inside.translate(_FILLER)
    kept = re.sub(rb"\\(?!\r?\n)", b"x", inside)
    return re.sub(rb"[^\\\r\n]", b"x", kept)


def directives(masked: bytes) -> tuple[Directive, ...]:
    """The preprocessor lines of a masked text, in order."""
    return tuple(
        Directive(
            found.start(),
            found.end(),
            (found[1] or b"").decode("ascii", "replace"),
            found[2].decode("utf-8", "replace").replace("\\\n", " "),
        )
        for found in _DIRECTIVE.finditer(masked)
    )


def without_directives(masked: bytes, lines: tuple[Directive, ...]) -> bytes:
    """A copy of the same length with the preprocessor lines blanked."""
    parts, done = [], 0
    for line in lines:
        parts += [masked[done : line.start], blank(masked[line.start : line.end])]
        done = line.end
    parts.append(masked[done:])
    return b"".join(parts)
