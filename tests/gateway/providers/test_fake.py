"""The fake models answer whatever schema they are given, or say what in it is none."""

import json

import pytest

from gateway.providers.fake.models import Fault, scripted
from gateway.types import Operation

SAID = [{"role": "user", "content": "hello"}]


def answered(operation: Operation = Operation.CHAT, **body) -> dict:
    script = scripted(operation, json.dumps({"messages": SAID, **body}).encode())
    assert isinstance(script.answer, bytes), script.answer
    return json.loads(script.answer)["choices"][0]


def called(parameters: object) -> object:
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    [call] = answered(model="tools", tools=[tool])["message"]["tool_calls"]
    return json.loads(call["function"]["arguments"])


def verdict(properties: object) -> dict:
    form = {"type": "json_schema", "json_schema": {"schema": {"properties": properties}}}
    return json.loads(answered(model="judge", response_format=form)["message"]["content"])


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        (None, {}),
        ({}, {}),
        ({"properties": {"a": {"type": "string"}, "b": True, "c": {"type": ["integer", "null"], "minimum": 3}}}, {"a": "example", "b": "example", "c": 3}),
        ({"properties": {"a": {"const": None}, "b": {"default": None}, "c": {"enum": [7]}}, "required": ["a", "b", "d"]}, {"a": None, "b": None, "d": "example"}),
        ({"type": "array", "items": {"anyOf": [{"type": "null"}, {"type": "string"}]}}, [None]),
        ({"type": [], "properties": None, "required": None, "enum": None}, {}),
        ({"type": "unheard-of"}, None),
        ({"type": "integer", "minimum": 1.5, "maximum": 2**64}, 2),
    ],
)  # fmt: skip
def test_a_tool_is_called_with_what_fits_its_schema(parameters: object, arguments: object):
    assert called(parameters) == arguments


def test_a_schema_however_deep_has_an_example():
    deep: dict = {"type": "string"}
    for _ in range(100):
        deep = {"type": "object", "properties": {"a": {"type": "array", "items": {"oneOf": [deep]}}}}
    assert called(deep)


def test_a_verdict_fits_its_schema():
    found = verdict(
        {
            "a": {"type": "integer", "minimum": 2, "maximum": 5},
            "b": {"enum": ["x"]},
            "c": True,
            "d": {"type": "number", "minimum": -1e300, "maximum": 1e300},
        }
    )
    assert 2 <= found["a"] <= 5 and found["b"] == "x" and isinstance(found["c"], bool) and -1e300 <= found["d"] <= 1e300


@pytest.mark.parametrize("operation", [Operation.CHAT, Operation.COMPLETIONS])
@pytest.mark.parametrize(
    "asked",
    [
        {"model": "tools", "tools": [3]},
        {"model": "tools", "tools": [{"function": {"name": "f", "parameters": {"properties": {"a": 1}}}}]},
        {"model": "tools", "tools": [{"function": {"parameters": {"anyOf": [None]}}}]},
        {"model": "tools", "tools": [{"function": "f"}]},
        {"model": "judge", "response_format": "json"},
        {"model": "judge", "response_format": {"json_schema": {"schema": {"properties": {"a": {"type": {}}}}}}},
        {"model": "judge", "response_format": {"json_schema": {"schema": {"properties": {"a": {"type": "integer", "maximum": 1.7e308}}}}}},
    ],
)
def test_what_is_no_schema_is_the_callers_mistake(operation: Operation, asked: dict):
    script = scripted(operation, json.dumps({"messages": SAID, "prompt": "hello", **asked}).encode())
    assert isinstance(script.answer, Fault) and script.answer.status == 400
    assert b"A tool or a format of the request cannot be read" in script.answer.body
