# SPDX-License-Identifier: GPL-2.0-only
"""The mail as b4, git and the mail library of Python read it.

b4 takes the remarks out of a reply and puts each at a line of the patch; what
it finds has to be the findings of the review, and nothing but them.
"""

import email
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path
from typing import cast

import pytest
from report_samples import CONFIRMED, DIFF, FINDING, PATCH, VERDICT, patch_of, review_of

from reviewer.patch.read import read_submission
from reviewer.patch.records import Patch, Reply
from reviewer.report.mail import mail
from reviewer.report.remark import Block, on_finding, same_here
from reviewer.source.tree import open_tree
from reviewer.verdict.records import Question, Review, Verdict

b4 = pytest.importorskip("b4")
peer = pytest.importorskip("b4.review._review")
tracking = pytest.importorskip("b4.review.tracking")

ROOT = Path(__file__).resolve().parents[2]
SEED = ROOT / "fixtures" / "2021_folio_refcount_migrate"
NOW = datetime(2025, 1, 7, 9, 30, tzinfo=UTC)
CORPUS = Path(os.environ.get("MMREVIEW_CORPUS", "/nonexistent"))
NAMES = [
    *("F001", "F005", "F007", "F009", "F017", "F025", "F045", "F049", "F053", "F069"),
    *("F071", "F091", "F097", "F119", "F123", "F135", "F145", "F157", "F173", "F199"),
]

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
# Path with a/ or b/ in front, line, kind and text of a line of a diff.
Row = tuple[str, int, str, str]
# Where b4 puts a remark, and the remark.
Comment = tuple[str, int, str]


def rows(diff: Sequence[str]) -> Iterator[Row]:
    """The lines of a diff with their places, removed ones by those of the old file."""
    old = new = 0
    names = ["", ""]
    for line in diff:
        header = _HUNK.match(line)
        if line.startswith("diff --git "):
            names = line.split(" ")[2:]
        elif line.startswith(("--- ", "+++ ")) and not old:
            names[line.startswith("+++ ")] = line[4:].split("\t")[0]
        elif header:
            old, new = int(header[1]), int(header[2])
        elif old and line[:1] in ("+", "-", " "):
            minus = line[0] == "-"
            yield names[not minus], old if minus else new, line[0], line[1:]
            old += line[0] != "+"
            new += not minus


def comments(body: str, diff: Sequence[str]) -> list[Comment]:
    """What b4 takes for remarks in a reply, and where it puts them."""
    found = peer._extract_comments_from_quoted_reply(body)
    peer._resolve_comment_positions("\n".join(diff), found)
    return [(one["path"], one["line"], one["text"]) for one in found]


def replies(review: Review, covers: Sequence[Reply] = ()) -> list[EmailMessage]:
    texts = mail(review, "0.1.0", NOW, covers)
    made = [email.message_from_bytes(text.encode(), policy=default) for text in texts]
    assert not any(one.defects for one in made)
    return [cast(EmailMessage, one) for one in made]


def places(diff: Sequence[str], verdict: Verdict) -> set[tuple[str, int]]:
    """Where a remark on a finding may stand: at its line, before or after the patch; where
    the patch has neither, at any line of the file that it changes.  b4 loses empty lines."""
    finding = verdict.finding
    every = [row for row in rows(diff) if row[0][2:] == finding.file and row[3].strip()]
    exact = {
        row[:2]
        for row in every
        if (row[1] == finding.line and row[2] != "-")
        or (row[1] == finding.before_line and row[2] == "-")
    }
    return exact or {row[:2] for row in every if row[2] != " "}


def paragraphs(blocks: Sequence[Block]) -> set[str]:
    return {"\n".join(block).strip() for block in blocks}


def allowed(review: Review, verdict: Verdict) -> set[str]:
    """All that a remark on this finding can be made of."""
    asked = [one.text for one in review.questions]
    some = on_finding(review, verdict) + on_finding(review, verdict, asked) + same_here(verdict)
    return paragraphs(some)


def check(review: Review, found: Sequence[Comment], diff: Sequence[str]) -> None:
    """Every finding has its remark at its place, and every remark is on a finding."""
    verdicts = [one for one in review.verdicts if one.severity != "note"]
    left = list(verdicts)
    for path, line, text in found:
        here = [one for one in verdicts if (path, line) in places(diff, one)]
        assert here, f"no finding is at {path}:{line}: {text}"
        may = set().union(*(allowed(review, one) for one in here))
        said = {part.strip() for part in text.split("\n\n")}
        assert said <= may, f"at {path}:{line}, not of a finding there: {said - may}"
        own = [one for one in here if said & (allowed(review, one) | paragraphs(same_here(one)))]
        left = [one for one in left if one not in own]
    assert left == [], "findings without a remark"


