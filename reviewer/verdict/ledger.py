# SPDX-License-Identifier: GPL-2.0-only
"""The facts a review has established, each with an id to refer to it by."""

from reviewer.verdict.records import Fact


class Ledger:
    """Facts in the order they were established; an equal fact keeps its id."""

    def __init__(self) -> None:
        self._ids: dict[Fact, str] = {}

    def add(self, kind: str, text: str, source: str) -> str:
        """Enter a fact and return its id."""
        fact = Fact(kind, text, source)
        return self._ids.setdefault(fact, f"{kind}-{len(self._ids) + 1}")

    def facts(self) -> dict[str, Fact]:
        """All facts by id."""
        return {name: fact for fact, name in self._ids.items()}
