# SPDX-License-Identifier: GPL-2.0-only
"""An index is made, kept up to date, and survives what kills it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from trees import facts

from reviewer.evidence.building import Built, build, files_of
from reviewer.evidence.store import contents, known_files, opened
from reviewer.ruleset import load_vocabulary

LONG_AGO = 1_000_000_000


def write(tree: Path, path: str, text: str, when: int = LONG_AGO) -> None:
    """A file of a tree, changed at a time."""
    file = tree / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (when, when))


def function(name: str) -> str:
    """A small function that takes a lock."""
    return (
        f"void {name}(struct a *p)\n{{\n\tspin_lock(&p->lock);\n\tp->{name}_x = 1;\n"
        "\tspin_unlock(&p->lock);\n}\n"
    )


def made(tree: Path, path: Path, folders: tuple[str, ...] = ()) -> Built:
    """Bring an index up to date in this process."""
    base = opened(path)
    built = build(base, str(tree), load_vocabulary(), facts(), folders, workers=1)
    base.close()
    return built


def said(path: Path) -> list[tuple[object, ...]]:
    """All an index says."""
    return list(contents(opened(path)))


def test_only_c_files_of_the_kernel_are_read(tmp_path: Path) -> None:
    for path in ("mm/a.c", "include/b.h", "mm/c.S", "tools/d.c", "Documentation/e.c", ".git/f.c"):
        write(tmp_path, path, "")
    write(tmp_path, "drivers/tools/g.c", "")
    assert [one.path for one in files_of(str(tmp_path))] == [
        "drivers/tools/g.c",
        "include/b.h",
        "mm/a.c",
    ]


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    tree, path = tmp_path / "tree", tmp_path / "index.sqlite"
    for name in "abc":
        write(tree, f"{name}.c", function(name))
    assert made(tree, path) == Built(3, 0, 0)
    assert made(tree, path) == Built(0, 3, 0)
    write(tree, "b.c", function("other"), LONG_AGO + 10)
    (tree / "c.c").unlink()
    assert made(tree, path) == Built(1, 1, 1)
    fresh = tmp_path / "fresh.sqlite"
    made(tree, fresh)
    assert said(path) == said(fresh)


def test_a_file_that_was_only_touched_is_not_read_again(tmp_path: Path) -> None:
    tree, path = tmp_path / "tree", tmp_path / "index.sqlite"
    write(tree, "a.c", function("a"))
    made(tree, path)
    write(tree, "a.c", function("a"), LONG_AGO + 10)
    assert made(tree, path) == Built(0, 1, 0)
    assert known_files(opened(path))["a.c"][2] == (LONG_AGO + 10) * 1_000_000_000


def test_a_change_within_the_grain_of_time_is_seen(tmp_path: Path) -> None:
    tree, path = tmp_path / "tree", tmp_path / "index.sqlite"
    now = int(time.time())
    write(tree, "a.c", function("a"), now)
    made(tree, path)
    write(tree, "a.c", function("b"), now)
    assert made(tree, path).read == 1


def test_part_of_a_tree_leaves_the_rest_alone(tmp_path: Path) -> None:
    tree, path = tmp_path / "tree", tmp_path / "index.sqlite"
    write(tree, "mm/a.c", function("a"))
    write(tree, "fs/b.c", function("b"))
    assert made(tree, path, ("mm",)) == Built(1, 0, 0)
    assert made(tree, path) == Built(1, 1, 0)
    assert made(tree, path, ("fs",)) == Built(0, 1, 0)


def test_what_cannot_be_read_is_noted_down(tmp_path: Path) -> None:
    tree, path = tmp_path / "tree", tmp_path / "index.sqlite"
    write(tree, "a.c", "void f(void) { x = " + "(" * 20_000 + "1" + ")" * 20_000 + "; }\n")
    write(tree, "b.c", "{" * 50_000)
    (tree / "c.c").symlink_to("/etc/passwd")
    assert made(tree, path).read == 2


def index(tree: Path, path: Path) -> list[str]:
    """The command that makes an index."""
    command = [sys.executable, "-m", "reviewer.frontend.cli", "index", str(tree), "-o", str(path)]
    return [*command, "-j", "2"]


def test_killed_five_times_it_ends_as_if_never(tmp_path: Path) -> None:
    tree, path = tmp_path / "tree", tmp_path / "index.sqlite"
    for number in range(600):
        text = "".join(function(f"f{number}_{part}") for part in range(20))
        write(tree, f"d{number % 7}/f{number}.c", text)
    seen = []
    for turn in range(5):
        with subprocess.Popen(index(tree, path), stdout=subprocess.DEVNULL) as running:
            before = _files(path)
            deadline = time.monotonic() + 60
            while _files(path) <= before and time.monotonic() < deadline and running.poll() is None:
                time.sleep(0.02)
            if running.poll() is None and turn < 5:
                running.send_signal(signal.SIGKILL)
        seen.append(_files(path))
    assert 0 < seen[0] < 600, seen
    subprocess.run(index(tree, path), check=True, stdout=subprocess.DEVNULL)
    fresh = tmp_path / "fresh.sqlite"
    subprocess.run(index(tree, fresh), check=True, stdout=subprocess.DEVNULL)
    assert said(path) == said(fresh)


def _files(path: Path) -> int:
    if not path.exists():
        return 0
    try:
        return len(known_files(opened(path)))
    except Exception:
        return 0


def test_two_at_once_wait_for_each_other(tmp_path: Path) -> None:
    tree, path = tmp_path / "tree", tmp_path / "index.sqlite"
    for number in range(300):
        write(tree, f"f{number}.c", "".join(function(f"f{number}_{part}") for part in range(9)))
    commands = [
        subprocess.Popen(
            index(tree, path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    told = [one.communicate(timeout=120) for one in commands]
    assert [one.returncode for one in commands] == [0, 0]
    assert sorted("300 files read" in out for out, _ in told) == [False, True]
    fresh = tmp_path / "fresh.sqlite"
    made(tree, fresh)
    assert said(path) == said(fresh)
