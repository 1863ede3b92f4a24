# SPDX-License-Identifier: GPL-2.0-only
"""Reviews made by hand: a move of a box from one shelf to another."""

import re
from dataclasses import replace

from reviewer.checker.records import Finding, PathState
from reviewer.location import Problem
from reviewer.patch.records import FileDiff, Hunk, HunkLine, Patch
from reviewer.verdict.records import (
    ClaimVerdict,
    Fact,
    ImageResult,
    Model,
    PatchProblem,
    PathResult,
    Question,
    Review,
    Sentence,
    Verdict,
    WitnessStep,
)

CHANGELOG = (
    "The number of users is compared twice. Compare it once, at the\n"
    "beginning of box_move().\n"
    "\n"
    "No functional change.\n"
    "\n"
    "Signed-off-by: A. Uthor <a.uthor@example.org>\n"
)

DIFF = """\
diff --git a/lib/box.c b/lib/box.c
index 1111111..2222222 100644
--- a/lib/box.c
+++ b/lib/box.c
@@ -10,6 +10,9 @@ int box_move(struct shelf *shelf, struct box *box)
 {
 \tint expected = 2;
\x20
+\tif (box_users(box) != expected)
+\t\treturn -EAGAIN;
+
 \tif (!shelf)
 \t\treturn box_carry(box);
\x20
@@ -20,8 +23,7 @@ int box_move(struct shelf *shelf, struct box *box)
 \tslot = box_slot(box);
\x20
 \tslots_lock_irq(shelf);
-\tif (box_users(box) != expected ||
-\t    slot_load(slot) != box) {
+\tif (slot_load(slot) != box) {
 \t\tslots_unlock_irq(shelf);
 \t\treturn -EAGAIN;
 \t}
"""

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")


def files_of(diff: str) -> tuple[FileDiff, ...]:
    """The files of a well-formed text diff; enough for samples."""
    files: list[FileDiff] = []
    lines = diff.split("\n")[:-1]
    for position, line in enumerate(lines, 1):
        header = _HUNK.match(line)
        if line.startswith("diff --git "):
            old, new = (name[2:] for name in line.split(" ")[2:])
            files.append(FileDiff(old, new, "", "", (), False, position))
        elif header:
            start, count, new_start, new_count = (int(n or 1) for n in header.groups()[:4])
            hunk = Hunk(start, count, new_start, new_count, header[5], (), position)
            files[-1] = replace(files[-1], hunks=(*files[-1].hunks, hunk))
        elif files and files[-1].hunks:
            last = files[-1].hunks[-1]
            row = HunkLine(line[0], line[1:].encode() + b"\n", position)
            hunks = (*files[-1].hunks[:-1], replace(last, lines=(*last.lines, row)))
            files[-1] = replace(files[-1], hunks=hunks)
    return tuple(files)


def patch_of(diff: str = DIFF, changelog: str | None = CHANGELOG) -> Patch:
    """A patch around a diff."""
    return Patch(
        subject="[PATCH 1/2] lib: box: Compare the users once",
        author="A. Uthor <a.uthor@example.org>",
        date="Mon, 6 Jan 2025 10:00:00 +0100",
        message_id="20250106-one@example.org",
        in_reply_to="",
        references=("20250106-cover@example.org",),
        changelog=changelog,
        base_commit="",
        files=files_of(diff),
        problems=(),
        lines=tuple(diff.split("\n")[:-1]),
    )


PATCH = patch_of()

LOCK = "shelf->slots.x_lock"

FINDING = Finding(
    rule="read-moved-out-of-lock",
    also=("context-lost",),
    severity="warning",
    file="lib/box.c",
    function="box_move",
    line=13,
    before_line=23,
    message="box_users(box) is read outside of shelf->slots.x_lock",
    reason="box->users was read with shelf->slots.x_lock held (line 23), now without (line 13).",
    access="box_users(box)",
    place="box->users",
    lost=(LOCK, "irqs-off"),
    lost_paths=("shelf != NULL",),
    decides=True,
    before=(
        PathState("shelf == NULL", (), (), (), 14),
        PathState("shelf != NULL", (LOCK,), (LOCK,), ("irqs-off",), 23),
    ),
    after=(PathState("", (), (), (), 13),),
    partial=False,
    scenario="box-against-lookup",
)

