# SPDX-License-Identifier: GPL-2.0-only
"""What benchmarks/evaluate.py counts, on a corpus made up for it."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "benchmarks"))

import corpus  # noqa: E402
import corpus_reviews  # noqa: E402
import corpus_scores  # noqa: E402
import evaluate  # noqa: E402
from corpus import Entry  # noqa: E402
from corpus_reviews import Outcome, Remark  # noqa: E402

PATH = "lib/box.c"
RULE = "read-moved-out-of-lock"
LOCKED = """\
/* A box. */
static int opened;

int take(struct box *box)
{
	/* The count may only be looked at under the lock. */
	spin_lock(&box->lock);
	if (box->count > 3) {
		spin_unlock(&box->lock);
		return -EBUSY;
	}
	box->state = 1;
	spin_unlock(&box->lock);
	return 0;
}

int size(const struct box *box)
{
	return box->size; /* of one */
}
"""
UNLOCKED = LOCKED.replace(
    """\
	/* The count may only be looked at under the lock. */
	spin_lock(&box->lock);
	if (box->count > 3) {
		spin_unlock(&box->lock);
		return -EBUSY;
	}
""",
    """\
	if (box->count > 3)
		return -EBUSY;
	spin_lock(&box->lock);
""",
)
OTHER = LOCKED.replace("return box->size;", "return box->size + 1;")


def put(folder: Path, group: str, row: Mapping[str, str], before: str, after: str) -> None:
    """Add a patch to a corpus whose tree has the file as it is with every patch."""
    name = f"{row['id']}.patch"
    (folder / group / "rev").mkdir(parents=True, exist_ok=True)
    old, new = {PATH: before.encode()}, {PATH: after.encode()}
    mail = f"From: A <a@example.org>\nSubject: {row['subject']}\n\nAs said.\n---\n"
    (folder / group / name).write_bytes(mail.encode() + corpus.diff(old, new))
    (folder / group / "rev" / name).write_bytes(corpus.diff(new, old))
    tree = folder / "touched" / "linux-source-1.0" / PATH
    tree.parent.mkdir(parents=True, exist_ok=True)
    tree.write_text(after)
    cells = {**row, "file": name, "tree": "1.0"}
    lines = ["\t".join(cells), "\t".join(cells.values())]
    (folder / group / "INDEX.tsv").write_text("\n".join(lines) + "\n")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A fix that takes a lock earlier, and a patch that is fine."""
    folder = tmp_path / "corpus"
    fix = {"id": "F1", "subject": "box: lock", "category": "missing-lock", "tier": "A"}
    put(folder, "fixes", {**fix, "reason": "count read without lock"}, UNLOCKED, LOCKED)
    put(folder, "quiet", {"id": "Q1", "subject": "box: size", "kind": "plain"}, OTHER, LOCKED)
    return folder


def evaluated(folder: Path, *options: str) -> int:
    return evaluate.main([str(folder), "--set=fixes", "--set=quiet", "--jobs=1", *options])


def entry(**fields: str) -> Entry:
    known = {"set": "fixes", "id": "F1", "subject": "", "category": "missing-lock", "tier": "A"}
    return Entry(**{**known, **fields}, patch=Path(), reversal=Path(), tree=Path())


def remark(rule: str = "lock-removed", severity: str = "warning", **fields: str) -> Remark:
    where = {"file": PATH, "function": "take", "message": "said", **fields}
    return Remark(rule=rule, also=(), severity=severity, line=1, standing=None, **where)


def outcome(*remarks: Remark, direction: str = "reverse") -> Outcome:
    return Outcome("F1", direction, False, remarks=remarks, touched={PATH: ["take"]})


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("a; /* b */ c;", "a;         c;"),
        ("a; // b\nc;", "a;     \nc;"),
        ("/* a\n\t* b\n */ c", "    \n\t   \n    c"),
        ('s = "/* no */ // no";', 's = "/* no */ // no";'),
        (r's = "\"/*"; /* b */', r's = "\"/*";' + " " * 8),
        ("c = '\"'; /* b */ d", "c = '\"';         d"),
        ("c = '\\''; // b", "c = '\\'';     "),
        ("/* it's */ a /* isn't */", "           a            "),
        ("a / b /c", "a / b /c"),
        ("// a \\\n b\nc", "     \\\n  \nc"),
        ("#define A \\\n/* a \\\n b */ \\\nc", "#define A \\\n     \\\n      \\\nc"),
        ("a /* never closed\n", "a                \n"),
        ("/**/a/***/", "    a     "),
        ("a//\r\nb", "a  \r\nb"),
    ],
)
def test_a_comment_becomes_blanks_of_its_shape(source: str, wanted: str) -> None:
    assert corpus.without_comments(source.encode()).decode() == wanted


def test_each_byte_of_a_comment_is_a_blank() -> None:
    assert corpus.without_comments("/* ü */a".encode()) == b"        a"


