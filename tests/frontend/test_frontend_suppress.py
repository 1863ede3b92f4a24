# SPDX-License-Identifier: GPL-2.0-only
"""What somebody does not want to be told: by the changelog, an option, a baseline."""

import json
from pathlib import Path

import pytest
from frontend_samples import HARMLESS, NEW, OLD, Program, diff, mail

RULE = "read-moved-out-of-lock"
HEAD = f"mm/x.c:3: warning: t->users is now read without t->lock [{RULE}]\n"
SILENCED = f"mm/x.c:3: note: suppressed by changelog: users never shrinks [{RULE}]\n"
MINE = """\
summary = "A read left a lock"
severity = "{severity}"
since = "0.1"
message = "{{access}} left {{lost}}"
when = {{ access = "read", lost = "lock" }}
"""


def patch(program: Program, *lines: str, name: str = "x.patch", body: str | None = None) -> str:
    """A mail that does what the rule is about, with these lines in its changelog."""
    text = "\n".join(("Tidy up: nobody needs it there.", "", *lines)).rstrip()
    return program.file(name, mail("[PATCH] x", text, diff() if body is None else body))


def data(program: Program, *args: str) -> dict[str, object]:
    """The review as JSON."""
    done = program.run("--tree", str(program.tree), "--format", "json", *args)
    found: dict[str, object] = json.loads(done.out)
    return found


# By the changelog ----------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        f"#mmreview: off {RULE} users never shrinks",
        f"  #mmreview:  off  {RULE}   users never shrinks  ",
        f"Mmreview-off: {RULE} users never shrinks",
        f"mmreview-off: {RULE}\tusers never shrinks",
    ],
)
def test_a_line_of_the_changelog_leaves_a_rule_out(program: Program, line: str) -> None:
    done = program.review(patch(program, line, "Signed-off-by: A B <a@example.org>"))
    assert (done.status, done.out, done.lines) == (0, SILENCED, ())


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"#mmreview: off {RULE}", "it gives no reason"),
        (f"Mmreview-off: {RULE}  ", "it gives no reason"),
        ("#mmreview: off", "it names no rule"),
        ("Mmreview-off:", "it names no rule"),
        ("#mmreview: off all it is fine", "there is no rule all"),
        ("#mmreview: off nosuch it is fine", "there is no rule nosuch"),
        (f"#mmreview: of {RULE} it is fine", "only 'off RULE REASON' is understood"),
        ("#mmreview:", "only 'off RULE REASON' is understood"),
    ],
)
def test_a_line_that_is_wrong_is_told_and_not_followed(
    program: Program, line: str, why: str
) -> None:
    name = patch(program, line)
    done = program.review(name)
    assert (done.status, done.out) == (1, HEAD)
    assert done.line == f"'[PATCH] x': '{line.strip()}' is not followed: {why}"
    found = data(program, name)
    assert found["notes"] == [done.line] and found["suppressed"] == found["problems"] == []


def test_a_complaint_alone_does_not_change_the_exit_status(program: Program) -> None:
    done = program.review(patch(program, "Mmreview-off: nosuch x", body=diff(new=HARMLESS)))
    assert (done.status, done.out) == (0, "") and "no rule nosuch" in done.line


def test_many_wrong_lines_are_not_all_told(program: Program) -> None:
    done = program.review(patch(program, *["#mmreview: off \x1b[31m x"] * 100))
    assert len(done.lines) == 21 and "80 more" in done.lines[-1]
    assert not any("\x1b" in line for line in done.lines)


def test_only_lines_count_that_begin_so(program: Program) -> None:
    lines = (f"See #mmreview: off {RULE} x", f"> Mmreview-off: {RULE} x")
    done = program.review(patch(program, *lines))
    assert "suppressed" not in done.out and done.lines == ()


def test_the_reason_explains_nothing_else(program: Program) -> None:
    """It speaks of the lock, but about another rule."""
    text = "Mmreview-off: mixed-types t->lock is taken for the race"
    done = program.review(program.file("x.patch", mail("[PATCH] x", text, diff())))
    assert (done.status, done.out) == (1, HEAD)


