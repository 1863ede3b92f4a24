# SPDX-License-Identifier: GPL-2.0-only
"""The calls, jumps and control statements that clang sees in a file.

Only what the file itself spells out is kept: a call, jump or loop inside the
body of a macro is nothing a reader of the file can see.  A control statement
that a macro begins and the file ends is one, as every iterator is.
"""

from collections.abc import Iterator, Sequence
from ctypes import POINTER, Structure, byref, c_uint, c_void_p, cast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from clang import cindex

from oracles.events import BRANCH, LOOP, Chain, Enclosing, Event, Reading, Text

_KIND = cindex.CursorKind
_CONTROL = {
    _KIND.IF_STMT: "if",
    _KIND.SWITCH_STMT: "switch",
    _KIND.WHILE_STMT: "while",
    _KIND.DO_STMT: "do",
    _KIND.FOR_STMT: "for",
}
_STATEMENTS = (*_CONTROL, _KIND.COMPOUND_STMT)
_PARTS = {
    "if": ("cond", "then", "else"),
    "switch": ("head", "body"),
    "while": ("head", "body"),
    "do": ("body", "head"),
}
_JUMPS = {
    _KIND.GOTO_STMT: "goto",
    _KIND.INDIRECT_GOTO_STMT: "goto",
    _KIND.CONTINUE_STMT: "continue",
    _KIND.BREAK_STMT: "break",
    _KIND.RETURN_STMT: "return",
}
_POINTS = {_KIND.CASE_STMT: "case", _KIND.DEFAULT_STMT: "default"}
_NAMED = (_KIND.DECL_REF_EXPR, _KIND.MEMBER_REF_EXPR)
_AROUND = (
    _KIND.UNEXPOSED_EXPR,
    _KIND.PAREN_EXPR,
    _KIND.UNARY_OPERATOR,
    _KIND.ARRAY_SUBSCRIPT_EXPR,
    _KIND.CSTYLE_CAST_EXPR,
    _KIND.CALL_EXPR,
)
_FLAGS = ("-w", "-ferror-limit=0", "-fsyntax-only")


@dataclass(slots=True)
class Seen:
    """What clang makes of a file.

    ``bodies`` are the functions whose opening brace stands in the file, by
    the offset of that brace; ``macros`` are the names of all macros;
    ``skipped`` the stretches that are not compiled; ``error`` why the file
    cannot be judged, or empty.
    """

    bodies: dict[int, tuple[str, Reading]] = field(default_factory=dict)
    macros: set[str] = field(default_factory=set)
    skipped: list[tuple[int, int]] = field(default_factory=list)
    error: str = ""

    def is_skipped(self, offset: int) -> bool:
        """Whether a place is not compiled."""
        return any(start <= offset < end for start, end in self.skipped)


class _Ranges(Structure):
    _fields_ = [("count", c_uint), ("ranges", POINTER(cindex.SourceRange))]


@cache
def _library() -> object:
    library = cindex.conf.lib
    library.clang_getFileLocation.argtypes = [cindex.SourceLocation] + [c_void_p] * 4
    library.clang_getSkippedRanges.argtypes = [cindex.TranslationUnit, cindex.File]
    library.clang_getSkippedRanges.restype = POINTER(_Ranges)
    return library


def seen(path: Path, flags: Sequence[str], text: Text) -> Seen:
    """What clang sees in one file, compiled with some flags."""
    options = cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD
    try:
        unit = cindex.Index.create().parse(str(path), [*flags, *_FLAGS], options=options)
    except cindex.TranslationUnitLoadError as reason:
        return Seen(error=str(reason))
    wrong = [one for one in unit.diagnostics if one.severity >= cindex.Diagnostic.Error]
    if wrong:
        return Seen(error=f"{wrong[0].spelling} ({len(wrong)} errors)")
    return _File(unit, path, text).seen()