def is_no_patch(text: bytes, folder: Path) -> bool:
    """Whether git finds no diff in a mail, and takes its subject and author as they are."""
    done = subprocess.run(
        ["git", "mailinfo", "-k", "--scissors", str(folder / "message"), str(folder / "patch")],
        input=text,
        capture_output=True,
        check=True,
        cwd=folder,
    )
    subject = b"\nSubject: Re: " in done.stdout
    return subject and (folder / "patch").read_bytes() == b""


def check_mail(review: Review, diff: Sequence[str], folder: Path) -> None:
    """The one mail of a review of one patch, by all who read it."""
    (reply,) = replies(review)
    body = reply.get_content()
    check(review, comments(body, diff), diff)
    assert is_no_patch(reply.as_bytes(), folder)
    read = b4.LoreMessage(reply)
    assert read.reply and not read.has_diff and not read.has_diffstat
    assert [one.as_string() for one in read.trailers] == []
    own = [line for line in body.split("\n") if not line.startswith(">")]
    assert [line for line in own if len(line) > 72] == []


@cache
def ruleset() -> object:
    from reviewer.frontend.shipped import load_ruleset

    return load_ruleset()


def reviewed(data: bytes, tree: Path | None) -> Review:
    from reviewer.frontend.witnesses import witness_of
    from reviewer.review import Ruleset, review

    rules = cast(Ruleset, ruleset())
    with open_tree(str(tree)) if tree is not None else nullcontext() as opened:
        ask = witness_of(opened, rules, None)
        return review(read_submission([("input", data)]), opened, rules, witness=ask)


def test_the_seed(tmp_path: Path) -> None:
    """The hunks of the patch are elsewhere in the file of the fixture: the line b4 finds
    is that of the patch, where the access stands."""
    data = (SEED / "patch.mbox").read_bytes()
    review = reviewed(data, SEED / "before")
    patch = review.patches[0]
    (reply,) = replies(review)
    ((path, line, text),) = comments(reply.get_content(), patch.lines)
    (row,) = [row for row in rows(patch.lines) if row[:2] == (path, line)]
    assert (path, *row[2:]) == (
        "b/mm/migrate.c",
        "+",
        "\tif (folio_ref_count(folio) != expected_count)",
    )
    assert {part.strip() for part in text.split("\n\n")} == paragraphs(
        on_finding(review, review.verdicts[0])
    )
    assert "changelog" not in text and "mmreview" not in text
    assert is_no_patch(reply.as_bytes(), tmp_path)


def test_the_seed_in_its_thread() -> None:
    """b4 finds the reply below its patch, and the remark in it."""
    data = (SEED / "patch.mbox").read_bytes()
    review = reviewed(data, SEED / "before")
    (reply,) = replies(review)
    raw = data.split(b"\n", 1)[1]
    original = email.message_from_bytes(raw, policy=default)
    patches = [{"header-info": {"msgid": review.patches[0].message_id}}]
    found = tracking._parse_msgs_to_followup_comments([original, reply], None, patches)
    ((body,),) = [[one["body"] for one in some] for index, some in found.items() if index == 1]
    assert "> diff --git " in body and "> @@ " in body
    ((path, _, text),) = comments(body, review.patches[0].lines)
    assert path == "b/mm/migrate.c" and text.startswith("When mapping != NULL")


@pytest.mark.parametrize("verdict", [VERDICT, CONFIRMED])
def test_nothing_but_the_remark(verdict: Verdict, tmp_path: Path) -> None:
    """Claims, questions of the whole patch and the suggested changelog are no remarks."""
    review = review_of(verdict)
    assert review.claims and review.questions and review.justification
    check_mail(review, PATCH.lines, tmp_path)


def other(name: str, number: int) -> Patch:
    """A patch of the same series to another file."""
    patch = patch_of(DIFF.replace("lib/box.c", name))
    return replace(
        patch,
        subject=f"[PATCH {number}/3] {name}: Compare the users once",
        message_id=f"20250106-{number}@example.org",
    )


