# SPDX-License-Identifier: GPL-2.0-only
"""Completions, asked of the shells themselves."""

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from frontend_samples import ROOT, Program

from reviewer.frontend.cli import VERBS
from reviewer.frontend.commands import Argument, Command, every, program
from reviewer.frontend.completion import SHELLS, completions

RULES = sorted(path.parent.name for path in (ROOT / "rules").glob("*/rule.toml"))
RULE = "read-moved-out-of-lock"


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script of each shell, a patch, a C file and a folder."""
    folder = tmp_path_factory.mktemp("completion")
    for shell in SHELLS:
        (folder / f"script.{shell}").write_text(completions(shell))
    (folder / "some.patch").touch()
    (folder / "source.c").touch()
    (folder / "subtree").mkdir()
    return folder


def asked(shell: str, code: str, folder: Path) -> list[str]:
    """What a shell answers, line by line."""
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    quiet = {"bash": ["--norc", "--noprofile"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [found, *quiet, "-c", code],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()


def in_bash(folder: Path, line: str) -> list[str]:
    """What bash offers at the end of the line; bash cuts words at ``=``."""
    words = [word for word in re.split(r"(=)|\s+", line) if word]
    if line[-1] in " ":
        words.append("")
    code = (
        f"source ./script.bash; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; "
        '_mmreview; ((${#COMPREPLY[@]})) && printf "%s\\n" "${COMPREPLY[@]}"; true'
    )
    return sorted(asked("bash", code, folder))


def in_fish(folder: Path, line: str) -> list[str]:
    """What fish offers at the end of the line, without the descriptions."""
    code = f"source ./script.fish; complete -C {shlex.quote(line)}"
    return sorted(one.split("\t")[0].rstrip("/") for one in asked("fish", code, folder))


OFFERED = [
    ("mmreview re", ["review"]),
    ("mmreview so", ["some.patch", "source.c"]),
    ("mmreview some.patch --format sa", ["sarif"]),
    ("mmreview --tree s", ["subtree"]),
    ("mmreview review --fail-on ", ["error", "note", "warning"]),
    ("mmreview --explain read-", [RULE]),
    ("mmreview rules read-", [RULE]),
    ("mmreview rules --format ma", ["markdown"]),
    ("mmreview graph --list", []),
    ("mmreview simulate folio_", ["folio_refcount"]),
    ("mmreview simulate --scenario folio_", ["folio_refcount"]),
    ("mmreview index --on", ["--only"]),
    ("mmreview index sub", ["subtree"]),
    ("mmreview completion ", ["bash", "fish", "zsh"]),
    ("mmreview simulate --no-sym", ["--no-symmetry"]),
]


@pytest.mark.parametrize(("line", "offered"), OFFERED, ids=lambda one: str(one))
def test_bash(scripts: Path, line: str, offered: list[str]) -> None:
    assert in_bash(scripts, line) == sorted(offered)


@pytest.mark.parametrize(("line", "offered"), OFFERED, ids=lambda one: str(one))
def test_fish(scripts: Path, line: str, offered: list[str]) -> None:
    assert in_fish(scripts, line) == sorted(offered)


@pytest.mark.parametrize("ask", [in_bash, in_fish])
def test_every_rule_and_every_verb(scripts: Path, ask: "type[in_bash]") -> None:
    assert ask(scripts, "mmreview rules ") == RULES
    offered = ask(scripts, "mmreview ")
    assert set(VERBS) <= set(offered) and "some.patch" in offered


@pytest.mark.parametrize("ask", [in_bash, in_fish])
def test_a_list_is_completed_at_its_end(scripts: Path, ask: "type[in_bash]") -> None:
    assert ask(scripts, "mmreview --disable lock-removed,read-m") == [f"lock-removed,{RULE}"]


def test_bash_completes_behind_an_equals_sign(scripts: Path) -> None:
    assert in_bash(scripts, "mmreview --format=") == in_bash(scripts, "mmreview --format ")
    assert in_bash(scripts, "mmreview --format=rd") == ["rdjsonl"]
    assert in_bash(scripts, "mmreview --format=json rules") == []


def options() -> list[tuple[Command, Argument]]:
    return [(one, option) for one in every(program()) for option in one.options]


@pytest.mark.parametrize("ask", [in_bash, in_fish])
def test_every_option_of_every_verb(scripts: Path, ask: "type[in_bash]") -> None:
    for command in every(program()):
        line = " ".join(["mmreview", *command.words, "--"])
        flags = [flag for one in command.options for flag in one.flags if flag.startswith("--")]
        assert set(flags) <= set(ask(scripts, line)), line


@pytest.mark.parametrize("shell", SHELLS)
def test_every_choice_is_in_the_script(shell: str) -> None:
    script = completions(shell)
    for command, option in options():
        assert " ".join(option.choices) in script, (command.words, option.flags)


# Typing ----------------------------------------------------------------------------


def typed(shell: str, start: str, keys: str, folder: Path) -> str:
    """What a command line becomes in an interactive shell; ``mmreview`` prints its arguments."""
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    quiet = ["--norc", "--noprofile"] if shell == "bash" else ["-f"]
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        env = {**os.environ, "HOME": str(folder), "TERM": "dumb", "ZDOTDIR": str(folder)}
        os.execve(found, [shell, *quiet, "-i"], env)
    try:
        os.write(
            terminal, f"{start}; PS1='re''ady>'; mmreview() {{ echo \"(\"$*\")\"; }}\n".encode()
        )
        _until(terminal, r"ready>")
        os.write(terminal, f"{keys}\n".encode())
        return _until(terminal, r"\n\(([^\n]*)\)\r?\n")
    finally:
        os.close(terminal)
        os.waitpid(process, 0)


def _until(terminal: int, pattern: str) -> str:
    """Read until the pattern comes; its group."""
    text, end = "", time.monotonic() + 30
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            text += os.read(terminal, 65536).decode(errors="replace")
        match = re.search(pattern, text)
        if match:
            return match[match.lastindex or 0].strip("\r")
    raise AssertionError(f"no {pattern} in {text!r}")


TYPED = [
    ("mmreview ru\tread-\t", f"rules {RULE}"),
    ("mmreview --form\tsar\tsome\t", "--format sarif some.patch"),
    ("mmreview --tree su\t", "--tree subtree/"),
    ("mmreview --disable lock-removed,read-m\t", f"--disable lock-removed,{RULE}"),
    (
        "mmreview simulate --scenario folio_r\tsource\t",
        "simulate --scenario folio_refcount source.c",
    ),
    ("mmreview completion z\t", "completion zsh"),
]


@pytest.mark.parametrize(("keys", "line"), TYPED, ids=lambda one: str(one))
def test_typing_in_bash(scripts: Path, keys: str, line: str) -> None:
    assert typed("bash", "source ./script.bash", keys, scripts) == line


@pytest.mark.parametrize(("keys", "line"), TYPED, ids=lambda one: str(one))
def test_typing_in_zsh(scripts: Path, keys: str, line: str) -> None:
    start = (
        "autoload -U compinit; compinit -u -D; source ./script.zsh; unsetopt prompt_cr prompt_sp"
    )
    # Zsh puts the value behind an equals sign, and leaves out the last slash.
    found = typed("zsh", start, keys, scripts).strip()
    assert found.replace("=", " ") == line.rstrip("/")


def test_zsh_finds_the_script_in_a_folder_of_fpath(scripts: Path) -> None:
    (scripts / "functions").mkdir()
    shutil.copy(scripts / "script.zsh", scripts / "functions" / "_mmreview")
    start = "fpath=($PWD/functions $fpath); autoload -U compinit; compinit -u -D"
    keys, line = TYPED[0]
    assert typed("zsh", f"{start}; unsetopt prompt_cr prompt_sp", keys, scripts).strip() == line


# The verb --------------------------------------------------------------------------


@pytest.mark.parametrize("shell", SHELLS)
def test_the_verb_prints_the_script(program: Program, shell: str) -> None:
    done = program.run("completion", shell)
    assert (done.status, done.lines) == (0, ()) and done.out == completions(shell)


def test_a_shell_that_is_not_known(program: Program) -> None:
    done = program.run("completion", "csh")
    assert (done.status, done.out) == (2, "") and "csh" in done.line
