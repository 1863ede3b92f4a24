# SPDX-License-Identifier: GPL-2.0-only
"""Which images a patch gets, from where, and what is said when it gets none."""

import difflib
import subprocess
from pathlib import Path

import pytest

from reviewer.patch.read import read_submission
from reviewer.patch.records import Patch
from reviewer.source.pair import overlay_after, pair
from reviewer.source.records import SourcePair
from reviewer.source.tree import Tree, open_tree

OLD = "".join(f"line {number}\n" for number in range(1, 31))
NEW = OLD.replace("line 15\n", "changed 15\nadded\n")
NEWER = NEW.replace("added\n", "added more\n")


def patch_of(old: str, new: str, path: str = "mm/x.c", head: str = "") -> str:
    def split(text: str) -> list[str]:
        return text.splitlines(keepends=True)

    return head + "".join(difflib.unified_diff(split(old), split(new), "a/" + path, "b/" + path))


def read(text: str) -> Patch:
    (patch,) = read_submission([("x.diff", text.encode())]).patches
    assert patch.problems == ()
    return patch


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@x.org", "-c", "commit.gpgsign=no"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


def only(made: tuple[tuple[SourcePair, ...], tuple[object, ...]]) -> SourcePair:
    assert made[1] == () and len(made[0]) == 1
    return made[0][0]


def problem(made: tuple[tuple[SourcePair, ...], tuple[object, ...]]) -> str:
    pairs, problems = made
    assert pairs == () and len(problems) == 1
    return str(problems[0].reason)  # type: ignore[attr-defined]


def plain_tree(folder: Path, text: str | None) -> Tree:
    (folder / "mm").mkdir(exist_ok=True)
    if text is not None:
        (folder / "mm" / "x.c").write_text(text)
    return open_tree(str(folder))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """OLD and NEW in two commits, NEWER in the directory."""
    root = tmp_path / "linux"
    (root / "mm").mkdir(parents=True)
    git(root, "init", "-q")
    for text in (OLD, NEW):
        (root / "mm" / "x.c").write_text(text)
        git(root, "add", ".")
        git(root, "commit", "-q", "-m", "x")
    (root / "mm" / "x.c").write_text(NEWER)
    return root


def test_from_a_directory(tmp_path: Path) -> None:
    made = only(pair(read(patch_of(OLD, NEW)), plain_tree(tmp_path, OLD)))
    assert (made.path, made.origin, made.whole) == ("mm/x.c", "directory", True)
    assert made.before == OLD.encode() and made.after == NEW.encode()
    assert made.kept == ((1, 1, 14), (16, 17, 15))
    assert made.hunk_lines_before == ((12, 18),) and made.hunk_lines == ((12, 19),)
    assert [made.after_line(line) for line in (14, 15, 16, 30, 31)] == [14, None, 17, 31, None]
    assert made.fragments_before == made.fragments_after == ()


def test_order_of_the_sources(repository: Path) -> None:
    blob = git(repository, "rev-parse", "HEAD~1:mm/x.c").strip()
    base = git(repository, "rev-parse", "HEAD~1").strip()
    index = f"diff --git a/mm/x.c b/mm/x.c\nindex {blob[:7]}..1234567 100644\n"
    trailer = f"\nbase-commit: {base}\n"
    newest = NEWER.replace("line 3\n", "three\n")
    with open_tree(str(repository)) as tree:
        for text, origin, before in (
            (patch_of(OLD, NEW, head=index) + trailer, "blob", OLD),
            (patch_of(OLD, NEW) + trailer, "base-commit", OLD),
            (patch_of(NEW, newest), "head", NEW),
            (patch_of(NEWER, NEWER.replace("more", "less")), "directory", NEWER),
        ):
            made = only(pair(read(text), tree))
            assert (made.origin, made.before) == (origin, before.encode())


def test_a_blob_that_does_not_match_is_passed_over(repository: Path) -> None:
    blob = git(repository, "rev-parse", "HEAD~1:mm/x.c").strip()
    index = f"diff --git a/mm/x.c b/mm/x.c\nindex {blob[:7]}..1234567 100644\n"
    with open_tree(str(repository)) as tree:
        assert only(pair(read(patch_of(NEW, NEWER, head=index)), tree)).origin == "head"


def test_hunk_without_context_needs_the_blob(repository: Path) -> None:
    blob = git(repository, "rev-parse", "HEAD:mm/x.c").strip()
    text = "--- a/mm/x.c\n+++ b/mm/x.c\n@@ -5,0 +6 @@\n+x\n"
    index = f"diff --git a/mm/x.c b/mm/x.c\nindex {blob[:7]}..1234567 100644\n"
    with open_tree(str(repository)) as tree:
        assert (
            only(pair(read(index + text), tree)).after == NEW.replace("5\n", "5\nx\n", 1).encode()
        )
        assert "no old lines to place it by" in problem(pair(read(text), tree))