def test_a_file_without_newline_at_its_end_has_a_diff_that_applies() -> None:
    text = corpus.diff({"a.c": b"a\nb"}, {"a.c": b"a\nc"})
    assert text.endswith(b"-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n")


def test_a_diff_that_fits_two_places_is_made_anew() -> None:
    lines = b"".join(b"%d\n" % (number % 10) for number in range(40))
    before, after = {"a.c": lines}, {"a.c": lines[:40] + b"x\n" + lines[40:]}
    mail = b"Subject: x\n\nAs said.\n---\n" + corpus.diff(before, after)
    assert corpus.fitting(mail, before, after) == mail
    moved = mail.replace(b"--- a/a.c", b"diff --git a/a.c b/a.c\n--- a/a.c")
    moved = moved.replace(b"@@ -18,6 +18,7 @@", b"@@ -14,6 +14,7 @@")
    assert corpus.fitting(moved, before, after) == mail


def touched(after: str) -> dict[str, list[str] | None]:
    before = {PATH: LOCKED.encode()}
    return corpus_reviews.touched(before, corpus.diff(before, {PATH: after.encode()}))


def test_the_functions_of_changed_lines_are_touched() -> None:
    assert touched(UNLOCKED) == {PATH: ["take"]}
    assert touched(OTHER) == {PATH: ["size"]}


def test_a_function_of_either_image_is_touched() -> None:
    assert touched(LOCKED.replace("int size(", "int width(")) == {PATH: ["size", "width"]}


def test_lines_outside_of_functions_alone_touch_the_file() -> None:
    without = LOCKED.replace("static int opened;\n", "")
    assert touched(without) == {PATH: None}
    assert touched(without.replace("box->size;", "0;")) == {PATH: ["", "size"]}


def test_a_changed_comment_touches_nothing() -> None:
    assert touched(LOCKED.replace("may only", "must").replace("A box.", "Boxes.")) == {PATH: []}


ACCEPTED = {"missing-lock": ["lock-removed"]}


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (remark(), ""),
        (remark(severity="error"), ""),
        (remark(severity="note"), "a note only"),
        (remark(function="size"), "another function"),
        (remark(file="lib/case.c"), "another function"),
        (remark(rule="sleep-in-atomic"), "another rule"),
        (remark(rule="sleep-in-atomic", severity="note"), "another note"),
    ],
)
def test_what_a_hit_is(found: Remark, why: str) -> None:
    hit = corpus_scores.hit_rules(entry(), outcome(found), ACCEPTED)
    assert hit == (set() if why else {"lock-removed"})
    if why:
        assert corpus_scores.why_missed(entry(), outcome(found), ACCEPTED) == why


def test_a_rule_that_also_matches_hits() -> None:
    found = Remark("sleep-in-atomic", ("lock-removed",), "warning", PATH, "take", 1, "", None)
    assert corpus_scores.hit_rules(entry(), outcome(found), ACCEPTED) == {"lock-removed"}


def test_a_change_outside_of_functions_is_hit_anywhere_in_the_file() -> None:
    for names, wanted in ((None, True), ([], False), ([""], False)):
        assert corpus_scores.in_touched(remark(), {PATH: names}) is wanted
    assert corpus_scores.in_touched(remark(function=""), {PATH: ["", "take"]})


def test_a_category_without_rules_is_never_hit() -> None:
    other = entry(category="lock-init")
    assert corpus_scores.hit_rules(other, outcome(remark()), ACCEPTED) == set()
    assert "lock-init" in corpus_scores.unscored([(other, outcome())], ACCEPTED)[-1]


def test_the_accepted_table_is_read() -> None:
    accepted = corpus_scores.read_accepted()
    assert len(accepted) == 20
    for rules in accepted.values():
        assert rules and len(set(rules)) == len(rules)
    never = {"changelog-silent", "mixed-types", "lockless-read-changed"}
    assert not never & {rule for rules in accepted.values() for rule in rules}


ROW = "quiet\tQ1\tforward\tlock-removed\twarning\tfalse\tanother lock covers it"


def judgements(folder: Path, *rows: str) -> list[corpus_scores.Judgement]:
    path = folder / "remarks.tsv"
    path.write_text("\n".join(("\t".join(corpus_scores.COLUMNS), *rows)) + "\n")
    return corpus_scores.read_judgements(path)


def test_a_row_explains_one_remark(tmp_path: Path) -> None:
    rows = judgements(tmp_path, ROW, ROW.replace("Q1", "Q2"))
    quiet = entry(set="quiet", id="Q1")
    first, second = remark(), remark(function="size")
    run = [(quiet, outcome(first, second, remark(severity="note"), direction="forward"))]
    explained = corpus_scores.explain(run, rows)
    assert explained.verdicts == {"false": 1}
    assert [one for _, _, one in explained.unexplained] == [second]
    assert explained.stale == ()


