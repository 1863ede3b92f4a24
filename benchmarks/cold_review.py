# SPDX-License-Identifier: GPL-2.0-only
"""What a review of one small patch costs, from the start of the process to its end.

Each patch changes one line of one function of mm/migrate.c.  The same run times
sparse, called as the kernel's C=1 calls it, and a Python process that does
nothing but parse the file before and after the patch with tree-sitter.
"""

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from measure import BUILD, LINUX, ROOT, Command, folder, in_turn, least_and_median, ratios

FILE = "mm/migrate.c"
FUNCTIONS = 12
FIXTURE = ROOT / "fixtures" / "2021_folio_refcount_migrate"
LINE = "\tnote_here();\n"
OF_SPARSE, OF_BARE = 0.5, 3.0

BARE = """
import sys, tree_sitter, tree_sitter_c
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        parser.parse(file.read())
"""
# What the installed command runs.
START = "import sys; from reviewer.frontend.cli import run; sys.exit(run())"

_FUNCTION = re.compile(r"^(?!struct|static struct)\w[^;{}#]*?\b(\w+)\([^;{}]*\)\n\{\n", re.M)


def patches(text: str) -> dict[str, str]:
    """Patched texts by the function they change: functions with declarations, evenly spread."""
    found: dict[str, int] = {}
    for match in _FUNCTION.finditer(text):
        end = text.index("\n}\n", match.end() - 1)
        blank = text.find("\n\n\t", match.end(), end)
        if blank >= 0:
            found[match[1]] = blank + 2
    names = list(found)
    chosen = [names[i * len(names) // FUNCTIONS] for i in range(FUNCTIONS)]
    return {name: text[: found[name]] + LINE + text[found[name] :] for name in chosen}


def diff(before: str, after: str) -> str:
    """The patch between two texts of the file."""
    lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return "".join(difflib.unified_diff(*lines, f"a/{FILE}", f"b/{FILE}"))


def sparse(linux: Path, build: Path, work: Path) -> Command:
    """The call of sparse that the kernel's makefiles make."""
    said = work / "arguments"
    recorder = work / "check"
    recorder.write_text(f"#!/bin/sh\npwd >{said}\nprintf '%s\\n' \"$@\" >>{said}\n")
    recorder.chmod(0o755)
    target = str(Path(FILE).with_suffix(".o"))
    make = ["make", "-C", str(linux), f"O={build}", "C=2", f"CHECK={recorder}", target]
    done = subprocess.run(make, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not said.is_file():
        sys.exit(f"{' '.join(make)}\n{done.stderr}")
    place, *words = said.read_text().splitlines()
    return Command(["sparse", *words], Path(place))


def commands(linux: Path, build: Path, work: Path) -> dict[str, Command]:
    """What is timed, by what it is called in the table."""
    text = (linux / FILE).read_text()
    python = sys.executable
    made = {"sparse": sparse(linux, build, work), "python start": Command([python, "-c", "pass"])}
    for name, after in patches(text).items():
        (work / f"{name}.c").write_text(after)
        (work / f"{name}.diff").write_text(diff(text, after))
        words = [python, "-c", START, str(work / f"{name}.diff"), "--tree", str(linux)]
        made[f"{name}()"] = Command(words)
    made["bare parse"] = Command([python, "-c", BARE, str(linux / FILE), str(work / f"{name}.c")])
    seed = [str(FIXTURE / "patch.mbox"), "--tree", str(FIXTURE / "before"), "--fail-on", "error"]
    made["simulation"] = Command([python, "-c", START, *seed])
    return made


def show(times: dict[str, list[float]]) -> None:
    """The table, and whether the two ratios are what they are to be."""
    reviews = {name: taken for name, taken in times.items() if name.endswith("()")}
    print("milliseconds of CPU time, least / median; ratios round by round, median")
    for name in ("python start", "bare parse", "sparse", "simulation"):
        print(f"  {name:32} {least_and_median(times[name], 1000, 1)}")
    of_sparse, of_bare = [], []
    for name, taken in sorted(reviews.items(), key=lambda one: median(one[1])):
        sparse_ratio = median(ratios(taken, times["sparse"]))
        bare_ratio = median(ratios(taken, times["bare parse"]))
        shown = f"{sparse_ratio:.2f} of sparse, {bare_ratio:.2f} of the bare parse"
        print(f"  {name:32} {least_and_median(taken, 1000, 1):16} {shown}")
        of_sparse.append(sparse_ratio)
        of_bare.append(bare_ratio)
    for peer, found, wanted in (("sparse", of_sparse, OF_SPARSE), ("bare parse", of_bare, OF_BARE)):
        met = sum(one <= wanted for one in found)
        print(
            f"{peer}: median of all patches {median(found):.2f}, worst {max(found):.2f}; "
            f"at most {wanted} in {met} of {len(found)}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--linux", metavar="DIR", help=f"source of Linux 6.12 (${LINUX})")
    parser.add_argument("--build", metavar="DIR", help=f"where it is configured (${BUILD})")
    parser.add_argument("--runs", type=int, default=7, help="rounds that count (default: 7)")
    options = parser.parse_args()
    linux = folder(options.linux, LINUX, FILE)
    build = folder(options.build, BUILD, ".config")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        os.environ["MMREVIEW_BYTECODE"] = str(work / "bytecode")
        show(in_turn(commands(linux, build, work), options.runs))


if __name__ == "__main__":
    main()
