# SPDX-License-Identifier: GPL-2.0-only
"""Everything a review goes by, read from the rules."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from reviewer import ruleset
from reviewer.review import Ruleset


def load_ruleset(extra: Sequence[Path] = ()) -> Ruleset:
    """The rules that are shipped, and those in ``extra`` folders; `RulesError` of
    `reviewer.ruleset` where they cannot be used."""
    facts = ruleset.load_facts(extra)
    return Ruleset(
        facts=facts,
        vocabulary=ruleset.load_vocabulary(),
        rules=ruleset.load_rules(extra),
        scenarios=cache(lambda: ruleset.load_scenarios(facts, extra)),
        claims=cache(lambda: ruleset.load_claims(extra)),
    )
