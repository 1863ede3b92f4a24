# SPDX-License-Identifier: GPL-2.0-only
"""What authors say is recognised as the claim it is, and nothing else is."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from re import _constants as code
from re import _parser as parser
from typing import Any

import pytest

from reviewer.record import replace
from reviewer.ruleset import RulesError, load_claims, rules_folder
from reviewer.verdict.claim_phrases import Claim, claim_from, claims_in
from reviewer.verdict.claim_words import compiled, plain, words_from

EVIDENCE = Path(__file__).resolve().parents[1] / "evidence"
NAMES = {"migration-entry-waits": "migration-entry-blocks-gup"}


@cache
def known() -> dict[str, Claim]:
    return {claim.name: claim for claim in load_claims()}


def rows(name: str) -> list[list[str]]:
    """The rows of a table of the evidence, without comments and heading; kinds are claims."""
    lines = (EVIDENCE / name).read_text(encoding="utf-8").splitlines()
    found = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    return [[NAMES.get(kind, kind), *rest] for kind, *rest in found]


WORDINGS = [
    (kind, label, sentence)
    for name in ("claim_wordings.tsv", "claim_wordings_second.tsv", "claim_wordings_third.tsv")
    for kind, label, sentence in rows(name)
]
EXAMPLES = [(row[0], row[4]) for row in rows("claim_examples.tsv")]
SENTENCES = [*(one[2] for one in WORDINGS), *(one[1] for one in EXAMPLES)]
KINDS = sorted({one[0] for one in WORDINGS})


def makes(kind: str, text: str) -> bool:
    return list(claims_in(text, [known()[kind]])) != []


def test_every_claim_has_wordings_and_examples() -> None:
    assert {*KINDS} == {*known()}
    assert {kind for kind, _ in EXAMPLES} <= {*known()}
    assert {label for _, label, _ in WORDINGS} == {"yes", "negation", "unrelated"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_wording_makes_its_claim(kind: str) -> None:
    said = [text for one, label, text in WORDINGS if one == kind and label == "yes"]
    assert said and [text for text in said if not makes(kind, text)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_opposite_and_something_else_do_not(kind: str) -> None:
    others = [text for one, label, text in WORDINGS if one == kind and label != "yes"]
    assert others and [text for text in others if makes(kind, text)] == []


def test_more_than_half_of_what_nobody_tuned_on_is_recognised() -> None:
    """And nothing else: a claim that is not recognised is listed as not checked, one that
    nobody made is answered."""
    unseen = rows("claim_wordings_unseen.tsv")
    found = [makes(kind, text) for kind, label, text in unseen if label == "yes"]
    assert len(found) == 160 and sum(found) >= 85
    assert [text for kind, label, text in unseen if label != "yes" and makes(kind, text)] == []


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in EXAMPLES}))
def test_every_example_makes_its_claim(kind: str) -> None:
    said = [text for one, text in EXAMPLES if one == kind]
    assert [text for text in said if not makes(kind, text)] == []


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("The inode mutex is held by all callers.", False),
        ("foo->lock is taken by every caller of foo().", False),
        ("rcu_read_lock() is held by all callers.", True),
        ("Both callers of foo() do so between rcu_read_lock() and rcu_read_unlock().", True),
        ("foo() is only called between rcu_read_lock() and the matching unlock.", True),
        ("foo() is not called between rcu_read_lock() and rcu_read_unlock().", False),
        ("foo() sleeps between rcu_read_lock() and rcu_read_unlock().", False),
    ],
)
def test_only_rcu_is_the_read_side_of_rcu(text: str, made: bool) -> None:
    assert makes("runs-under-rcu", text) == made


HOSTILE = [
    "the caller holds lock ",
    "foo() is called with ",
    "no not never ",
    "as so since ",
    "a, foo() b ",
    "foo->lock ",
    "rcu_read_lock() is ",
    "n't ",
    "((",
    ". ",
    "a.b.",
    "_",
]


@pytest.mark.parametrize("repeated", HOSTILE)
def test_a_hostile_text_is_answered(repeated: str) -> None:
    """Where a pattern ran away, this would not come to its end."""
    text = (repeated * 4000)[:4000]
    assert len(list(claims_in(text, load_claims()))) <= 2


def test_only_the_start_of_a_long_paragraph_counts() -> None:
    text = "No functional change."
    assert makes("no-functional-change", f"{'x' * 3900}. {text}")
    assert not makes("no-functional-change", f"{'x' * 4000}. {text}")


MINIMAL: dict[str, Any] = {"summary": "s", "decided_by": "evidence", "phrases": ["a b"]}
CLAUSE = {"starts": "^", "pause": ", ", "joins": "so", "question": "", "reach": 12}
CLAUSE |= {"unsays": ["not?|never", "if"], "not": "not?", "short_not": "n't"}
WORDS = {"words": {"LOCK": "lock|mutex", "HELD": ["{LOCK} held", "owned"]}, "clause": CLAUSE}
WORDS |= {"gaps": {"any": ".{0,N}"}}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"phrase": ["a"]}, "unknown key 'phrase'"),
        ({"phrases": []}, "a claim without 'said' and without 'phrases'"),
        ({"or": [[]]}, "a claim without 'said' and without 'phrases'"),
        ({"needs": ["thing"]}, "needs are of function, other, lock,"),
        ({"decided_by": "chance"}, "decided_by is one of never, guard, evidence"),
        ({"about": ["Lock"]}, "about has lower-case parts"),
        ({"about": ["lock||mutex"]}, "about has lower-case parts"),
        ({"said": "a"}, "'said' is a list"),
        ({"bad": "a"}, "'bad', 'allow' and 'imperative' belong to 'said'"),
        ({"said": ["a"], "allow": "but"}, "'but' is allowed, but unsays nothing"),
        ({"said": ["a {LOOK}"]}, "{LOOK} is not in words.toml"),
        ({"unless": ["{gap:6}"]}, "{gap:6} is not in words.toml"),
    ],
)
def test_a_bad_claim_says_why(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        claim_from("one", MINIMAL | change, (), words_from(WORDS))


def test_a_bad_file_says_where(tmp_path: Path) -> None:
    file = tmp_path / "claims" / "mine.toml"
    file.parent.mkdir()
    start = 'summary = "s"\ndecided_by = "evidence"\n'
    for text, complaint in (
        ("phrases = ['a']\ncolour = 1", "unknown key 'colour'"),
        ("", "without 'said' and without 'phrases'"),
        ("phrases = ['(a']", "missing ), unterminated subpattern"),
        ("phrases = ['a']\nneeds = ['thing']", "needs are of"),
    ):
        file.write_text(start + text)
        with pytest.raises(RulesError, match=re.escape(complaint)) as raised:
            load_claims([tmp_path])
        assert str(raised.value).startswith("rules/claims/mine.toml: ")


def test_words_are_written_out() -> None:
    words = words_from(WORDS)
    assert words.expanded("a {HELD}{any:7}b{0,3}") == "a ((lock|mutex) held|owned).{0,7}b{0,3}"
    with pytest.raises(ValueError, match="{B} is not in words.toml, or not before it is used"):
        words_from(WORDS | {"words": {"A": "{B}", "B": "b"}})
    with pytest.raises(ValueError, match="unknown key 'wards'"):
        words_from(WORDS | {"wards": {}})
    with pytest.raises(ValueError, match="missing 'reach'"):
        words_from(WORDS | {"clause": {key: CLAUSE[key] for key in CLAUSE if key != "reach"}})


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("it is held", True),
        ("it is not held", False),
        ("it isn't held", False),
        ("not so, it is held", True),
        ("it never is held", True),
        ("it maybe held", False),
        ("keep it held", False),
        ("it is, for a long time held", False),
    ],
)
def test_what_is_said_follows_in_its_clause(text: str, made: bool) -> None:
    table = {key: MINIMAL[key] for key in ("summary", "decided_by")}
    table |= {"said": ["held"], "bad": "maybe", "allow": "never", "imperative": "keep"}
    assert claim_from("one", table, (), words_from(WORDS)).made_in(text) == made


def test_the_groups_of_a_pattern_keep_nothing() -> None:
    assert plain(r"(a|b)\([(](?=c)") == r"(?:a|b)\([(](?=c)"
    assert compiled(r"(a|b)\([(](?=c)").search("A((c")


def test_nothing_is_compiled_for_what_it_is_not_about() -> None:
    compiled.cache_clear()
    assert list(claims_in("Signed-off-by: A. Uthor <a.uthor@x.org>", load_claims())) == []
    assert compiled.cache_info().misses < 6


def test_about_loses_no_claim() -> None:
    """With it and without it a claim is made in the same sentences."""
    for claim in known().values():
        always = replace(claim, about=())
        lost = [text for text in SENTENCES if always.made_in(text) and not claim.made_in(text)]
        assert lost == [], claim.name


@pytest.mark.parametrize("name", sorted(path.stem for path in rules_folder().glob("claims/*.toml")))
def test_the_patterns_imply_what_a_claim_is_about(name: str) -> None:
    if name in ("unsaid", "words"):
        assert name not in known()
        return
    claim = known()[name]
    claim.compile()
    assert claim.about
    for way in claim.ways:
        parsed = [parser.parse(plain(one), re.IGNORECASE) for one in way]
        unproven = [group for group in claim.about if not any(has(one, group) for one in parsed)]
        assert unproven == []


MOST = 400


def has(steps: Iterable[tuple[Any, Any]], parts: Sequence[str]) -> bool:
    """Whether every text that a parsed pattern matches has one of the parts."""
    run = {""}
    for step, about in steps:
        every = texts(step, about)
        longer = {one + more for one in run for more in every or ()}
        run = (longer if len(longer) <= MOST else every) if every else {""}
        if all(any(part in one for part in parts) for one in run):
            return True
        if not every and inside(step, about, parts):
            return True
    return False


def inside(step: Any, about: Any, parts: Sequence[str]) -> bool:
    """The same for one step that stands for any number of texts."""
    if step is code.SUBPATTERN:
        return has(about[3], parts)
    if step is code.BRANCH:
        return all(has(one, parts) for one in about[1])
    repeated = step in (code.MAX_REPEAT, code.MIN_REPEAT) and about[0] > 0
    return repeated and has(about[2], parts)


def texts(step: Any, about: Any) -> set[str]:
    """What a step matches, in lower case; nothing where that is too much to tell."""
    if step is code.LITERAL:
        return {chr(about).lower()}
    if step is code.IN and all(one is code.LITERAL for one, _ in about):
        return {chr(one).lower() for _, one in about}
    if step is code.SUBPATTERN:
        return joined(about[3])
    if step is code.BRANCH:
        every = [joined(one) for one in about[1]]
        return set().union(*every) if all(every) else set()
    if step in (code.MAX_REPEAT, code.MIN_REPEAT) and about[1] == 1:
        once = joined(about[2])
        return once | {""} if once and about[0] == 0 else once
    return {""} if step in (code.AT, code.ASSERT, code.ASSERT_NOT) else set()


def joined(steps: Iterable[tuple[Any, Any]]) -> set[str]:
    """What steps match one after the other."""
    run = {""}
    for step, about in steps:
        run = {one + more for one in run for more in texts(step, about)}
        if not run or len(run) > MOST:
            return set()
    return run
