# SPDX-License-Identifier: GPL-2.0-only
"""Text that came from a patch, made fit to print."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.verdict.records import Sentence


def clean(text: str) -> str:
    """The text on one line: nothing in it moves a cursor or starts a new line.

    Controls, surrogates, unusual blanks and the characters that reverse the
    direction of writing become a blank, and a run of blanks becomes one.
    """
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """The text in lines of at most ``width`` columns.

    ``first`` stands before the first line and ``rest`` (as wide as ``first``
    in blanks by default) before the others.  Words are broken only where they
    are wider than a line; an empty text gives no line.
    """
    import textwrap

    return textwrap.wrap(
        clean(text),
        max(width, len(first) + 8),
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_on_hyphens=False,
    )


def sentence(text: str) -> str:
    """The text with a capital in front, unless it starts with a name, and a full stop.

    A word is a name where the text has it as an argument or a pointer, too.
    """
    text = stopped(text)
    first = text.split(" ", 1)[0].rstrip(",")
    if first.isalpha() and not re.search(rf"[(&*]{first}[),]|\b{first}(?:->|\[)", text):
        text = text[0].upper() + text[1:]
    return text


def stopped(text: str) -> str:
    """The text with a full stop, unless it ends in one already."""
    text = clean(text)
    return text if not text or text[-1] in ".?!:" else text + "."


def listed(items: Iterable[str], word: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    names = list(items)
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def counted(number: int, noun: str) -> str:
    """``1 patch``, ``2 patches``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun}{'es' if noun.endswith(('s', 'ch', 'sh', 'x')) else 's'}"


def called(name: str) -> str:
    """A function as people write it: ``f()``; left alone where it has its arguments."""
    name = clean(name)
    return name if not name or "(" in name else f"{name}()"


def distinct(items: Sequence[str]) -> list[str]:
    """The items that are not empty, each once, in order."""
    return list(dict.fromkeys(item for item in items if item))


def paragraphs(said: Sequence["Sentence"]) -> list[str]:
    """Sentences for a changelog as paragraphs, one for each finding."""
    found: dict[str, list[str]] = {}
    for one in said:
        found.setdefault(one.finding, []).append(sentence(one.text))
    return [" ".join(some) for some in found.values()]
