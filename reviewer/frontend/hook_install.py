# SPDX-License-Identifier: GPL-2.0-only
"""Put the sendemail-validate hook of a repository in place, and take it away again."""

import argparse
import os
import shlex
import sys
from pathlib import Path

from reviewer.frontend.hook import checked
from reviewer.frontend.inputs import InputError

NAME = "sendemail-validate"
KEPT = f"{NAME}.before-mmreview"
_MARK = "# Written by 'mmreview hook install'; 'mmreview hook uninstall' takes it away."
_SECONDS = 20.0

# What could not be analysed, and a program that is broken or gone, stop nobody's mail.
_SCRIPT = """#!/bin/sh
{mark}
kept=${{0%/*}}/{kept}
if [ -x "$kept" ]; then
	"$kept" "$@" || exit
fi
mmreview={program}
[ -x "$mmreview" ] || mmreview=$(command -v mmreview)
case $mmreview in
/*) ;;
*)
	echo "mmreview: not installed any more, nothing was reviewed" >&2
	exit 0
	;;
esac
"$mmreview" hook run{options} -- "$@"
status=$?
case $status in
0 | 1 | 2 | 130) exit $status ;;
3) ;;
*) echo "mmreview: ended with status $status, nothing was reviewed" >&2 ;;
esac
exit 0
"""


def program() -> str:
    """Where the program lies that is run; InputError when it is on no path."""
    import shutil

    own = Path(sys.argv[0]).resolve() if sys.argv else Path()
    if own.name == "mmreview" and own.is_file() and os.access(own, os.X_OK):
        # The name it was called by, as packages are updated behind a link.
        return os.path.abspath(sys.argv[0])  # noqa: PTH100
    found = shutil.which("mmreview")
    if found is None:
        raise InputError("no program mmreview in PATH, which the hook could call")
    return os.path.abspath(found)  # noqa: PTH100


def git(*words: str) -> tuple[int, str]:
    """The exit status and the output of git in the current directory."""
    import subprocess

    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept | {"LC_ALL": "C"},
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise InputError(f"git cannot be run: {error}") from None
    return done.returncode, os.fsdecode(done.stdout).removesuffix("\n")


def hooks_folder() -> Path:
    """Where git looks for the hooks of this repository; InputError outside of one."""
    status, where = git("rev-parse", "--git-path", "hooks")
    if status or not where:
        raise InputError("not in a git repository")
    return Path(where).absolute()


def install(options: argparse.Namespace) -> int:
    """Write the hook; a hook that is there already is kept and run first."""
    words = "".join(f" {shlex.quote(one)}" for one in checked(options))
    text = _SCRIPT.format(mark=_MARK, kept=KEPT, program=shlex.quote(program()), options=words)
    folder = hooks_folder()
    hook, kept = folder / NAME, folder / KEPT
    try:
        told = _place(hook, kept, text)
    except OSError as error:
        raise InputError(f"{error.filename or hook}: {error.strerror or error}") from None
    print(f"{hook}: {told}")
    return 0


def _place(hook: Path, kept: Path, text: str) -> str:
    """Write the hook where it belongs; what was done."""
    hook.parent.mkdir(parents=True, exist_ok=True)
    told = "installed"
    if _ours(hook):
        same = hook.read_text(encoding="utf-8", errors="surrogateescape") == text
        if same and os.access(hook, os.X_OK):
            return "is up to date"
        told = "updated"
    elif os.path.lexists(hook):
        if os.path.lexists(kept):
            raise InputError(f"{hook} is not ours, and {kept.name} beside it is in the way")
        hook.rename(kept)
        told = f"installed; the hook that was there is {kept.name} now and is run first"
        if not os.access(kept, os.X_OK):
            told = f"installed; {kept.name}, which was there, is not executable and not run"
    fresh = hook.with_name(f".{NAME}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8", errors="surrogateescape")
        fresh.chmod(0o755)
        fresh.replace(hook)
    except OSError:
        fresh.unlink(missing_ok=True)
        if not os.path.lexists(hook) and os.path.lexists(kept):
            kept.rename(hook)
        raise
    return told


def _ours(hook: Path) -> bool:
    """Whether there is a hook that this program wrote."""
    try:
        head = hook.read_bytes()[:400]
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return False
    return _MARK.encode() in head


def uninstall() -> int:
    """Take the hook away, and put back what was there before."""
    folder = hooks_folder()
    hook, kept = folder / NAME, folder / KEPT
    try:
        if not _ours(hook):
            raise InputError(f"{hook}: not installed by mmreview")
        if os.path.lexists(kept):
            kept.replace(hook)
            told = "the hook that was there before is back"
        else:
            hook.unlink()
            told = "removed"
    except OSError as error:
        raise InputError(f"{error.filename or hook}: {error.strerror or error}") from None
    print(f"{hook}: {told}")
    return 0
