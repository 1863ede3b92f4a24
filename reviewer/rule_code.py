# SPDX-License-Identifier: GPL-2.0-only
"""The ``check.py`` of a rule as code."""

from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

Run = Callable[..., Iterator[Any]]


def checks(path: Path) -> dict[str, Run]:
    """What a ``check.py`` defines of ``check`` and ``check_patch``, by name; the
    file is read when one of them is first run.  ValueError: neither is there."""
    if not path.is_file():
        return {}
    source = path.read_text(encoding="utf-8")
    defined = [name for name in ("check", "check_patch") if f"\ndef {name}(" in source]
    if not defined:
        raise ValueError("defines neither check nor check_patch")
    return {name: _running(path, name) for name in defined}


def _running(path: Path, name: str) -> Run:
    def run(*args: object) -> Iterator[Any]:
        found: Iterator[Any] = getattr(_module(path), name)(*args)
        return found

    return run


@cache
def _module(path: Path) -> ModuleType:
    name = f"mmreview_rules.{path.parent.name.replace('-', '_')}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
