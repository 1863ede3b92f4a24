# SPDX-License-Identifier: GPL-2.0-only
"""Reading a tree: what git knows, what the directory holds, and what is refused."""

import os
import subprocess
from pathlib import Path

import pytest

from reviewer.source.git import MAX_BYTES, ObjectReader
from reviewer.source.tree import Refused, Tree, check_path, open_tree


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@x.org", "-c", "commit.gpgsign=no"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "linux"
    (root / "mm").mkdir(parents=True)
    git(root, "init", "-q")
    (root / "mm" / "x.c").write_bytes(b"one\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    (root / "mm" / "x.c").write_bytes(b"two\r\n\0")
    git(root, "commit", "-q", "-a", "-m", "two")
    (root / "mm" / "x.c").write_bytes(b"three\n")
    return root


def test_objects_of_git(repository: Path) -> None:
    old = git(repository, "rev-parse", "HEAD~1:mm/x.c")
    commit = git(repository, "rev-parse", "HEAD~1")
    with open_tree(str(repository)) as tree:
        assert tree.git
        assert tree.blob(old) == tree.blob(old[:7]) == b"one\n"
        assert tree.commit_file(commit, "mm/x.c") == b"one\n"
        assert tree.commit_file("HEAD", "mm/x.c") == b"two\r\n\0"
        assert tree.file("mm/x.c") == b"three\n"
        assert tree.has_commit(commit) and not tree.has_commit(old)


def test_what_git_does_not_have(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    folder = git(repository, "rev-parse", "HEAD:mm")
    git(repository, "branch", "abcdef")
    git(repository, "tag", "fedcba", "HEAD:mm/x.c")
    with open_tree(str(repository)) as tree:
        for name in (
            "",
            "0000000",
            "1234567",
            commit,
            folder,
            "HEAD",
            "abcdef",
            "fedcba",
            "x" * 9,
            "a\nb",
        ):
            assert tree.blob(name) is None
        for name in ("mm", "mm/y.c", "HEAD:mm/x.c", "x" * 9000):
            assert tree.commit_file("HEAD", name) is None
        assert tree.commit_file("abcdef0", "mm/x.c") is None
        assert tree.commit_file("--all", "mm/x.c") is None
        # The child still answers after all of that.
        assert tree.commit_file("HEAD", "mm/x.c") == b"two\r\n\0"


def test_ambiguous_id_is_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for number in range(2000):
        (tmp_path / str(number)).write_bytes(b"%d\n" % number)
    ids = git(tmp_path, "hash-object", "-w", *(str(number) for number in range(2000))).split()
    clash = next(x[:4] for n, x in enumerate(ids) if x[:4] in {y[:4] for y in ids[:n]})
    single = next(x for x in ids if sum(y[:5] == x[:5] for y in ids) == 1)
    with open_tree(str(tmp_path)) as tree:
        assert tree.blob(clash) is None
        assert tree.blob(single[:5]) == b"%d\n" % ids.index(single)


def test_one_child_for_all_of_a_tree(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    real = subprocess.Popen

    class Counted(real):  # type: ignore[type-arg, valid-type, misc]
        def __init__(self, command: list[str], **options: object) -> None:
            started.append(command)
            super().__init__(command, **options)

    reader = ObjectReader(str(repository))
    monkeypatch.setattr(subprocess, "Popen", Counted)
    for _ in range(20):
        assert reader.commit_file("HEAD", "mm/x.c") == b"two\r\n\0"
    reader.close()
    assert len(started) == 1
    # And it comes back after having been closed.
    assert reader.commit_file("HEAD", "mm/x.c") == b"two\r\n\0"
    reader.close()
    assert len(started) == 2


def test_child_that_was_killed_is_replaced(repository: Path) -> None:
    with open_tree(str(repository)) as tree:
        assert tree.commit_file("HEAD", "mm/x.c") is not None
        reader = tree._objects
        assert reader is not None and reader._child is not None
        reader._child.kill()
        reader._child.wait()
        assert tree.commit_file("HEAD", "mm/x.c") is None
        assert tree.commit_file("HEAD", "mm/x.c") == b"two\r\n\0"


def test_hostile_environment_is_not_followed(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    with open_tree(str(repository)) as tree:
        assert tree.commit_file("HEAD", "mm/x.c") == b"two\r\n\0"


def test_directory_below_the_top_level(repository: Path) -> None:
    with open_tree(str(repository / "mm")) as tree:
        assert tree.commit_file("HEAD", "x.c") == b"two\r\n\0"
        assert tree.file("x.c") == b"three\n"


def test_plain_directory(tmp_path: Path) -> None:
    (tmp_path / "x.c").write_bytes(b"x\n")
    with open_tree(str(tmp_path)) as tree:
        assert not tree.git
        assert tree.file("x.c") == b"x\n"
        assert tree.file("y.c") is None and tree.file("x.c/z.c") is None
        assert tree.blob("1234567") is None and tree.commit_file("HEAD", "x.c") is None
        assert not tree.has_commit("1234567")


def test_no_directory(tmp_path: Path) -> None:
    for name in ("missing", "file"):
        (tmp_path / "file").touch()
        with pytest.raises(NotADirectoryError):
            open_tree(str(tmp_path / name))


def test_without_git_it_is_a_directory(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with open_tree(str(repository)) as tree:
        assert not tree.git and tree.file("mm/x.c") == b"three\n"


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x.c", "mm/../../x.c", "..", "", "a\0b", "a\nb"]
)
def test_hostile_paths_open_nothing(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = open_tree(str(tmp_path))

    def opened(*_: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(os, "open", opened)
    with pytest.raises(Refused):
        check_path(path)
    with pytest.raises(Refused):
        tree.file(path)
    with pytest.raises(Refused):
        tree.commit_file("HEAD", path)


def test_dots_in_names_are_ordinary() -> None:
    check_path("mm/..x.c")
    check_path("mm/x..c")


def refusal(tree: Tree, path: str) -> str:
    with pytest.raises(Refused) as caught:
        tree.file(path)
    return str(caught.value)


def test_links_lead_nowhere_outside(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    outside = tmp_path / "inside-out"
    outside.mkdir()
    (outside / "x.c").write_bytes(b"secret\n")
    (inside / "x.c").write_bytes(b"x\n")
    (inside / "link.c").symlink_to(outside / "x.c")
    (inside / "folder").symlink_to(outside)
    (inside / "same.c").symlink_to("x.c")
    (inside / "loop.c").symlink_to("loop.c")
    with open_tree(str(inside)) as tree:
        assert refusal(tree, "link.c") == "a symbolic link out of the tree"
        assert refusal(tree, "folder/x.c") == "a symbolic link out of the tree"
        assert tree.file("same.c") == b"x\n"
        assert refusal(tree, "loop.c").startswith("cannot be opened")
    (tmp_path / "alias").symlink_to(inside)
    with open_tree(str(tmp_path / "alias")) as tree:
        assert tree.file("x.c") == b"x\n"


def test_only_regular_files_of_bounded_size(tmp_path: Path) -> None:
    (tmp_path / "folder.c").mkdir()
    os.mkfifo(tmp_path / "pipe.c")
    (tmp_path / "full.c").write_bytes(b"x" * MAX_BYTES)
    (tmp_path / "large.c").write_bytes(b"x" * (MAX_BYTES + 1))
    with open_tree(str(tmp_path)) as tree:
        assert refusal(tree, "folder.c") == "not a regular file"
        assert refusal(tree, "pipe.c") == "not a regular file"
        assert refusal(tree, "large.c") == "larger than 8 MB"
        assert refusal(tree, "x" * 5000).startswith("cannot be opened")
        assert len(tree.file("full.c") or b"") == MAX_BYTES


def test_large_blob_is_not_read(repository: Path) -> None:
    (repository / "large.c").write_bytes(b"x" * (MAX_BYTES + 1))
    git(repository, "add", "large.c")
    git(repository, "commit", "-q", "-m", "large")
    with open_tree(str(repository)) as tree:
        assert tree.commit_file("HEAD", "large.c") is None
        assert tree.commit_file("HEAD", "mm/x.c") == b"two\r\n\0"
