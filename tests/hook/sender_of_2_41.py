# SPDX-License-Identifier: GPL-2.0-only
"""What git-send-email of git 2.41 and later does before it sends, and no more.

    python sender_of_2_41.py FILE...

The files are validated as its `validate_patch` and the loop around it do (read
in 2.47.3): at the top level, with GIT_DIR, the mail and a file of headers as
arguments, and the count in the environment.  Exit status 0: everything would be
sent; 1: nothing.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HEADERS = "From: A B <a@example.org>\nTo: list@example.org\nSubject: {}\nMessage-ID: <1@x>\n"


def main(files: list[Path]) -> int:
    ask = ["git", "rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-path", "hooks"]
    said = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.splitlines()
    top, git_dir, hook = said[0], said[1], Path(said[2]).absolute() / "sendemail-validate"
    environment = os.environ | {"GIT_DIR": git_dir, "GIT_SENDEMAIL_FILE_TOTAL": str(len(files))}
    for number, file in enumerate(files, start=1):
        environment["GIT_SENDEMAIL_FILE_COUNTER"] = str(number)
        if not os.access(hook, os.X_OK):
            continue
        with tempfile.NamedTemporaryFile(prefix=".gitsendemail.header.", dir=git_dir) as headers:
            headers.write(HEADERS.format(file.name).encode())
            headers.flush()
            command = ["git", "hook", "run", "--ignore-missing", "sendemail-validate", "--"]
            command += [str(file.resolve()), headers.name]
            if subprocess.run(command, cwd=top, env=environment, check=False).returncode:
                print(f"fatal: {file}: rejected by sendemail-validate hook", file=sys.stderr)
                return 1
        if os.environ.get("WAIT_BEHIND_FIRST") and number == 1:
            sys.stdin.readline()
    return 0


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
