# SPDX-License-Identifier: GPL-2.0-only
"""Baselines: files of findings that are known and are not to be told again."""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reviewer.frontend.inputs import InputError
from reviewer.record import dataclass
from reviewer.verdict.records import Review
from reviewer.verdict.suppress import Known

SCHEMA_VERSION = 1
MAX_BASELINE = 16 << 20
_TEXTS = ("fingerprint", "rule", "file", "function", "message", "reason")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One known finding.  ``fingerprint`` is what counts, ``reason`` what somebody
    wrote beside it; the rest is for people, and to sort by."""

    file: str
    function: str
    rule: str
    fingerprint: str
    message: str
    reason: str


def read_baseline(name: str) -> tuple[Entry, ...]:
    """The entries of a baseline; `InputError` says in a line what is wrong with it."""
    try:
        with Path(name).open("rb") as file:
            data = file.read(MAX_BASELINE + 1)
        if len(data) > MAX_BASELINE:
            raise ValueError(f"larger than {MAX_BASELINE >> 20} MB")
        return _entries(json.loads(data.decode("utf-8")))
    except OSError as error:
        raise InputError(f"--baseline {name}: {error.strerror or error}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"--baseline {name}: no JSON, {where}: {error.msg}") from None
    except UnicodeDecodeError:
        raise InputError(f"--baseline {name}: not in UTF-8") from None
    except RecursionError:
        raise InputError(f"--baseline {name}: nested too deeply") from None
    except ValueError as error:
        raise InputError(f"--baseline {name}: {error}") from None


def known(entries: Sequence[Entry]) -> tuple[Known, ...]:
    """The entries as the review asks for them."""
    return tuple(Known(one.fingerprint, one.reason) for one in entries)


def _entries(data: object) -> tuple[Entry, ...]:
    if not isinstance(data, dict):
        raise ValueError("not a baseline: no object at the top")
    if data.get("schema_version") != SCHEMA_VERSION:
        version = data.get("schema_version")
        raise ValueError(f"schema_version is {version!r}, and {SCHEMA_VERSION} is understood")
    findings = data.get("findings")
    if not isinstance(findings, list) or data.keys() != {"schema_version", "findings"}:
        raise ValueError("must have 'schema_version' and a list of 'findings', and nothing else")
    return tuple(_entry(number, one) for number, one in enumerate(findings, start=1))


def _entry(number: int, data: object) -> Entry:
    if not isinstance(data, dict):
        raise ValueError(f"finding {number} is no object")
    texts: Mapping[str, Any] = dict.fromkeys(_TEXTS, "") | data
    for name, value in texts.items():
        if name not in _TEXTS:
            raise ValueError(f"finding {number}: unknown key '{name}'")
        if not isinstance(value, str):
            raise ValueError(f"finding {number}: '{name}' must be text")
    if not texts["fingerprint"]:
        raise ValueError(f"finding {number} has no 'fingerprint'")
    return Entry(**texts)


def stale(entries: Sequence[Entry], result: Review) -> int:
    """How many entries no longer occur, of those in files that were reviewed: what
    is wrong with other files, or with those that could not be read, is not known."""
    seen = {diff.path for patch in result.patches for diff in patch.files}
    seen -= {one.problem.file for one in result.problems}
    met = Counter(one.fingerprint for one in result.suppressed)
    count = 0
    for one in entries:
        if met[one.fingerprint]:
            met[one.fingerprint] -= 1
        elif one.file in seen or not one.file:
            count += 1
    return count


def write_baseline(name: str, result: Review, old: Sequence[Entry]) -> None:
    """Write what was found to a file, all or nothing; `InputError` when it cannot be."""
    found = sorted(_found(result, old))
    findings = [
        {key: getattr(one, key) for key in _TEXTS if key != "reason" or one.reason} for one in found
    ]
    data = {"schema_version": SCHEMA_VERSION, "findings": findings}
    text = json.dumps(data, indent=2) + "\n"
    try:
        _replace(Path(name).resolve(), text.encode())
    except (OSError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        raise InputError(f"--write-baseline {name}: {why or error}") from None


def _found(result: Review, old: Sequence[Entry]) -> list[Entry]:
    """All that is found, whether it is known already or not; what a changelog or
    an option left out is not there to be known."""
    reasons = {one.fingerprint: one.reason for one in old}
    seen = [
        (one.finding.file, one.finding.function, one.finding.rule, one.fingerprint)
        + (one.finding.message,)
        for one in result.verdicts
    ]
    seen += [
        (one.file, one.function, one.rule, one.fingerprint, one.message)
        for one in result.suppressed
        if one.by == "baseline"
    ]
    return [Entry(*one, reasons.get(one[3], "")) for one in seen]


def _replace(path: Path, data: bytes) -> None:
    """Nobody ever sees half of it, and no device is replaced by a file."""
    if path.exists() and not path.is_file():
        raise OSError(0, "not a regular file")
    draft = path.with_name(f".{path.name[:100]}.{os.getpid()}.new")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
