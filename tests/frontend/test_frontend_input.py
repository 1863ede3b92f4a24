# SPDX-License-Identifier: GPL-2.0-only
"""Bad input: one line each, the right exit status, and nothing else lost."""

import io
import random
from types import SimpleNamespace

import pytest
from frontend_samples import FIXTURE, HARMLESS, NEW, OLD, Program, diff, mail

FINDING = "mm/x.c:3: warning: t->users is now read without t->lock [read-moved-out-of-lock]\n"
BINARY = """\
diff --git a/mm/logo.c b/mm/logo.c
index 1234567..89abcde 100644
Binary files a/mm/logo.c and b/mm/logo.c differ
"""
README = "--- a/README\n+++ b/README\n@@ -1 +1 @@\n-a\n+b\n"


def test_a_finding(program: Program) -> None:
    done = program.review(program.file("x.diff", diff()))
    assert (done.status, done.out, done.lines) == (1, FINDING, ())


def test_no_finding(program: Program) -> None:
    done = program.review(program.file("x.diff", diff(new=HARMLESS)))
    assert (done.status, done.out, done.lines) == (0, "", ())


def test_no_such_file(program: Program) -> None:
    done = program.run("nosuch.patch")
    assert (done.status, done.out) == (2, "")
    assert done.line == "nosuch.patch: No such file or directory"


def test_a_name_too_long_for_a_file(program: Program) -> None:
    done = program.run("a" * 5000)
    assert done.status == 2 and done.line.endswith("File name too long")


@pytest.mark.parametrize("text", ["", " \n\n", "\n"])
def test_an_empty_file(program: Program, text: str) -> None:
    done = program.run(program.file("x.diff", text))
    assert (done.status, done.out) == (3, "")
    assert done.line.endswith("x.diff: empty file")


def test_a_binary_patch(program: Program) -> None:
    done = program.review(program.file("x.diff", BINARY))
    assert done.status == 3 and done.line == "mm/logo.c: binary patch, not analysed"


def test_a_truncated_hunk(program: Program) -> None:
    lines = diff().splitlines(keepends=True)
    done = program.review(program.file("x.diff", "".join(lines[:-3])))
    assert done.status == 3
    assert done.line.startswith("mm/x.c: line 3 of ") and "cut short" in done.line


def test_a_mail_cut_short(program: Program) -> None:
    text = mail("[PATCH] x", body="".join(diff().splitlines(keepends=True)[:-3]))
    done = program.review(program.file("x.mbox", text))
    assert done.status == 3 and "the signature of the mail begins inside it" in done.line


def test_a_mail_with_wrapped_lines(program: Program) -> None:
    text = mail("[PATCH] x", body=diff().replace("struct thing", "struct\nthing"))
    done = program.review(program.file("x.mbox", text))
    assert done.status == 3 and "wrapped by a mailer?" in done.line


def test_a_patch_that_does_not_apply(program: Program) -> None:
    other = diff(OLD.replace("users", "owners"), NEW.replace("users", "owners"))
    done = program.review(program.file("x.diff", other))
    assert done.status == 3 and done.line.startswith("mm/x.c: does not apply to the tree")


def test_a_patch_for_a_file_the_tree_has_not(program: Program) -> None:
    done = program.review(program.file("x.diff", diff(path="mm/y.c")))
    assert done.status == 3 and done.line == "mm/y.c: not in the tree"


@pytest.mark.parametrize("path", ["../x.c", "mm/../../x.c", "mm/.."])
def test_a_path_that_leads_out(program: Program, path: str) -> None:
    (program.tree.parent / "x.c").write_text(OLD)
    done = program.review(program.file("x.diff", diff(path=path)))
    assert done.status == 3 and done.line == f"{path}: refused: a path with '..'"


def test_a_link_that_leads_out(program: Program) -> None:
    program.file("outside.c", OLD)
    (program.tree / "mm" / "link.c").symlink_to(program.folder / "outside.c")
    done = program.review(program.file("x.diff", diff(path="mm/link.c")))
    assert done.status == 3 and "symbolic link out of the tree" in done.line


@pytest.mark.parametrize("seed", range(5))
def test_random_bytes(program: Program, seed: int) -> None:
    done = program.review(program.file("x.diff", random.Random(seed).randbytes(3000)))
    assert (done.status, done.out) == (3, "") and done.line.endswith("neither a diff nor a mail")


def test_a_text_that_is_no_patch(program: Program) -> None:
    done = program.review(program.file("x.diff", "Dear list,\n\nwhere is the diff?\n"))
    assert done.status == 3 and done.line.endswith("neither a diff nor a mail")


def test_a_bad_file_does_not_keep_a_good_one_from_review(program: Program) -> None:
    """Exit status 1 goes before 3, and both are told."""
    for text in (diff() + BINARY, BINARY + diff(), diff() + diff(path="../y.c")):
        done = program.review(program.file("x.diff", text))
        assert (done.status, done.out) == (1, FINDING)
        assert "refused" in done.line or "binary" in done.line


def test_a_damaged_file_does_not_keep_the_next_one_from_review(program: Program) -> None:
    cut = "".join(diff(path="mm/a.c").splitlines(keepends=True)[:-3])
    done = program.review(program.file("x.diff", cut + diff()))
    assert (done.status, done.out) == (1, FINDING) and done.line.startswith("mm/a.c: line 3 of ")