def test_a_plain_diff_and_what_stands_behind_the_changelog_ask_for_nothing(
    program: Program,
) -> None:
    line = f"Mmreview-off: {RULE} users never shrinks\n"
    assert program.review(program.file("x.diff", line + diff())).status == 1
    assert (
        program.review(program.file("x.patch", mail("[PATCH] x", "x", line + diff()))).status == 1
    )


def test_a_line_is_about_one_patch_of_a_series(program: Program) -> None:
    program.file("tree/mm/y.c", OLD)
    line = f"Mmreview-off: {RULE} users never shrinks"
    program.file("s/1.patch", mail("[PATCH 1/2] one", line, diff()))
    program.file("s/2.patch", mail("[PATCH 2/2] two", "Two.", diff(path="mm/y.c")))
    done = program.review(str(program.folder / "s"))
    assert (done.status, done.lines) == (1, ())
    assert done.out == HEAD.replace("x.c", "y.c") + SILENCED
    found = data(program, str(program.folder / "s"))
    assert [one["patch"] for one in found["findings"]] == [1]  # type: ignore[index, attr-defined]
    assert [one["patch"] for one in found["suppressed"]] == [0]  # type: ignore[index, attr-defined]


# By an option ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ("--disable", RULE),
        ("--disable", f"mixed-types,{RULE}"),
        ("--disable", "mixed-types", "--disable", RULE),
    ],
)
def test_an_option_leaves_rules_out(program: Program, args: tuple[str, ...]) -> None:
    done = program.review(*args, program.file("x.diff", diff()))
    assert (done.status, done.lines) == (0, ())
    assert done.out == f"mm/x.c:3: note: suppressed by option [{RULE}]\n"


@pytest.mark.parametrize("names", ["nosuch", f"{RULE},nosuch", "", f"{RULE},", "read-moved"])
def test_an_option_with_an_unknown_rule(program: Program, names: str) -> None:
    done = program.review("--disable", names, program.file("x.diff", diff()))
    assert (done.status, done.out) == (2, "")
    assert done.line.startswith(f"--disable {names.split(',')[-1]}: no rule is called ")
    assert (f"did you mean {RULE}" in done.line) == (names == "read-moved")


# Several rules about one change ------------------------------------------------------


def with_mine(program: Program, severity: str) -> tuple[str, str]:
    """A rule that finds the same, and goes behind the other one in the alphabet."""
    program.file("rules/see-also/rule.toml", MINE.format(severity=severity))
    return "--rules", str(program.folder / "rules")


def test_a_rule_that_is_left_out_goes_from_also(program: Program) -> None:
    args = (*with_mine(program, "warning"), program.file("x.diff", diff()))
    (plain,) = data(program, *args)["findings"]  # type: ignore[misc, attr-defined]
    assert (plain["rule"], plain["also"]) == (RULE, ["see-also"])
    found = data(program, "--disable", "see-also", *args)
    (one,) = found["findings"]  # type: ignore[misc, attr-defined]
    assert one == {**plain, "also": []}
    assert [one["rule"] for one in found["suppressed"]] == ["see-also"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("severity", "status"), [("warning", 1), ("note", 0)])
def test_the_next_rule_speaks_for_the_one_that_is_left_out(
    program: Program, severity: str, status: int
) -> None:
    """In its own words, and with its own severity."""
    args = with_mine(program, severity)
    done = program.review("--disable", RULE, *args, program.file("x.diff", diff()))
    assert (done.status, done.lines) == (status, ())
    head, suppressed = done.out.splitlines()
    assert head == f"mm/x.c:3: {severity}: t->users left t->lock [see-also]"
    assert suppressed == f"mm/x.c:3: note: suppressed by option [{RULE}]"


# In every format ---------------------------------------------------------------------


def test_the_terminal_shows_what_is_suppressed(program: Program) -> None:
    name = patch(program, f"Mmreview-off: {RULE} users never shrinks")
    done = program.run("--tree", str(program.tree), name)
    told = f"suppressed: {RULE}, mm/x.c: take(), by changelog: users never\n    shrinks\n"
    assert (done.status, done.lines) == (0, ())
    assert done.out == f"{told}\nnothing to say; 1 finding suppressed\n"


