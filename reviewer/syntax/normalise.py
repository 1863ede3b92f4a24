# SPDX-License-Identifier: GPL-2.0-only
"""Rewriting one function so that a plain C parser reads it right.

Length and newlines stay, so every offset remains true.  Each pass rewrites one
kind of thing; what was there is kept as a `Mark`.
"""

from collections.abc import Callable

from reviewer.record import dataclass
from reviewer.syntax.arguments import plain_arguments
from reviewer.syntax.assembler import plain_assembler
from reviewer.syntax.attributes import blank_attributes
from reviewer.syntax.definers import plain_header
from reviewer.syntax.heads import rewrite_heads
from reviewer.syntax.oddities import rewrite_oddities
from reviewer.syntax.preprocessor import settle_directives
from reviewer.syntax.typearguments import hide_types
from reviewer.syntax.vocabulary import Vocabulary
from reviewer.syntax.work import Mark, Work

# The #if pass comes first because brackets pair up only behind it; heads are
# recognised by what stands around them, so attributes go before.
PASSES: tuple[Callable[[Work], None], ...] = (
    settle_directives,
    plain_assembler,
    plain_header,
    blank_attributes,
    hide_types,
    plain_arguments,
    rewrite_oddities,
    rewrite_heads,
)


@dataclass(frozen=True, slots=True)
class Normalised:
    """The rewritten text, what was rewritten, and what was guessed.

    ``notes`` are pairs of a line, counted from 0, and what was guessed there.
    """

    text: bytes
    marks: tuple[Mark, ...]
    notes: tuple[tuple[int, str], ...]


def normalise(
    original: bytes, masked: bytes, body: int, vocabulary: Vocabulary, other_arm: bool = False
) -> Normalised:
    """One function rewritten; ``original`` and ``masked`` are equally long and
    ``body`` is the offset of the opening brace.

    Of an ``#if`` that cuts across a statement one arm is kept, with
    ``other_arm`` the other one.
    """
    work = Work(original, bytearray(masked), bytearray(masked), body, vocabulary, other_arm)
    for step in PASSES:
        step(work)
    return Normalised(bytes(work.text), tuple(work.marks), tuple(work.notes))