def test_a_problem_without_a_finding_is_no_success(program: Program) -> None:
    done = program.review(program.file("x.diff", diff(new=HARMLESS) + BINARY))
    assert done.status == 3 and len(done.lines) == 1


def test_an_input_that_is_no_patch_does_not_keep_others_from_review(program: Program) -> None:
    good, empty = program.file("x.diff", diff()), program.file("y.diff", "")
    for names in ([good, empty], [empty, good]):
        done = program.review(*names)
        assert (done.status, done.out) == (1, FINDING) and done.line.endswith("y.diff: empty file")
    harmless = program.file("x.diff", diff(new=HARMLESS))
    assert program.review(harmless, empty).status == 3
    assert len(program.review(empty, empty).lines) == 2
    assert program.review(empty, empty).status == 3


def test_a_cover_letter(program: Program) -> None:
    done = program.review(program.file("x.mbox", mail("[PATCH 0/2] all of it")))
    assert done.status == 0 and "cover letter" in done.line


def test_a_mail_without_a_diff(program: Program) -> None:
    done = program.review(program.file("x.mbox", mail("hello")))
    assert done.status == 0 and "nothing to review" in done.line


@pytest.mark.parametrize("text", [README, mail("[PATCH] readme", body=README)])
def test_a_patch_without_c(program: Program, text: str) -> None:
    done = program.review(program.file("x.mbox", text))
    assert done.status == 0 and "no C file" in done.line


def test_a_binary_file_that_is_no_c(program: Program) -> None:
    done = program.review(program.file("x.diff", BINARY.replace("logo.c", "logo.png")))
    assert done.status == 3 and done.line == "mm/logo.png: binary patch, not analysed"


def test_a_function_that_takes_locks_nobody_knows(program: Program) -> None:
    guarded = OLD.replace("	spin_lock(&t->lock);\n", "	guard(thing)(&t->lock);\n", 1)
    guarded = guarded.replace("		spin_unlock(&t->lock);\n", "").replace(
        "	spin_unlock(&t->lock);\n", ""
    )
    done = program.review(program.file("x.diff", diff(new=guarded)))
    assert done.status == 3 and done.line.startswith("mm/x.c: take(): what guard(thing)() locks")


def test_standard_input(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(diff().encode())))
    done = program.review("-")
    assert (done.status, done.out) == (1, FINDING)


def test_standard_input_that_is_empty_or_closed(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    done = program.review("-")
    assert done.status == 3 and done.line == "standard input: empty file"
    monkeypatch.setattr("sys.stdin", None)
    done = program.review("-")
    assert done.status == 2 and done.line == "standard input: closed"


def test_an_input_that_is_too_large(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reviewer.frontend.inputs.MAX_INPUT", 1 << 20)
    done = program.review(program.file("x.diff", b"x" * (1 << 20) + b"x"))
    assert done.status == 2 and done.line.endswith("larger than 1 MB")


def test_a_directory_of_patches(program: Program) -> None:
    program.file("inbox/2.patch", diff(new=HARMLESS, path="mm/y.c"))
    program.file("inbox/1.diff", diff())
    program.file("inbox/notes.txt", "no patch")
    program.file("tree/mm/y.c", OLD)
    done = program.review(str(program.folder / "inbox"))
    assert (done.status, done.out, done.lines) == (1, FINDING, ())


def test_a_directory_without_patches(program: Program) -> None:
    program.file("inbox/notes.txt", "no patch")
    done = program.review(str(program.folder / "inbox"))
    assert done.status == 2 and done.line.endswith("inbox: no patch or mail in this directory")


def test_a_maildir(program: Program) -> None:
    """Its mails have names without endings; drafts in tmp/ are none."""
    for name in ("cur/1.host:2,S", "new/2.host", "tmp/3.host"):
        path = name.replace("/", "_").replace(":", "_").replace(",", "_") + ".c"
        program.file(f"tree/mm/{path}", OLD)
        program.file(f"mails/{name}", mail(f"[PATCH] {name}", body=diff(path=f"mm/{path}")))
    done = program.review(str(program.folder / "mails"))
    assert done.status == 1 and len(done.out.splitlines()) == 2
    assert "tmp_3" not in done.out


def test_a_series_is_one_submission(program: Program) -> None:
    """The second patch applies to what the first one made."""
    program.file("s/1.patch", mail("[PATCH 1/2] one", body=diff(new=HARMLESS)))
    program.file("s/2.patch", mail("[PATCH 2/2] two", body=diff(HARMLESS, NEW)))
    done = program.review(str(program.folder / "s"))
    assert (done.status, done.out, done.lines) == (1, FINDING, ())


def test_names_from_outside_cannot_write_to_the_terminal(program: Program) -> None:
    done = program.run("no\nsuch\x1b[31mfile")
    assert done.status == 2 and done.line == "no?such?[31mfile: No such file or directory"


def test_the_patch_all_this_began_with(program: Program) -> None:
    before = str(FIXTURE / "before")
    done = program.run("--tree", before, "--format", "gcc", str(FIXTURE / "patch.mbox"))
    assert done.status == 1 and done.lines == ()
    assert done.out.startswith("mm/migrate.c:31: warning: ") and done.out.count("\n") == 1