def test_hunks_alone_without_a_tree() -> None:
    text = patch_of(OLD, NEW).replace(" @@\n", " @@ int f(void)\n")
    made = only(pair(read(text), None))
    assert (made.origin, made.whole, made.before, made.after) == ("hunks", False, None, None)
    (before,), (after,) = made.fragments_before, made.fragments_after
    assert (before.line, before.section) == (12, "int f(void)")
    assert before.text.decode() == "".join(OLD.splitlines(True)[11:18])
    assert after.text.decode() == "".join(NEW.splitlines(True)[11:19])
    assert made.kept == ((12, 12, 3), (16, 17, 3))
    assert made.hunk_lines_before == ((12, 18),) and made.hunk_lines == ((12, 19),)


def test_patch_that_does_not_apply_is_told(tmp_path: Path) -> None:
    other = OLD.replace("line 13\n", "thirteen\n")
    reason = problem(pair(read(patch_of(OLD, NEW)), plain_tree(tmp_path, other)))
    assert reason == (
        "does not apply to the tree: hunk 1 does not match: line 13 is 'thirteen', not 'line 13'"
    )


def test_patch_that_is_applied_already(tmp_path: Path) -> None:
    reason = problem(pair(read(patch_of(OLD, NEW)), plain_tree(tmp_path, NEW)))
    assert reason.startswith("does not apply to the tree: hunk 1 ")
    assert reason.endswith("(already applied?)")


def test_file_that_is_not_in_the_tree(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path, None)
    assert problem(pair(read(patch_of(OLD, NEW)), tree)) == "not in the tree"
    assert problem(pair(read(deletion(OLD)), tree)) == "not in the tree, already removed?"


def test_the_other_files_go_on(tmp_path: Path) -> None:
    text = patch_of(OLD, NEW, "mm/missing.c") + patch_of(OLD, NEW) + patch_of(OLD, NEW, "README")
    pairs, problems = pair(read(text), plain_tree(tmp_path, OLD))
    assert [one.path for one in pairs] == ["mm/x.c"]
    assert [(one.file, one.reason) for one in problems] == [("mm/missing.c", "not in the tree")]


@pytest.mark.parametrize("path", ["../x.c", "mm/../../x.c", "../README"])
@pytest.mark.parametrize("with_tree", [True, False])
def test_path_that_leads_upwards(path: str, with_tree: bool, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "x.c").write_text(OLD)
    tree = plain_tree(inside, OLD) if with_tree else None
    assert problem(pair(read(patch_of(OLD, NEW, path)), tree)) == "refused: a path with '..'"


def test_absolute_path_and_link_out_of_the_tree(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "x.c").write_text(OLD)
    (inside / "link.c").symlink_to(tmp_path / "x.c")
    tree = open_tree(str(inside))
    absolute = str(tmp_path / "x.c")
    assert problem(pair(read(patch_of(OLD, NEW, absolute)), tree)) == "refused: an absolute path"
    made = pair(read(patch_of(OLD, NEW, "link.c")), tree)
    assert problem(made) == "refused: a symbolic link out of the tree"


def creation(text: str, path: str = "mm/new.c") -> str:
    head = f"diff --git a/{path} b/{path}\nnew file mode 100644\nindex 0000000..1234567\n"
    return patch_of("", text, path, head).replace(f"--- a/{path}", "--- /dev/null")


def deletion(text: str, path: str = "mm/x.c") -> str:
    head = f"diff --git a/{path} b/{path}\ndeleted file mode 100644\nindex 1234567..0000000\n"
    return patch_of(text, "", path, head).replace(f"+++ b/{path}", "+++ /dev/null")


def test_created_file(tmp_path: Path) -> None:
    for tree in (None, plain_tree(tmp_path, None)):
        made = only(pair(read(creation(OLD)), tree))
        assert (made.origin, made.before, made.after) == ("patch", None, OLD.encode())
        assert (made.hunk_lines, made.hunk_lines_before) == (((1, 30),), ((1, 0),))
    (tmp_path / "mm" / "new.c").write_text(OLD)
    reason = "does not apply to the tree: the file is there (already applied?)"
    assert problem(pair(read(creation(OLD)), open_tree(str(tmp_path)))) == reason
    (tmp_path / "mm" / "new.c").write_text(NEW)
    reason = "does not apply to the tree: another file of that name is there"
    assert problem(pair(read(creation(OLD)), open_tree(str(tmp_path)))) == reason


def test_created_file_of_an_older_base(repository: Path) -> None:
    git(repository, "add", ".")
    (repository / "mm" / "new.c").write_text(OLD)
    base = git(repository, "rev-parse", "HEAD").strip()
    with open_tree(str(repository)) as tree:
        assert only(pair(read(creation(OLD)), tree)).after == OLD.encode()
        git(repository, "add", ".")
        git(repository, "commit", "-q", "-m", "new")
        assert "already applied" in problem(pair(read(creation(OLD)), tree))
        unknown = read(creation(OLD) + f"\nbase-commit: {'ab' * 20}\n")
        assert "already applied" in problem(pair(unknown, tree))
        older = read(creation(OLD) + f"\nbase-commit: {base}\n")
        assert only(pair(older, tree)).after == OLD.encode()


