# SPDX-License-Identifier: GPL-2.0-only
"""Whoever sends patches has them applied: the hook looks at the tree before them."""

from hook_samples import Repository

OTHERS = "".join(
    f"void f{number}(struct item *it)\n{{\n\tspin_lock(&it->lock);\n\tit->state = {number};\n"
    "\tspin_unlock(&it->lock);\n}\n\n"
    for number in range(1, 5)
)
STRUCT = "struct item { spinlock_t lock; int state; };\n\n"


def run(repository: Repository, *words: str) -> tuple[int, str]:
    """What the hook says of the last patches, each alone."""
    git_dir = str(repository.top / ".git")
    status, said = 0, ""
    for file in repository.series(*words):
        done = repository.run("mmreview", "hook", "run", str(file), GIT_DIR=git_dir)
        status, said = max(status, done.returncode), said + done.stderr
    return status, said


def test_a_file_the_series_makes(repository: Repository) -> None:
    repository.write("mm/new.c", "int fresh(void)\n{\n\treturn 1;\n}\n")
    repository.commit("mm: a new file")
    assert run(repository, "-1") == (0, "")
    repository.write("mm/new.c", "int fresh(void)\n{\n\treturn 2;\n}\n")
    repository.commit("mm: another value")
    assert run(repository, "-2") == (0, "")
    (repository.top / "mm/new.c").unlink()
    repository.commit("mm: and away with it")
    assert run(repository, "-3") == (0, "")


def test_what_the_others_did_before_is_what_counts(repository: Repository) -> None:
    """The last patch of the branch takes all locks away; the first is told that it was
    alone with that when it was made."""
    repository.write("mm/item.c", STRUCT + OTHERS)
    repository.commit("mm: items")
    bare = OTHERS.replace("\tspin_lock(&it->lock);\n", "").replace(
        "\tspin_unlock(&it->lock);\n", ""
    )
    cut = len(OTHERS) // 4
    repository.write("mm/item.c", STRUCT + bare[: len(bare) // 4] + OTHERS[cut:])
    repository.commit("mm: item: less to do")
    before = run(repository, "-1")
    assert before[0] == 1 and "lock-removed" in before[1]
    repository.write("mm/item.c", STRUCT + bare)
    repository.commit("mm: items: less to do")
    assert run(repository, "-1", "HEAD~1") == before


def test_a_patch_for_another_project(repository: Repository) -> None:
    """Nothing it touches is here: the lines of the diff have to do, and that is told."""
    repository.write("fs/thing.c", "int thing(int a)\n{\n\treturn a;\n}\n")
    repository.commit("fs: a thing")
    repository.write("fs/thing.c", "int thing(int a)\n{\n\treturn a + 1;\n}\n")
    repository.commit("fs: one more")
    (file,) = repository.series("-1")
    other = Repository(repository.folder / "elsewhere")
    other.base()
    done = other.run("mmreview", "hook", "run", str(file), GIT_DIR=str(other.top / ".git"))
    assert done.returncode == 0
    assert done.stderr.startswith(
        "mmreview: without the tree: only the lines of the diff were read"
    )