BEFORE_IMAGE = ImageResult("HOLDS", 120, 200, ("moved", "retry"), "")
AFTER_IMAGE = ImageResult("HOLDS", 131, 222, ("moved", "retry", "retry early"), "")

MODEL = Model(
    scenario="box-against-lookup",
    bound="1 lookup, 1 move, sequentially consistent",
    before=BEFORE_IMAGE,
    after=AFTER_IMAGE,
    paths=(
        PathResult("shelf != NULL", "", BEFORE_IMAGE, AFTER_IMAGE, ("box_freeze", 27), ""),
        PathResult(
            "shelf == NULL",
            "",
            BEFORE_IMAGE,
            AFTER_IMAGE,
            None,
            "the lookup drops what it took when it reads the slot again",
        ),
    ),
    guard=("box_freeze", 27),
    guard_removed="without box_freeze() the model loses a user in five steps",
    assumptions=("a lookup ends before the box is freed",),
    unmodelled=("box_trace",),
    drift=("find_box() makes the steps of the tree's function",),
)

WITNESS = (
    WitnessStep(1, "box_move", "box_users() == expected", "", "lib/box.c", 13),
    WitnessStep(0, "find_box", "box_try_get()", "users + 1", "lib/find.c", 40),
    WitnessStep(1, "box_move", "slots_lock_irq()", "", "lib/box.c", 25),
    WitnessStep(1, "box_move", "box_freeze() fails", "", "lib/box.c", 27),
)

VERDICT = Verdict(
    patch=0,
    finding=FINDING,
    severity="warning",
    standing="REFUTED_IN_MODEL",
    undecided="",
    model=MODEL,
    witness=WITNESS,
    witness_caption="this was possible before, and still is:",
    evidence=(
        "4 of 5 functions that raise box->users do not hold slots (find_box(), lib/find.c:40)",
    ),
    facts=("rule-1", "model-1"),
    fingerprint="0123456789abcdef",
    changelog="silent",
)

CONFIRMED = replace(
    VERDICT,
    severity="error",
    standing="CONFIRMED",
    model=replace(
        MODEL,
        after=ImageResult("VIOLATED", 90, 140, ("box freed in use",), "a box in use is not freed"),
        guard=None,
        guard_removed="",
        paths=(),
    ),
    witness_caption="",
)

UNDECIDED = replace(
    VERDICT,
    standing="UNDECIDED",
    model=None,
    undecided="it needs a fact for box_users()",
    witness=(),
    witness_caption="",
    evidence=(),
)

UNJUDGED = replace(
    UNDECIDED,
    standing=None,
    undecided="",
    finding=replace(
        FINDING,
        partial=True,
        after=(PathState("", None, (), (), 13),),
    ),
)

CLAIM = ClaimVerdict(
    patch=0,
    message_id="20250106-reply@example.org",
    text="The box is off the shelf, so nobody can take another user of it.",
    claim="nobody-takes",
    verdict="REFUTED",
    answer="find_box() takes one without the lock of the shelf",
    witness=WITNESS[:2],
    facts=("model-1",),
)


def review_of(*verdicts: Verdict, patch: Patch = PATCH) -> Review:
    """A review of one patch with everything in it that goes along with a finding."""
    return Review(
        patches=(patch,),
        verdicts=verdicts,
        claims=(CLAIM,),
        justification=(
            Sentence(0, "the comparison outside the lock is only an early exit", ("rule-1",)),
            Sentence(0, "box_freeze() compares again under the lock.", ("model-1",)),
        ),
        questions=(Question(0, "Does every caller hold the box lock?"),),
        facts={
            "rule-1": Fact("rule", "the read left the lock", "read-moved-out-of-lock"),
            "model-1": Fact("model", "no schedule does harm", "box-against-lookup"),
        },
        problems=(),
        notes=(),
    )


EMPTY = Review((PATCH,), (), (), (), (), {}, (), ())

BROKEN = replace(
    EMPTY, problems=(PatchProblem(0, Problem("lib/box.c", "box_open", "no end of the function")),)
)