class _File:
    def __init__(self, unit: cindex.TranslationUnit, path: Path, text: Text) -> None:
        self.unit, self.text = unit, text
        self.file = unit.get_file(str(path))
        self.library = _library()
        self.handle = cast(self.file.from_param(), c_void_p).value
        self.reading = Reading()

    def seen(self) -> Seen:
        result = Seen(skipped=list(self._skipped()))
        for cursor in self.unit.cursor.get_children():
            if cursor.kind == _KIND.MACRO_DEFINITION:
                result.macros.add(cursor.spelling)
            elif cursor.kind == _KIND.FUNCTION_DECL and cursor.is_definition():
                self._function(cursor, result)
        return result

    def _skipped(self) -> Iterator[tuple[int, int]]:
        ranges = self.library.clang_getSkippedRanges(self.unit, self.file)
        for number in range(ranges.contents.count):
            one = ranges.contents.ranges[number]
            yield self.place(one.start), self.place(one.end)

    def place(self, location: cindex.SourceLocation) -> int:
        """The offset in the file, of a macro's argument where it is written
        and of its body where the macro is used; -1 for another file."""
        file, offset = c_void_p(), c_uint()
        self.library.clang_getFileLocation(location, byref(file), None, None, byref(offset))
        return offset.value if file.value == self.handle else -1

    def _function(self, cursor: cindex.Cursor, result: Seen) -> None:
        if self.place(cursor.location) < 0:
            return
        for child in cursor.get_children():
            brace = self.place(child.extent.start) if child.kind == _KIND.COMPOUND_STMT else -1
            if brace >= 0 and self.text.bare[brace : brace + 1] == b"{":
                name, known = result.bodies.get(brace, (cursor.spelling, Reading()))
                self.reading = known
                self.walk(child, ())
                result.bodies[brace] = (name, known)

    def walk(self, cursor: cindex.Cursor, chain: Chain) -> None:
        kind = cursor.kind
        if kind in _CONTROL:
            self._control(cursor, _CONTROL[kind], chain)
            return
        if kind == _KIND.CXX_UNARY_EXPR:
            return  # sizeof evaluates nothing
        if kind == _KIND.CALL_EXPR:
            self._call(cursor, chain)
        elif kind in _JUMPS:
            self._jump(cursor, _JUMPS[kind], chain)
        elif kind in _POINTS or kind == _KIND.LABEL_STMT:
            self._point(cursor, chain)
        for child in cursor.get_children():
            self.walk(child, chain)

    def _control(self, cursor: cindex.Cursor, kind: str, chain: Chain) -> None:
        offset = self.place(cursor.extent.start)
        children = list(cursor.get_children())
        if offset >= 0 and self.text.word(offset) == kind:
            self._statement(kind, offset, chain)
            parts = _PARTS.get(kind) or ("head",) * (len(children) - 1) + ("body",)
            for child, part in zip(children, parts, strict=False):
                self.walk(child, (*chain, Enclosing(kind, offset, part)))
            return
        if offset >= 0 and self._reaches_out(children, offset):
            chain = self._with_macro(kind, offset, chain)
        for child in children:
            self.walk(child, chain)

    def _reaches_out(self, children: Sequence[cindex.Cursor], macro: int) -> bool:
        """Whether something of a statement a macro begins stands behind it."""
        end = self.text.macro_end(macro)
        for child in children:
            offset = self.place(child.extent.start)
            if offset >= end:
                return True
            inside = offset == macro and child.kind in _STATEMENTS
            if inside and self._reaches_out(list(child.get_children()), macro):
                return True
        return False

    def _with_macro(self, kind: str, offset: int, chain: Chain) -> Chain:
        loop = kind in ("for", "while", "do")
        if chain and chain[-1].offset == offset:
            loop = loop or chain[-1].kind == LOOP
            chain = chain[:-1]
        made = LOOP if loop else BRANCH
        self._statement(made, offset, chain)
        return (*chain, Enclosing(made, offset, ""))

    def _statement(self, kind: str, offset: int, chain: Chain) -> None:
        here = self.text.placed(chain, offset)
        self.reading.statements[offset] = Event(kind, offset, "", here)

    def _point(self, cursor: cindex.Cursor, chain: Chain) -> None:
        offset = self.place(cursor.extent.start)
        word = self.text.word(offset) if offset >= 0 else ""
        if cursor.kind == _KIND.LABEL_STMT and word == cursor.spelling:
            self._statement("label", offset, chain)
        elif word and word == _POINTS.get(cursor.kind):
            self._statement(word, offset, chain)

    def _jump(self, cursor: cindex.Cursor, kind: str, chain: Chain) -> None:
        offset = self.place(cursor.extent.start)
        if offset < 0 or self.text.word(offset) != kind:
            return
        labels = (one.spelling for one in cursor.get_children() if one.kind == _KIND.LABEL_REF)
        name = next(labels, "") if cursor.kind == _KIND.GOTO_STMT else ""
        self.reading.jumps[offset] = Event(kind, offset, name, self.text.placed(chain, offset))

    def _call(self, cursor: cindex.Cursor, chain: Chain) -> None:
        callee = next(cursor.get_children(), None)
        while callee is not None and callee.kind in _AROUND:
            inside = list(callee.get_children())
            last = callee.kind == _KIND.CSTYLE_CAST_EXPR
            callee = None if not inside else inside[-1 if last else 0]
        if callee is None or callee.kind not in _NAMED:
            return
        offset, name = self.place(callee.location), callee.spelling
        if offset >= 0 and self.text.word(offset) == name:
            here = self.text.placed(chain, offset)
            self.reading.calls[offset] = Event("call", offset, name, here)