def test_json_has_what_is_suppressed(program: Program) -> None:
    plain = data(program, patch(program))
    found = data(program, patch(program, f"Mmreview-off: {RULE} users never shrinks"))
    assert found["findings"] == found["questions"] == found["claims"] == []
    assert found["suppressed"] == [
        {
            "patch": 0,
            "rule": RULE,
            "file": "mm/x.c",
            "function": "take",
            "line": 3,
            "fingerprint": plain["findings"][0]["fingerprint"],  # type: ignore[index]
            "by": "changelog",
            "reason": "users never shrinks",
        }
    ]


def test_a_mail_says_what_is_suppressed(program: Program) -> None:
    program.file("tree/mm/y.c", OLD)
    both = diff() + diff(path="mm/y.c")
    line = "Mmreview-off: see-also users never shrinks.\x1b[31m"
    args = ("--format", "mail", "--tree", str(program.tree), *with_mine(program, "note"))
    done = program.run(*args, patch(program, line, body=both))
    assert done.status == 1 and done.line == "2 findings suppressed"
    said = (
        "Not repeated here, as asked for: see-also in take() (by the changelog: users never "
        "shrinks. [31m); see-also in take() (by the changelog: users never shrinks. [31m)."
    )
    assert said in " ".join(done.out.split())


def test_no_mail_is_sent_for_what_is_suppressed_alone(program: Program) -> None:
    name = patch(program, f"Mmreview-off: {RULE} users never shrinks")
    done = program.run("--format", "mail", "--tree", str(program.tree), name)
    assert (done.status, done.out, done.line) == (0, "", "1 finding suppressed")


# By a baseline -----------------------------------------------------------------------


@pytest.fixture
def baseline(program: Program) -> Path:
    """What the patch gives, written to a file."""
    path = program.folder / "known.json"
    done = program.review("--write-baseline", str(path), program.file("x.diff", diff()))
    assert (done.status, done.out, done.lines) == (1, HEAD, ())
    return path


def test_a_baseline_says_what_it_knows(baseline: Path) -> None:
    found = json.loads(baseline.read_text())
    (entry,) = found.pop("findings")
    assert found == {"schema_version": 1}
    assert len(entry.pop("fingerprint")) == 16
    assert entry == {
        "rule": RULE,
        "file": "mm/x.c",
        "function": "take",
        "message": "t->users is now read without t->lock",
    }


def test_a_baseline_leaves_out_what_it_knows(program: Program, baseline: Path) -> None:
    moved = ["int zero;\n" + text for text in (OLD, NEW)]
    program.file("tree/mm/x.c", moved[0])
    done = program.review("--baseline", str(baseline), program.file("y.diff", diff(*moved)))
    assert (done.status, done.lines) == (0, ())
    assert done.out == f"mm/x.c:4: note: suppressed by baseline [{RULE}]\n"


def test_a_baseline_may_give_reasons_and_keeps_them(program: Program, baseline: Path) -> None:
    found = json.loads(baseline.read_text())
    found["findings"][0]["reason"] = "only a hint"
    baseline.write_text(json.dumps(found))
    name = str(program.folder / "x.diff")
    done = program.review("--baseline", str(baseline), "--write-baseline", str(baseline), name)
    assert done.status == 0 and "by baseline: only a hint [" in done.out
    assert json.loads(baseline.read_text()) == found


def test_what_is_new_is_told(program: Program, baseline: Path) -> None:
    """In another function, and once more in the same one."""
    program.file("tree/mm/y.c", OLD)
    done = program.review(
        "--baseline", str(baseline), program.file("y.diff", diff() + diff(path="mm/y.c"))
    )
    assert done.status == 1 and done.out.startswith(HEAD.replace("x.c", "y.c"))
    program.file("s/1.patch", mail("[PATCH 1/3] one", body=diff()))
    program.file("s/2.patch", mail("[PATCH 2/3] two", body=diff(NEW, OLD)))
    program.file("s/3.patch", mail("[PATCH 3/3] three", body=diff()))
    done = program.review("--baseline", str(baseline), str(program.folder / "s"))
    assert done.status == 1 and done.out.startswith(HEAD) and done.out.count("suppressed") == 1


