# SPDX-License-Identifier: GPL-2.0-only
"""What the user has set for good: ``mmreview.*`` of git config, and a file named with --config.

The command line wins over the file, the file over git; what is a list adds up.
Nothing is read from the files of a work tree: they come with the patches.  The
configuration of a repository may come with it too, so additional rules, which
are code, are taken from the user's own configuration alone.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewer.frontend.inputs import InputError, is_directory
from reviewer.record import dataclass

if TYPE_CHECKING:
    from reviewer.frontend.arguments import Parser

MAX_CONFIG = 1 << 20
_SECONDS = 20.0
_OWN = ("system", "global")
_KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that can be set.  ``git`` is its name in git config, ``file`` in a file,
    ``option`` what the parsers call it; ``kind`` is ``word``, ``path`` (of a file),
    ``folder``, ``words`` or ``folders``; of the last two there can be several."""

    git: str
    file: str
    option: str
    kind: str


KEYS = (
    Key("failOn", "fail-on", "fail_on", "word"),
    Key("format", "format", "format", "word"),
    Key("rules", "rules", "rules", "folders"),
    Key("disable", "disable", "disable", "words"),
    Key("baseline", "baseline", "baseline", "path"),
    Key("index", "index", "index", "path"),
    Key("tree", "tree", "tree", "folder"),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """A value somebody set; ``where`` says which key it is and where it stands, for
    messages."""

    key: Key
    value: str
    where: str


def add_option(parser: argparse.ArgumentParser) -> None:
    """The option that names a file of settings."""
    parser.add_argument("--config", metavar="FILE", help="settings, in TOML (see also git config)")


def parsed(parser: "Parser", args: Sequence[str]) -> argparse.Namespace:
    """What the command line says, and the settings where it says nothing.

    The parser takes what it knows of them; InputError in a line for what is set
    wrongly, also when the command line says otherwise.
    """
    options = parser.parse_args(args)
    found = settings(getattr(options, "config", None))
    if not found:
        return options
    known = {action.dest: action for action in parser._actions}
    defaults: dict[str, Any] = {}
    for one in found:
        action = known.get(one.key.option)
        if action is None:
            continue
        if action.choices is not None and one.value not in action.choices:
            raise InputError(f"{one.where}: {_none_of(one.value, list(action.choices))}")
        if one.key.kind in ("words", "folders"):
            defaults.setdefault(one.key.option, []).append(one.value)
        else:
            defaults[one.key.option] = one.value
    parser.set_defaults(**defaults)
    return parser.parse_args(args)


def settings(file: str | None) -> tuple[Setting, ...]:
    """All settings, those that win last: of git config, when the current directory is in
    a repository, and of a file."""
    found = [*_from_git(), *(() if file is None else _from_file(file))]
    for one in found:
        if one.key.kind in ("folder", "folders") and not is_directory(one.value):
            raise InputError(f"{one.where}: {one.value}: no such directory")
        if one.key.kind == "path" and not _is_file(one.value):
            raise InputError(f"{one.where}: {one.value}: no such file")
    return tuple(found)


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except OSError:
        return False


def _key(name: str, where: str, git: bool) -> Key:
    """The key of a name; case and dashes do not count, as git knows no case."""
    plain = name.lower().replace("-", "")
    for one in KEYS:
        if plain == one.git.lower():
            return one
    names = [one.git if git else one.file for one in KEYS]
    raise InputError(f"{where}: {_none_of(name, names)}")


def _none_of(name: str, names: Sequence[str]) -> str:
    """What to say of a word that is none of some words."""
    from difflib import get_close_matches

    folded = {one.lower(): one for one in names}
    near = get_close_matches(name.lower(), folded, n=1)
    if near:
        return f"'{name[:80]}' is not known; did you mean {folded[near[0]]}?"
    return f"'{name[:80]}' is not known; there are {', '.join(names)}"


# Of git -----------------------------------------------------------------------


def _from_git() -> Iterator[Setting]:
    top = _top()
    if top is None:
        return
    fields = _asked(top).split("\0")
    for scope, origin, entry in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        name, given, value = entry.partition("\n")
        file = origin.removeprefix("file:")
        place = os.path.normpath(Path(top, file)) if origin != file else file.rstrip(":")
        where = f"mmreview.{name.partition('.')[2]} in {place}"
        if origin != file and _came_along(place, top) and not (scope in _OWN and _of_user(place)):
            raise InputError(f"{where}: no setting is taken from a file of the work tree")
        key = _key(name.partition(".")[2], where, git=True)
        where = f"mmreview.{key.git} in {place}"
        if not given or not value:
            raise InputError(f"{where}: has no value")
        if key.kind == "folders" and scope not in _OWN:
            raise InputError(
                f"{where}: rules are code, and only your own configuration may name them"
            )
        yield Setting(key, _path(value, top, where, key) if _is_path(key) else value, where)


def _is_path(key: Key) -> bool:
    return key.kind in ("path", "folder", "folders")


def _path(value: str, top: str, where: str, key: Key) -> str:
    """A path as git config has them: of the home directory with ``~/``, else of the top."""
    home = os.environ.get("HOME", "")
    whole = f"{home}{value[1:]}" if value.startswith("~/") else value
    if key.kind == "folders" and not whole.startswith("/"):
        raise InputError(f"{where}: must be a whole path, or begin with ~/")
    return str(Path(top, whole))


def _top() -> str | None:
    """The nearest folder around that has a ``.git``."""
    parts = os.path.realpath(".").split("/")
    for count in range(len(parts), 0, -1):
        folder = "/".join(parts[:count])
        if os.path.lexists(f"{folder}/.git"):
            return folder or "/"
    return None


def _came_along(place: str, top: str) -> bool:
    """Whether a file is one of the work tree, and not of git's own folder in it."""
    real, inside = os.path.realpath(place), os.path.realpath(top)
    own = os.path.realpath(f"{top}/.git")
    return _under(real, inside) and not _under(real, own)


def _of_user(place: str) -> bool:
    """Whether a file is the user's own configuration, wherever that lies."""
    home = os.environ.get("HOME", "")
    base = os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    own = (os.environ.get("GIT_CONFIG_GLOBAL"), f"{home}/.gitconfig", f"{base}/git/config")
    return os.path.normpath(place) in {os.path.normpath(one) for one in own if one}


def _under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _asked(top: str) -> str:
    """What git answers: scope, origin, key and value, over and over."""
    import subprocess

    from reviewer.source.git import environment

    env = environment() | {name: os.environ[name] for name in _KEPT if name in os.environ}
    listing = ["config", "--null", "--show-scope", "--show-origin", "--get-regexp", r"^mmreview\."]
    try:
        done = subprocess.run(
            ["git", "-C", top, *listing],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    if done.returncode > 1:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InputError(f"git config: {said[0] if said else 'cannot be read'}")
    return os.fsdecode(done.stdout)


# Of a file --------------------------------------------------------------------


def _from_file(name: str) -> Iterator[Setting]:
    import tomllib

    try:
        with Path(name).open("rb") as file:
            data = file.read(MAX_CONFIG + 1)
        if len(data) > MAX_CONFIG:
            raise InputError(f"--config {name}: larger than {MAX_CONFIG >> 20} MB")
        table = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise InputError(f"--config {name}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"--config {name}: not in UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"--config {name}: {error}") from None
    folder = Path(name).resolve().parent
    for word, value in table.items():
        key = _key(word, name, git=False)
        where = f"{key.file} in {name}"
        several = key.kind in ("words", "folders")
        for text in value if several and isinstance(value, list) else [value]:
            if not isinstance(text, str) or not text:
                raise InputError(
                    f"{where}: must be text" + (", or a list of it" if several else "")
                )
            shown = str(folder / Path(text).expanduser()) if _is_path(key) else text
            yield Setting(key, shown, where)
