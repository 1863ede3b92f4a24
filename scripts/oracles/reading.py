# SPDX-License-Identifier: GPL-2.0-only
"""How much of a file is read: functions, errors, and what ctags lists."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oracles import ctags
from oracles.ctags import Tag
from oracles.events import Text
from reviewer.syntax.parse import SourceFile, parse_function, read_file
from reviewer.syntax.preprocessor import ARM_LEFT_OUT
from reviewer.syntax.segments import live_code
from reviewer.syntax.vocabulary import Vocabulary

FUNCTIONS, ERRORS, LISTED, MISSED = "functions", "with an error", "listed by ctags", "missed"
ARMS, ARM_ERRORS = "with another arm", "error in that arm"


@dataclass(slots=True)
class Coverage:
    """The counts for one file, and a line for each thing to look at.

    ``wrong_tags`` are (name, reason) of what ctags lists and is no function.
    """

    path: Path
    counts: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    wrong_tags: list[tuple[str, str]] = field(default_factory=list)


def coverage(path: Path, tags: Sequence[Tag], vocabulary: Vocabulary) -> Coverage:
    """How much of one file is read."""
    source = read_file(path.read_bytes(), vocabulary)
    result = Coverage(path)
    _errors(source, result)
    _tags(source, tags, result)
    return result


def _errors(source: SourceFile, result: Coverage) -> None:
    for segment in source.segments:
        function = source.parsed(segment)
        result.counts[FUNCTIONS] += 1
        if function.errors:
            result.counts[ERRORS] += 1
            result.errors.append(f"{segment.name}: {function.errors[0]}")
        if not any(ARM_LEFT_OUT in note for note in function.notes):
            continue
        result.counts[ARMS] += 1
        other = parse_function(source.data, segment, source.vocabulary, other_arm=True)
        if other.errors:
            result.counts[ARM_ERRORS] += 1
            result.errors.append(f"{segment.name}: other arm: {other.errors[0]}")


def _tags(source: SourceFile, tags: Sequence[Tag], result: Coverage) -> None:
    unknown = [tag for tag in tags if not ctags.found(tag, source.segments)]
    text = Text(source.data) if unknown else None
    for tag in unknown:
        assert text is not None
        reason = ctags.no_function(tag, text, live_code(source.data), source.segments)
        if reason:
            result.wrong_tags.append((tag.name, reason))
        else:
            result.counts[MISSED] += 1
            result.missed.append(f"{tag.name}: line {tag.line}")
    result.counts[LISTED] += len(tags) - len(result.wrong_tags)