def test_a_baseline_is_sorted_and_the_same_each_time(program: Program) -> None:
    for name in "zay":
        program.file(f"tree/mm/{name}.c", OLD)
    body = "".join(diff(path=f"mm/{name}.c") for name in "zay")
    name = program.file("x.diff", body)
    texts = []
    for target in ("one.json", "two.json"):
        program.review("--write-baseline", target, name)
        texts.append((program.folder / target).read_text())
    assert texts[0] == texts[1]
    files = [one["file"] for one in json.loads(texts[0])["findings"]]
    assert files == ["mm/a.c", "mm/y.c", "mm/z.c"]
    assert sorted(path.name for path in program.folder.iterdir() if path.is_file()) == [
        "one.json",
        "two.json",
        "x.diff",
    ]


def test_what_the_changelog_leaves_out_is_not_written(program: Program) -> None:
    name = patch(program, f"Mmreview-off: {RULE} users never shrinks")
    program.review("--write-baseline", "known.json", name)
    assert json.loads((program.folder / "known.json").read_text())["findings"] == []


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "1 entry of the baseline no longer occurs"),
        (3, "3 entries of the baseline no longer occur"),
    ],
)
def test_entries_that_no_longer_occur_are_counted(
    program: Program, baseline: Path, count: int, told: str
) -> None:
    found = json.loads(baseline.read_text())
    baseline.write_text(json.dumps({**found, "findings": found["findings"] * count}))
    name = program.file("y.diff", diff(new=HARMLESS))
    done = program.review("--baseline", str(baseline), name)
    assert (done.status, done.out, done.line) == (0, "", told)


def test_nothing_is_said_of_entries_that_could_not_occur(program: Program, baseline: Path) -> None:
    """Their file is not part of the patch, or could not be read."""
    program.file("tree/mm/y.c", OLD)
    other = program.file("y.diff", diff(new=HARMLESS, path="mm/y.c"))
    assert program.review("--baseline", str(baseline), other).lines == ()
    program.file("tree/mm/x.c", "int x;\n")
    done = program.review("--baseline", str(baseline), str(program.folder / "x.diff"))
    assert done.status == 3 and "does not apply" in done.line


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON, line 1, column 1"),
        ("{", "no JSON"),
        ("[]", "no object at the top"),
        ("{}", "schema_version is None"),
        ('{"schema_version": 2, "findings": []}', "schema_version is 2"),
        ('{"schema_version": 1}', "a list of 'findings'"),
        ('{"schema_version": 1, "findings": {}}', "a list of 'findings'"),
        ('{"schema_version": 1, "findings": [], "x": 1}', "nothing else"),
        ('{"schema_version": 1, "findings": [1]}', "finding 1 is no object"),
        ('{"schema_version": 1, "findings": [{}]}', "finding 1 has no 'fingerprint'"),
        ('{"schema_version": 1, "findings": [{"fingerprint": 1}]}', "'fingerprint' must be text"),
        ('{"schema_version": 1, "findings": [{"x": "1"}]}', "unknown key 'x'"),
        (b"\xff\xfe", "not in UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5000, ""),
    ],
)
def test_a_broken_baseline_is_one_line(program: Program, text: str | bytes, why: str) -> None:
    name = program.file("known.json", text)
    done = program.review("--baseline", name, program.file("x.diff", diff()))
    assert (done.status, done.out) == (2, "")
    assert done.line.startswith(f"--baseline {name}: ") and why in done.line


def test_a_baseline_that_cannot_be_read_or_written(program: Program) -> None:
    name = program.file("x.diff", diff())
    for target, why in (("nosuch", "No such file"), (".", "Is a directory"), ("a" * 5000, "name")):
        done = program.review("--baseline", target, name)
        assert (done.status, done.out) == (2, "") and why in done.line
    for target in ("nosuch/known.json", ".", "/dev/null", "a" * 5000):
        done = program.review("--write-baseline", target, name)
        assert done.status == 2 and done.line.startswith(f"--write-baseline {target}: ")
    assert Path("/dev/null").is_char_device()