def test_deleted_file(tmp_path: Path) -> None:
    patch = read(deletion(OLD))
    alone = only(pair(patch, None))
    assert (alone.origin, alone.before, alone.after) == ("patch", OLD.encode(), None)
    made = only(pair(patch, plain_tree(tmp_path, OLD)))
    assert (made.origin, made.before, made.after) == ("directory", OLD.encode(), None)
    assert "lines are left over" in problem(pair(patch, plain_tree(tmp_path, OLD + "more\n")))
    head = deletion(OLD).split("---")[0]
    made = only(pair(read(head), plain_tree(tmp_path, OLD)))
    assert (made.before, made.after, made.hunk_lines_before) == (OLD.encode(), None, ((1, 30),))
    assert "there is no tree to look it up in" in problem(pair(read(head), None))


def test_binary_change_is_told() -> None:
    for path in ("mm/x.c", "logo.png"):
        text = (
            f"diff --git a/{path} b/{path}\nindex 1..2\nBinary files a/{path} and b/{path} differ\n"
        )
        (reason,) = (problem(pair(read(text), None)),)
        assert reason == "binary patch, not analysed"


def rename(old: str, new: str, body: str = "", how: str = "rename") -> str:
    return f"diff --git a/{old} b/{new}\n{how} from {old}\n{how} to {new}\n" + body


def test_renamed_file(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path, OLD)
    body = patch_of(OLD, NEW).replace("+++ b/mm/x.c", "+++ b/mm/y.c")
    made = only(pair(read(rename("mm/x.c", "mm/y.c", body)), tree))
    assert (made.path, made.before, made.after) == ("mm/y.c", OLD.encode(), NEW.encode())
    moved = only(pair(read(rename("mm/x.c", "mm/y.c")), tree))
    assert (moved.before, moved.after, moved.hunk_lines) == (OLD.encode(), OLD.encode(), ())
    assert moved.kept == ((1, 1, 30),)
    assert pair(read(rename("mm/x.c", "mm/y.c")), None) == ((), ())


def test_series_goes_on_from_its_own_results(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path, OLD)
    first, second = read(patch_of(OLD, NEW)), read(patch_of(NEW, NEWER))
    assert problem(pair(second, tree)).startswith("does not apply to the tree")
    pairs, _ = pair(first, tree)
    overlay = overlay_after({}, first, pairs)
    made = only(pair(second, tree, overlay))
    assert (made.origin, made.before, made.after) == ("series", NEW.encode(), NEWER.encode())


def test_series_without_a_tree_knows_the_files_it_created() -> None:
    first = read(creation(OLD, "mm/x.c"))
    overlay = overlay_after({}, first, pair(first, None)[0])
    made = only(pair(read(patch_of(OLD, NEW)), None, overlay))
    assert (made.origin, made.after) == ("series", NEW.encode())
    reason = problem(pair(read(patch_of(NEWER, NEW)), None, overlay))
    assert reason.startswith("does not apply to the result of the earlier patches: hunk 1")


def test_series_that_moves_and_removes_files(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path, OLD)
    for text in (rename("mm/x.c", "mm/y.c"), deletion(OLD)):
        patch = read(text)
        overlay = overlay_after({}, patch, pair(patch, tree)[0])
        reason = problem(pair(read(patch_of(OLD, NEW)), tree, overlay))
        assert reason == "removed by an earlier patch of the series"
        assert only(pair(read(creation(NEW, "mm/x.c")), tree, overlay)).after == NEW.encode()
    copy = read(rename("mm/x.c", "mm/y.c", how="copy"))
    overlay = overlay_after({}, copy, pair(copy, tree)[0])
    assert only(pair(read(patch_of(OLD, NEW)), tree, overlay)).origin == "directory"
    assert only(pair(read(patch_of(OLD, NEW, "mm/y.c")), tree, overlay)).origin == "series"


def test_file_moved_away_and_created_anew_in_one_patch(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path, OLD)
    for text in (
        rename("mm/x.c", "mm/y.c") + creation(NEWER, "mm/x.c"),
        creation(NEWER, "mm/x.c") + rename("mm/x.c", "mm/y.c"),
    ):
        patch = read(text)
        pairs, problems = pair(patch, tree)
        assert problems == ()
        expected = {"mm/x.c": NEWER.encode(), "mm/y.c": OLD.encode()}
        assert overlay_after({}, patch, pairs) == expected


def test_two_diffs_of_one_file_follow_each_other(tmp_path: Path) -> None:
    patch = read(patch_of(OLD, NEW) + patch_of(NEW, NEWER))
    pairs, problems = pair(patch, plain_tree(tmp_path, OLD))
    assert problems == ()
    assert [one.after for one in pairs] == [NEW.encode(), NEWER.encode()]
