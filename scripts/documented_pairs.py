#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""List the structure members whose comment in a kernel header names their lock.

    scripts/documented_pairs.py TREE [--draw N --seed S]

Read are the headers of include/, fs/, mm/, kernel/, block/ and net/.  A member is
a candidate when the comment behind its declaration or right before it says that
it is protected by, or changed under, something called like a lock, or that such a
lock protects it; beside a lock, when that comment says which members of the same
structure it protects (``b_*`` stands for all of them).  RCU is no lock here.

One line each: file, line of the comment, struct, member, the lock in the words of
the comment (of a lock's own comment: its name).  In the order of file and line, or
with ``--draw`` the first N of a shuffle by ``random.Random(S)``: more lines of the
same seed only ever add to the end.

Nothing is decided here: a comment may be wrong, or be misread.  Whoever makes a
table of it looks at the code that writes the member.
Exit status: 0 the list is on standard output; 1 TREE is no kernel source.
"""

from __future__ import annotations

import argparse
import bisect
import fnmatch
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

READ = ("include", "fs", "mm", "kernel", "block", "net")
HUGE = 1_500_000  # headers beyond it are register lists

TOKEN = re.compile(
    r"(?P<comment>/\*.*?\*/|//[^\n]*)"
    r"|(?P<directive>^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)"
    r"|(?P<text>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"
    r"|(?P<open>(?:\b(?:struct|union)\b(?P<tag>[^{};()=,*/#\"]*))?\{)"
    r"|(?P<close>\})"
    r"|(?P<end>;)",
    re.DOTALL | re.MULTILINE,
)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
DECORATION = re.compile(r"/\*+<?|\*+/|//+|^[ \t]*\*+", re.MULTILINE)
ATTRIBUTE = re.compile(r"\b__\w+(?:\s*\((?:[^()]|\([^()]*\))*\))?")
SHAPE = re.compile(r"\[[^\]]*\]|:\s*\w+\s*$|=.*$")
WRAPPED = re.compile(r"^\s*DECLARE_(?:BITMAP|HASHTABLE)\s*\(\s*(\w+)")
LOCK_TYPE = re.compile(
    r"\b(?:(?:raw_)?spinlock_t|rwlock_t|seqlock_t|local_lock_t|arch_spinlock_t"
    r"|struct\s+(?:mutex|rw_semaphore|semaphore|rt_mutex|percpu_rw_semaphore|ww_mutex))\b"
)

LOCK = r"[@&%*]*[\w>.()-]*(?:(?<![bc])lock|mutex|mtx|rtnl|sem)(?![a-z])\w*(?:\(\w*\))?"
PHRASE = rf"(?P<lock>(?:[@&%*\w>.()'-]+[ ]){{0,3}}?{LOCK}(?:[ ](?:spin)?lock\b|[ ]mutex\b)?)"
SAID = (
    re.compile(rf"\bprotected\s+(?:by|with)\s+{PHRASE}", re.I),
    re.compile(rf"\bunder\s+{PHRASE}", re.I),
    re.compile(rf"(?P<lock>{LOCK})\s+(?:also\s+)?protects\b", re.I),
)
PROTECTS = re.compile(r"\bprotects\b(?P<what>(?:[^;().]|\.(?=\w))*)", re.I)
NAMED = re.compile(r"[a-z_][\w*]*", re.I)
NO_LOCK = re.compile(r"\brcu|\bany\b", re.I)


class Candidate(NamedTuple):
    file: str
    line: int
    struct: str
    member: str
    lock: str


@dataclass(slots=True)
class Declaration:
    names: list[str]
    text: str
    remarks: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Scope:
    tag: str
    is_struct: bool
    declarations: list[Declaration] = field(default_factory=list)


@dataclass(slots=True)
class Reader:
    """Walks over one header and hands out each structure when its brace closes."""

    source: str
    breaks: list[int]
    scopes: list[Scope] = field(default_factory=list)
    words: list[str] = field(default_factory=list)  # of the declaration being read
    begun: int = 0  # the line where it began
    remark: tuple[int, int, str] | None = None  # the comment before: first line, last, text
    last: tuple[int, Declaration] | None = None  # the declaration before, line of its ';'

    def line(self, offset: int) -> int:
        return bisect.bisect_left(self.breaks, offset) + 1

    def structs(self) -> Iterator[Scope]:
        here = 0
        for found in TOKEN.finditer(self.source):
            self.plain(here, found.start())
            here = found.end()
            if found["comment"]:
                self.comment(found)
            elif found["end"]:
                self.finish(self.line(found.start()))
            elif found["open"]:
                self.enter(found["tag"])
            elif found["close"] and self.scopes:
                yield from self.leave(self.line(found.start()))

    def plain(self, begin: int, end: int) -> None:
        text = self.source[begin:end]
        if not text.strip():
            return
        if not self.words:
            self.begun = self.line(begin + len(text) - len(text.lstrip()))
        self.words.append(text.strip())

    def comment(self, found: re.Match[str]) -> None:
        first, end = self.line(found.start()), self.line(found.end() - 1)
        text = " ".join(DECORATION.sub(" ", found.group()).split())
        if self.last and self.last[0] == first and not self.words:
            self.last[1].remarks.append((first, text))
        elif not self.words:
            self.remark = (first, end, text)

    def finish(self, line: int) -> None:
        text = " ".join(self.words)
        self.last = None
        if self.scopes and self.scopes[-1].is_struct and text:
            made = Declaration(names_of(text), text)
            if self.remark and self.remark[1] >= self.begun - 1:
                made.remarks.append((self.remark[0], self.remark[2]))
            self.scopes[-1].declarations.append(made)
            self.last = (line, made)
        self.words, self.remark = [], None

    def enter(self, tag: str | None) -> None:
        name = ATTRIBUTE.sub(" ", tag or "").split()
        inside = tag is not None and (not self.scopes or self.scopes[-1].is_struct)
        outer = self.scopes[-1].tag if self.scopes else ""
        self.scopes.append(Scope(name[0] if name and inside else outer, inside))
        self.words, self.remark, self.last = [], None, None

    def leave(self, line: int) -> Iterator[Scope]:
        closed = self.scopes.pop()
        self.words, self.remark, self.last = [], None, None
        if closed.is_struct:
            yield closed
            if self.scopes:
                self.words, self.begun = [""], line


def names_of(text: str) -> list[str]:
    """The members a declaration declares; none of a function pointer or a macro."""
    wrapped = WRAPPED.match(text)
    if wrapped:
        return [wrapped[1]]
    text = ATTRIBUTE.sub(" ", text)
    if "(" in text:
        return []
    names = []
    for part in text.split(","):
        words = re.findall(r"[A-Za-z_]\w*", SHAPE.sub(" ", part))
        words = [word for word in words if not word.startswith("__")]
        names += words[-1:]
    return names


def claims(struct: Scope) -> Iterator[tuple[int, str, str]]:
    """The line, the member and the lock of what the comments in a structure say."""
    members = [name for one in struct.declarations for name in one.names]
    for one in struct.declarations:
        for line, text in one.remarks:
            if LOCK_TYPE.search(one.text):
                for name in protected(text, members):
                    if name not in one.names:
                        yield line, name, one.names[0]
                continue
            lock = lock_in(text)
            for name in one.names if lock else ():
                yield line, name, lock


def protected(text: str, members: list[str]) -> Iterator[str]:
    """Those of the members that a lock's comment says it protects."""
    for said in PROTECTS.finditer(text):
        for word in NAMED.findall(said["what"]):
            if "*" not in word or len(word.strip("*")) > 1:
                yield from fnmatch.filter(members, word)


def lock_in(text: str) -> str:
    """What a member's comment calls its lock, or nothing."""
    for pattern in SAID:
        for said in pattern.finditer(text):
            if not NO_LOCK.search(said["lock"]):
                return said["lock"]
    return ""


def candidates(tree: Path) -> list[Candidate]:
    found = set()
    for top in READ:
        for path in (tree / top).rglob("*.h"):
            if path.stat().st_size > HUGE:
                continue
            source = path.read_text(encoding="utf-8", errors="replace")
            breaks = [at.start() for at in re.finditer("\n", source)]
            for struct in Reader(source, breaks).structs():
                for line, member, lock in claims(struct):
                    if struct.tag:
                        name = path.relative_to(tree).as_posix()
                        found.add(Candidate(name, line, struct.tag, member, lock))
    return sorted(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("tree", type=Path)
    parser.add_argument("--draw", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    args = parser.parse_args()
    if not (args.tree / "include" / "linux").is_dir():
        print(f"{args.tree}: no kernel source", file=sys.stderr)
        return 1
    found = candidates(args.tree)
    if args.draw is not None:
        random.Random(args.seed).shuffle(found)
        found = found[: args.draw]
    for one in found:
        print(*one, sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main())
