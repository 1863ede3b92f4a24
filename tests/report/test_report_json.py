# SPDX-License-Identifier: GPL-2.0-only
"""The JSON contract."""

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from report_samples import (
    BROKEN,
    CONFIRMED,
    EMPTY,
    MODEL,
    UNDECIDED,
    UNJUDGED,
    VERDICT,
    review_of,
)

from reviewer.report.json_report import as_json
from reviewer.verdict.records import Review

SCHEMA = json.loads(files("reviewer.report").joinpath("schema.json").read_text("utf-8"))
NO_BEFORE = replace(VERDICT, model=replace(MODEL, before=None, guard=None))
REVIEWS = {
    "refuted": review_of(VERDICT),
    "confirmed": review_of(CONFIRMED),
    "undecided": review_of(UNDECIDED),
    "unjudged": review_of(UNJUDGED),
    "no before image": review_of(NO_BEFORE),
    "all": review_of(VERDICT, CONFIRMED, UNDECIDED, UNJUDGED),
    "empty": EMPTY,
    "broken": BROKEN,
}


@pytest.mark.parametrize("name", REVIEWS)
def test_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(json.loads(as_json(REVIEWS[name])))


def _objects(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for one in schema for found in _objects(one)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + [found for one in schema.values() for found in _objects(one)]


def test_schema_is_closed() -> None:
    for one in _objects(SCHEMA):
        assert one["additionalProperties"] is False or one["additionalProperties"].get("$ref")
        assert set(one.get("required", ())) == set(one.get("properties", ()))


def test_contract() -> None:
    data = json.loads(as_json(review_of(VERDICT)))
    assert list(data)[:8] == [
        "schema_version",
        "patches",
        "findings",
        "claims",
        "justification",
        "questions",
        "facts",
        "problems",
    ]
    assert data["schema_version"] == 1
    assert data["patches"][0]["files"] == ["lib/box.c"]
    finding = data["findings"][0]
    assert finding["standing"] == "REFUTED_IN_MODEL"
    assert finding["model"]["guard"] == {"call": "box_freeze", "line": 27}
    assert finding["witness"][1] == {
        "cpu": 0,
        "step": "box_try_get()",
        "file": "lib/find.c",
        "line": 40,
        "actor": "find_box",
        "effect": "users + 1",
    }
    assert data["claims"][0]["verdict"] == "REFUTED"


def test_nulls() -> None:
    finding = json.loads(as_json(review_of(UNJUDGED)))["findings"][0]
    assert finding["model"] is None and finding["standing"] is None
    assert finding["after"][0]["must"] is None and finding["witness"] == []
    model = json.loads(as_json(review_of(NO_BEFORE)))["findings"][0]["model"]
    assert model["before"] is None and model["guard"] is None


def test_problems() -> None:
    assert json.loads(as_json(BROKEN))["problems"] == [
        {
            "patch": 0,
            "file": "lib/box.c",
            "function": "box_open",
            "reason": "no end of the function",
        }
    ]


@pytest.mark.parametrize("name", REVIEWS)
def test_same_bytes_again(name: str) -> None:
    text = as_json(REVIEWS[name])
    shuffled: Review = replace(
        REVIEWS[name], facts=dict(reversed(list(REVIEWS[name].facts.items())))
    )
    assert text == as_json(shuffled)
    assert text.endswith("}\n") and '\n  "patches": [' in text