def test_a_row_without_its_remark_is_stale(tmp_path: Path) -> None:
    rows = judgements(tmp_path, ROW, ROW.replace("forward", "reverse"))
    quiet = entry(set="quiet", id="Q1")
    assert corpus_scores.explain([(quiet, outcome(direction="forward"))], rows).stale == (rows[0],)


@pytest.mark.parametrize(
    "row",
    [
        ROW.replace("false", "maybe"),
        ROW.replace("quiet", "fixes"),
        ROW.replace("forward", "back"),
        ROW.replace("warning", "note"),
        ROW.removesuffix("another lock covers it"),
    ],
)
def test_a_row_that_means_nothing_is_refused(row: str, tmp_path: Path) -> None:
    with pytest.raises(corpus.CorpusError, match=r"remarks\.tsv:2: "):
        judgements(tmp_path, row)


def test_the_committed_rows_can_be_read() -> None:
    corpus_scores.read_judgements(evaluate.REMARKS)


def test_a_corpus_is_reviewed_both_ways(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, tables = tmp_path / "results.json", tmp_path / "tables.md"
    options = ("--strip-comments", f"--json={results}", f"--markdown={tables}")
    assert evaluated(made, "--misses", "--remarks", *options) == 0
    reviews = json.loads(results.read_text())["reviews"]
    made_of = [(one["id"], one["direction"], one["bare"]) for one in reviews]
    assert made_of[:3] == [
        ("F1", "reverse", False),
        ("F1", "reverse", True),
        ("F1", "forward", False),
    ]
    assert made_of[3:] == [("Q1", "reverse", False), ("Q1", "forward", False)]
    assert [one["error"] for one in reviews] == [""] * 5
    assert [one["problems"] for one in reviews] == [[]] * 5
    for review in reviews[:2]:
        assert RULE in review["hit"]
        assert review["touched"] == {PATH: ["take"]}
    assert [one["remarks"] for one in reviews[3:]] == [[], []]
    out = capsys.readouterr().out
    assert "A     1/1 100%          1/1 100%" in out
    assert "miss:" not in out and "remark:" not in out
    assert "| missing-lock | 1/1 100% | 1/1 100% |" in tables.read_text()
    assert (made / "touched" / "linux-source-1.0" / PATH).read_text() == LOCKED


def test_misses_are_listed(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = made / "fixes" / "INDEX.tsv"
    index.write_text(index.read_text().replace("missing-lock", "refcount-leak"))
    assert evaluated(made, "--misses", "--only=F1") == 0
    out = capsys.readouterr().out
    assert "miss: F1 reverse: box: lock\n" in out
    assert "refcount-leak, tier A, said another rule: count read without lock\n" in out
    assert f"touched: {PATH}: take\n" in out
    assert f"found: warning {RULE}" in out


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setattr(corpus_reviews, "load_everything", lambda: None)
    yield monkeypatch


def test_a_review_that_raises_is_told(
    made: Path, failing: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_arguments: object) -> None:
        raise ValueError("no such thing")

    failing.setattr(corpus_reviews, "review", broken)
    assert evaluated(made, "--only=F1") == 1
    out = capsys.readouterr().out
    assert "failed: F1 reverse: ValueError: no such thing (test_evaluate.py:" in out
    assert "2 of 2 reviews failed" in out


def test_a_review_over_its_time_is_told(
    made: Path, failing: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def endless(*_arguments: object) -> None:
        while True:
            pass

    failing.setattr(corpus_reviews, "review", endless)
    assert evaluated(made, "--only=Q1", "--timeout=0.05") == 1
    assert "failed: Q1 forward: over 0.05 s\n" in capsys.readouterr().out


def test_a_process_that_dies_costs_its_own_review_alone(
    made: Path, failing: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def deadly(*_arguments: object) -> None:
        os._exit(1)

    failing.setattr(corpus_reviews, "touched", deadly)
    assert evaluated(made) == 1
    out = capsys.readouterr().out
    assert "failed: F1 reverse: the process that made this review died\n" in out
    assert "2 of 4 reviews failed" in out


def test_a_reversal_that_does_not_apply_is_told(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (made / "touched" / "linux-source-1.0" / PATH).write_text("int gone;\n")
    assert evaluated(made, "--only=Q1") == 1
    assert "failed: Q1 reverse: CorpusError: Q1.patch: error: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--only=Z9"], "evaluate.py: --only Z9: not in the corpus\n"),
        (["--set=hardquiet"], "hardquiet/INDEX.tsv: No such file or directory\n"),
    ],
)
def test_wrong_usage_is_one_line(
    options: list[str], line: str, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluated(made, *options) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.endswith(line) and captured.err.count("\n") == 1


def test_a_missing_corpus_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main([str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == f"evaluate.py: {tmp_path / 'none'}: no such directory\n"
