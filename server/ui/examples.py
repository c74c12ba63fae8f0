"""A trace as an example of an evaluation dataset. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from tracing.types import SpanContent, Trace

__all__ = ("example_of",)


def example_of(trace: Trace, said: SpanContent) -> dict[str, Any]:
    """The record that MLflow's client makes of a trace: what its first span was given and said, what people expected, and where it comes from.

    ``said`` is the content of that span. What is no JSON object becomes one, as inputs of records must be; messages of text alone are
    written as chat clients send them, so that an example can be sent again.
    """
    expected = {each.name: each.value for each in trace.assessments if each.kind == "EXPECTATION"}
    found = {"inputs": _object(said.input), "source": {"source_type": "TRACE", "source_data": {"trace_id": f"tr-{trace.summary.trace_id}"}}}
    return found | ({"outputs": _answer(said.output)} if said.output else {}) | ({"expectations": expected} if expected else {})


def _object(text: str) -> dict[str, Any]:
    value = _read(text)
    if isinstance(value, dict):
        return value
    return {"messages": [_sendable(each) for each in value]} if _is_messages(value) else {"input": value}


def _answer(text: str) -> Any:
    """The text alone of one message of text."""
    value = _read(text)
    if not _is_messages(value):
        return value
    messages = [_sendable(each) for each in value]
    return messages[0]["content"] if len(messages) == 1 and isinstance(messages[0].get("content"), str) else messages


def _is_messages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and "role" in each for each in value)


def _sendable(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stored message has parts (OpenTelemetry's GenAI conventions); one of text alone is written with its text as ``content``."""
    parts = message.get("parts")
    if not isinstance(parts, list) or not all(isinstance(each, dict) and each.get("type") == "text" for each in parts):
        return message
    return {"role": message["role"], "content": "".join(str(each.get("content", "")) for each in parts)}


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
