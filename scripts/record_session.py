#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Record what a new user sees: docs/session.txt.

    python scripts/record_session.py            print it
    python scripts/record_session.py --write    write docs/session.txt

The commands are run, by a shell, in a repository made for the occasion, with a
mail server of our own (needs git, git send-email and aiosmtpd).  Names, dates and
places are fixed, so that the same program gives the same session.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FIXTURE = ROOT / "fixtures" / "2021_folio_refcount_migrate"
SESSION = ROOT / "docs" / "session.txt"
DATE = "Thu, 5 Aug 2021 15:05:56 +0000"

# Lines that begin with '#' are said, the others are run.
STEPS = (
    "# A kernel tree with a commit that is to be sent. The hook is installed once:",
    "mmreview hook install",
    "git log --oneline -1",
    "git send-email --quiet --to=linux-mm@kvack.org -1",
    "# Nothing was sent. The whole report shows what happens on two CPUs, too:",
    "git format-patch -q -1 --stdout | mmreview - | sed -n '/nearest schedule/,/fails/p'",
    "# The paragraph is right; in the editor it is pasted into the changelog:",
    "git commit -q --amend --no-edit --edit",
    "git log -1 --format=%b",
    "git send-email --quiet --to=linux-mm@kvack.org -1",
    "# It is on its way, with a note on what it changes.",
)
_QUIET = {
    "sendemail.smtpServer": "127.0.0.1",
    "sendemail.smtpAuth": "none",
    "sendemail.confirm": "never",
    "sendemail.suppressCc": "all",
    "user.name": "A Developer",
    "user.email": "dev@example.org",
}
_PASTE = """\
import re, sys
from pathlib import Path
said = Path(sys.argv[1]).read_text().split("the changelog could say:\\n\\n")[1]
lines = re.match(r"(?:    .*\\n)+", said)[0]
file = Path(sys.argv[2])
text, end, rest = file.read_text().partition("\\nSigned-off-by")
file.write_text(text + "\\n" + lines.replace("    ", "") + end + rest)
"""


def session(folder: Path) -> str:
    """Run the steps in a folder; what a terminal would show."""
    subjects: list[str] = []
    server = _server(subjects)
    try:
        home, top = folder / "home", folder / "home" / "linux"
        top.mkdir(parents=True)
        environment = _environment(folder, home)
        _prepare(top, environment, server.port)
        shown = [_shown(step, folder, top, environment) for step in STEPS]
    finally:
        server.stop()
    shown.append("\n".join(f"# Arrived: {subject}" for subject in subjects))
    text = "\n\n".join(one for one in shown if one) + "\n"
    # What git calls the file of headers it hands over since 2.41.
    text = text.replace(str(home), "~").replace("<patch> <header>", "<patch>")
    return re.sub(r"^[0-9a-f]{7,} ", "1234567 ", re.sub(r"/tmp/\w+/", "/tmp/", text), flags=re.M)


def _shown(step: str, folder: Path, top: Path, environment: dict[str, str]) -> str:
    if step.startswith("#"):
        return step
    done = subprocess.run(
        ["sh", "-c", step],
        cwd=top,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )
    if "the changelog could say:" in done.stdout:
        (folder / "said").write_text(done.stdout, encoding="utf-8")
    return f"$ {step}\n{done.stdout.rstrip()}".rstrip()


def _prepare(top: Path, environment: dict[str, str], port: int) -> None:
    """The repository, with the tree before the patch and the patch."""

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=top, env=environment, check=True, capture_output=True)

    git("init", "-q", "-b", "master", ".")
    for name, value in {**_QUIET, "sendemail.smtpServerPort": str(port)}.items():
        git("config", "--global", name, value)
    before = FIXTURE / "before"
    for path in sorted(before.rglob("*")):
        if path.is_file():
            copy = top / path.relative_to(before)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    git("add", "-A")
    git("commit", "-q", "-m", "base")
    git("am", "-q", str(FIXTURE / "patch.mbox"))


def _environment(folder: Path, home: Path) -> dict[str, str]:
    """Nothing of the user's; the program as it is installed."""
    programs = folder / "bin"
    programs.mkdir()
    program, paste = programs / "mmreview", folder / "paste.py"
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} "
        '-m reviewer.frontend.cli "$@"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    paste.write_text(_PASTE, encoding="utf-8")
    words = [sys.executable, str(paste), str(folder / "said")]
    kept = {name: one for name, one in os.environ.items() if not name.startswith(("GIT_", "XDG_"))}
    return kept | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(home),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_EDITOR": shlex.join(words),
        "GIT_AUTHOR_DATE": DATE,
        "GIT_COMMITTER_DATE": DATE,
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "LC_ALL": "C.UTF-8",
    }


def _server(subjects: list[str]) -> Any:
    """A mail server that notes the subjects of what it gets."""
    from email import message_from_bytes

    from aiosmtpd.controller import Controller

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            subject = str(message_from_bytes(envelope.content)["Subject"])
            subjects.append(" ".join(subject.split()))
            return "250 kept"

    class Server(Controller):  # type: ignore[misc]
        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    server = Server(Handler(), hostname="127.0.0.1", port=0)
    server.start()
    return server


def main() -> int:
    if sys.argv[1:] not in ([], ["--write"]):
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="session-") as folder:
        text = session(Path(folder))
    if sys.argv[1:]:
        SESSION.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
