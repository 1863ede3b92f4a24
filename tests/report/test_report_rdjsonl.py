# SPDX-License-Identifier: GPL-2.0-only
"""The Reviewdog Diagnostic Format, read as its reader does: by the protocol buffer."""

import json
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from report_samples import BROKEN, CONFIRMED, EMPTY, FINDING, VERDICT, review_of

from reviewer.report.formats import Options, report
from reviewer.verdict.records import Review, Suppressed

# What a field is, and its number, as the format documents it.
MESSAGES = {
    "Diagnostic": {
        "message": ("string", 1),
        "location": ("Location", 2),
        "severity": ("Severity", 3),
        "source": ("Source", 4),
        "code": ("Code", 5),
    },
    "Location": {"path": ("string", 2), "range": ("Range", 3)},
    "Range": {"start": ("Position", 1), "end": ("Position", 2)},
    "Position": {"line": ("int32", 1), "column": ("int32", 2)},
    "Source": {"name": ("string", 1), "url": ("string", 2)},
    "Code": {"value": ("string", 1), "url": ("string", 2)},
}
SEVERITIES = ("UNKNOWN_SEVERITY", "ERROR", "WARNING", "INFO")
SUPPRESSED = Suppressed(
    0, "other-rule", "lib/box.c", "", 0, "no lock", "fedcba9876543210", "option", ""
)
HOSTILE = replace(
    VERDICT,
    finding=replace(
        FINDING, file="lib/\x1b[1mb\udcffox.c", message='an "end"\n{"message": 1}', line=0
    ),
)
REVIEWS = {
    "all": replace(
        review_of(VERDICT, CONFIRMED, replace(VERDICT, severity="note")), suppressed=(SUPPRESSED,)
    ),
    "hostile": review_of(HOSTILE),
    "broken": BROKEN,
}


def _type_of() -> type[Any]:
    """The message of the format, compiled from the table above."""
    file = descriptor_pb2.FileDescriptorProto(name="rdf.proto", package="rdf", syntax="proto3")
    severity = file.enum_type.add(name="Severity")
    for number, name in enumerate(SEVERITIES):
        severity.value.add(name=name, number=number)
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, fields in MESSAGES.items():
        made = file.message_type.add(name=name)
        for field, (kind, number) in fields.items():
            one = made.field.add(name=field, number=number, label=kinds.LABEL_OPTIONAL)
            if kind in ("string", "int32"):
                one.type = kinds.TYPE_STRING if kind == "string" else kinds.TYPE_INT32
            else:
                one.type = kinds.TYPE_ENUM if kind == "Severity" else kinds.TYPE_MESSAGE
                one.type_name = f".rdf.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found: type[Any] = message_factory.GetMessageClass(pool.FindMessageTypeByName("rdf.Diagnostic"))
    return found


DIAGNOSTIC = _type_of()


def diagnostics(review: Review) -> list[Any]:
    """Every line as a message; a field that is not documented is an error."""
    lines = report(review, "rdjsonl", Options()).split("\n")
    assert lines.pop() == ""
    return [json_format.Parse(line, DIAGNOSTIC()) for line in lines]


@pytest.mark.parametrize("name", REVIEWS)
def test_each_line_is_a_diagnostic(name: str) -> None:
    found = diagnostics(REVIEWS[name])
    assert len(found) == len(REVIEWS[name].verdicts) + len(REVIEWS[name].suppressed)
    for one in found:
        assert one.message and one.location.path and one.code.value
        assert one.source.name == "mmreview" and one.severity


def test_the_reader_refuses_what_is_not_documented() -> None:
    for line in ('{"massage": ""}', '{"severity": "NOTE"}', '{"message": 1}'):
        with pytest.raises(json_format.ParseError):
            json_format.Parse(line, DIAGNOSTIC())


def test_place_and_severity() -> None:
    found = diagnostics(REVIEWS["all"])
    assert [SEVERITIES[one.severity] for one in found] == ["WARNING", "ERROR", "INFO", "INFO"]
    first = found[0]
    assert (first.location.path, first.location.range.start.line) == ("lib/box.c", 13)
    # Which column it is, nobody established.
    assert first.location.range.start.column == 0
    assert first.code.value == "read-moved-out-of-lock"
    assert first.message.startswith("box_users(box) is read outside of shelf->slots.x_lock. ")
    assert found[-1].message == "suppressed by option"
    assert not found[-1].location.HasField("range")


def test_what_a_later_patch_repairs_nobody_suppressed() -> None:
    later = replace(SUPPRESSED, by="series", reason="patch 2/2 takes the lock")
    (one,) = diagnostics(replace(EMPTY, suppressed=(later,)))
    assert one.message == "patch 2/2 takes the lock"


def test_a_patch_adds_no_line_and_no_control() -> None:
    (one,) = diagnostics(REVIEWS["hostile"])
    assert one.location.path == "lib/ [1mb ox.c"
    assert one.message.startswith('An "end" {"message": 1}. ')
    text = report(REVIEWS["hostile"], "rdjsonl", Options())
    assert text.isascii() and len(text.splitlines()) == 1
    assert list(json.loads(text)) == ["message", "location", "severity", "source", "code"]


def test_nothing_found_is_an_empty_text() -> None:
    assert report(EMPTY, "rdjsonl", Options()) == ""
