# SPDX-License-Identifier: GPL-2.0-only
"""How far a series has come that git shows mail by mail, and what is known of the rest."""

import json
from collections.abc import Sequence

from reviewer.frontend.hook_series import Series
from reviewer.frontend.hook_spool import Spool

Answer = tuple[int, list[str]]
_NAME = "course"


class Course:
    """``seen`` has the marks of the mails so far; ``expected`` those of the mails that
    were reviewed together, each with its answer, from the first one on."""

    def __init__(
        self, of: Sequence[object], seen: list[str], expected: list[tuple[str, Answer]]
    ) -> None:
        self._of, self.seen, self._expected = list(of), seen, expected

    def goes_on(self, series: Series) -> bool:
        """Whether a mail can be a later one of the same series."""
        return self._of[:3] == _of(series)[:3] and series.number > int(str(self._of[3]))

    def foreseen(self, mark: str) -> bool:
        """Whether there is an answer for this mail behind exactly those seen."""
        marks = [one for one, _ in self._expected[: len(self.seen) + 1]]
        return marks == [*self.seen, mark]

    def expect(self, marks: Sequence[str], answers: Sequence[Answer]) -> None:
        """What was found out of the mails so far and those that seem to follow."""
        self._expected = list(zip(marks, answers, strict=True))

    def advance(self, mark: str, series: Series) -> Answer:
        """The answer for the next mail, which is `foreseen`."""
        self.seen.append(mark)
        self._of = _of(series)
        return self._expected[len(self.seen) - 1][1]

    def keep(self, place: Spool) -> None:
        """Write it down for the next call."""
        data = {"of": self._of, "seen": self.seen, "expected": self._expected}
        place.write(_NAME, json.dumps(data).encode())


def begun(series: Series) -> Course:
    """The course of a series of which nothing was seen."""
    return Course(_of(series), [], [])


def course_of(place: Spool) -> Course | None:
    """The course of the calls before; None without any, or where they left nothing useful."""
    try:
        data = json.loads(place.read(_NAME))
        expected = [
            (str(mark), (int(answer[0]), [*answer[1]])) for mark, answer in data["expected"]
        ]
        return Course(data["of"], [str(one) for one in data["seen"]], expected)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _of(series: Series) -> list[object]:
    return [series.folder, series.version, series.total, series.number]