def test_a_series(tmp_path: Path) -> None:
    """One mail, with the remarks on each patch below its own quote."""
    patches = tuple(other(f"lib/{name}.c", n) for n, name in enumerate(("one", "two", "six"), 1))
    verdicts = [
        replace(VERDICT, patch=index, finding=replace(FINDING, file=f"lib/{name}.c", **more))
        for index, name, more in (
            (2, "six", {}),
            (0, "one", {"line": 0, "before_line": 23}),
            (0, "one", {}),
        )
    ]
    questions = tuple(Question(index, "Is it so?") for index in (0, 2))
    review = replace(review_of(*verdicts), patches=patches, questions=questions)
    (reply,) = replies(review)
    diff = [line for patch in patches for line in patch.lines]
    found = comments(reply.get_content(), diff)
    check(review, found, diff)
    assert [one[:2] for one in found] == [
        ("b/lib/one.c", 13),
        ("a/lib/one.c", 23),
        ("b/lib/six.c", 13),
    ]
    assert reply["In-Reply-To"] == "<20250106-1@example.org>"
    assert "> Subject: [PATCH 3/3] lib/six.c: Compare the users once\n" in reply.get_content()
    assert is_no_patch(reply.as_bytes(), tmp_path)


@pytest.mark.parametrize("text", ["--- a/lib/box.c", "> NAK", "@@ -1 +1 @@", "+++ b/lib/box.c"])
def test_own_words_that_look_like_a_patch(text: str, tmp_path: Path) -> None:
    finding = replace(FINDING, lost=(), message=text, reason=text, question=text)
    review = replace(review_of(replace(VERDICT, finding=finding)), questions=(Question(0, text),))
    check_mail(review, PATCH.lines, tmp_path)
    check_mail(replace(review, questions=(Question(0, f"{text} "),)), PATCH.lines, tmp_path)


def test_one_line_many_times() -> None:
    """b4 tells equal lines apart by counting: nothing is left out where that matters."""
    more = "".join(f" \tline({n});\n" if n % 20 else " \tif (same)\n" for n in range(1, 61))
    diff = (
        "diff --git a/lib/box.c b/lib/box.c\n--- a/lib/box.c\n+++ b/lib/box.c\n"
        f"@@ -1,60 +1,61 @@ f\n{more}+\tif (same)\n"
        "diff --git a/lib/box.h b/lib/box.h\n--- a/lib/box.h\n+++ b/lib/box.h\n"
        "@@ -58,1 +58,2 @@ g\n \tx;\n+\tif (same)\n"
    )
    patch = patch_of(diff)
    finding = replace(FINDING, line=61, before_line=0, access="same", place="same")
    review = review_of(replace(VERDICT, finding=finding), patch=patch)
    (reply,) = replies(review)
    ((path, line, _),) = comments(reply.get_content(), patch.lines)
    assert (path, line) == ("b/lib/box.c", 61)


def test_a_line_that_would_end_early() -> None:
    """What b4 takes for the end of a line would turn the rest of a quoted line into a remark."""
    for end in "\f\v\x1c\x85\u2028\r":
        diff = DIFF.replace("int expected = 2;", f"int expected = 2;{end}NAK: no{end}")
        review = review_of(VERDICT, patch=patch_of(diff))
        (reply,) = replies(review)
        assert all("NAK" not in text for *_, text in comments(reply.get_content(), PATCH.lines))


HEADER = """\
From: A. Uthor <a.uthor@example.org>
Date: Mon, 2 Aug 2021 10:00:00 +0000
Message-Id: <{name}@example.org>
Subject: [PATCH] {name}: Write it in fewer lines

It is shorter.

Signed-off-by: A. Uthor <a.uthor@example.org>
---
"""


@pytest.fixture(scope="module")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (CORPUS / "fixes" / "INDEX.tsv").is_file():
        pytest.skip("MMREVIEW_CORPUS is not set")
    return tmp_path_factory.mktemp("b4")


@pytest.mark.kernel
@pytest.mark.parametrize("name", NAMES)
def test_a_patch_of_the_corpus(name: str, corpus_folder: Path) -> None:
    sys.path.append(str(ROOT / "benchmarks"))
    import corpus

    (entry,) = [one for one in corpus.read_corpus(CORPUS, ("fixes",)) if one.id == name]
    fixed, broken = corpus.images(entry, corpus_folder / "images")
    diff = corpus.fitting(entry.reversal.read_bytes(), fixed, broken)
    copies = corpus.Copies(corpus_folder / name)
    (corpus_folder / name).mkdir()
    with copies.holding(entry.tree, fixed, False) as tree:
        review = reviewed(HEADER.format(name=name).encode() + diff, tree)
    assert any(one.severity != "note" for one in review.verdicts)
    check_mail(review, review.patches[0].lines, corpus_folder)
