# SPDX-License-Identifier: GPL-2.0-only
"""Hostile diffs and mails for a plain file, by name."""

from collections.abc import Callable

Diff = Callable[[int], bytes]
"""A diff or mail of about so many bytes."""

NAMES = b"--- a/mm/x.c\n+++ b/mm/x.c\n"
LINE = b"\tp->x = a;\n"
TREE = b"int f(struct thing *p, int a)\n{\n" + LINE * 50_000 + b"}\n"
_FIRST = 5
MAIL = b"From a@b Thu Jan  1 00:00:00 1970\nFrom: a@b\nSubject: [PATCH %d/9] x\n\ntext\n---\n"


def _hunk(old: int, new: int, added: bytes = b"+\tq();\n") -> bytes:
    return b"@@ -%d,2 +%d,3 @@ int f(int a)\n" % (old, new) + b" " + LINE + added + b" " + LINE


def hunks(old: Callable[[int], int], new: Callable[[int], int]) -> Diff:
    """One file with many hunks, each at the lines two functions give."""

    def make(size: int) -> bytes:
        count = size // len(_hunk(10_000, 10_000))
        return NAMES + b"".join(_hunk(old(n), new(n)) for n in range(count))

    return make


def again(unit: bytes, before: bytes = b"", behind: bytes = b"") -> Diff:
    """The same again and again."""
    return lambda size: before + unit * (size // len(unit)) + behind


def _files(size: int) -> bytes:
    one = b"--- a/mm/x%d.c\n+++ b/mm/x%d.c\n" + _hunk(_FIRST, _FIRST)
    return b"".join(one % (n, n) for n in range(size // len(one)))


def _series(size: int) -> bytes:
    """A patch creates a file; the others change one line of it over and over."""
    text = b"int f(struct thing *p, int a)\n{\n" + LINE * 2000 + b"}\n"
    made = b"--- /dev/null\n+++ b/mm/y.c\n@@ -0,0 +1,%d @@\n" % text.count(b"\n")
    created = MAIL % 1 + made + text.replace(b"\n", b"\n+").join((b"+", b""))[:-1] + b"\n"
    names = NAMES.replace(b"x.c", b"y.c")
    steps = [
        MAIL % 2 + names + _hunk(_FIRST, _FIRST, b"+\tq%d();\n" % n) + b"\n"
        for n in range((size - len(text)) // 200)
    ]
    return created + b"".join(steps)


DIFFS: dict[str, Diff] = {
    "hunks in order": hunks(lambda n: _FIRST + 4 * n, lambda n: _FIRST + 5 * n),
    "hunks that overlap": hunks(lambda n: _FIRST + n, lambda n: _FIRST + n),
    "hunks at one line": hunks(lambda n: _FIRST, lambda n: _FIRST),
    "hunks backwards": hunks(lambda n: 50_000 - 4 * n, lambda n: 50_000 - 3 * n),
    "hunks that moved": hunks(lambda n: _FIRST + 4 * n + 1_000_000, lambda n: 5 * n + 1_000_000),
    "hunks cut short": again(b"@@ -1,9 +1,9 @@\n a\n", NAMES),
    "headers of hunks": again(b"@@ -1 +1 @@\n", NAMES),
    "names of files": again(NAMES),
    "names of files by git": again(b"diff --git a/mm/x.c b/mm/x.c\n"),
    "files": _files,
    "one hunk of added lines": lambda size: (
        NAMES + b"@@ -5,0 +6,%d @@\n" % (size // 12) + (b"+" + LINE) * (size // 12)
    ),
    "one hunk of removed lines": lambda size: (
        NAMES + b"@@ -5,%d +4,0 @@\n" % (min(size // 12, 40_000)) + (b"-" + LINE) * (size // 12)
    ),
    "one long line": again(b"a", NAMES + b"@@ -1 +1 @@\n-", b"\n+b\n"),
    "a long name": again(b"a/", b"--- a/", b"x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n"),
    "mails": again(MAIL % 1 + NAMES + _hunk(_FIRST, _FIRST) + b"\n"),
    "headers of a mail": again(b"X-A: b\n", b"From: a@b\nSubject: x\n", b"\n"),
    "a long subject": again(b"=?utf-8?q?a?= ", b"From: a@b\nSubject: ", b"\n\n"),
    "quotes in a reply": again(b"> a\n", b"From: a@b\nSubject: Re: x\nIn-Reply-To: <a@b>\n\n"),
    "parts of a mail": again(
        b"--b\nContent-Type: text/plain\n\na\n",
        b"From: a@b\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n",
    ),
    "a series on one file": _series,
}
