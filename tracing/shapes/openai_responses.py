"""OpenAI's Responses API, and agents that speak it (https://platform.openai.com/docs/api-reference/responses)."""

from itertools import groupby
from typing import Final

from tracing.shapes.parts import Item, call, is_standard, result, text, thought, turn

__all__ = ("held", "turns")

_CALLS: Final = frozenset({"function_call", "custom_tool_call", "mcp_call"})
_RESULTS: Final = frozenset({"function_call_output", "custom_tool_call_output"})
_ACTS: Final = ("_call", "_output", "_request", "_response", "_list_tools")
"""How the types of items end that are the service's own tools: ``web_search_call``, ``mcp_approval_request``."""


def held(value: Item) -> object:
    """The input of a request, behind its instructions; the items of an answer."""
    if value.get("object") == "response" and isinstance(value.get("output"), list):
        return _joined(value["output"])
    given = value.get("input")
    if "model" not in value or not _given(given) or not isinstance(given, str | list):
        return None
    said = [turn("user", [text(given)])] if isinstance(given, str) else given
    instructions = value.get("instructions")
    return [turn("system", [text(instructions)]), *said] if _given(instructions) and isinstance(instructions, str) else said


def turns(item: Item) -> list[Item] | None:
    """An item. Calls of the service's own tools stay as they are, parts of the assistant's message."""
    kind = item.get("type")
    if not isinstance(kind, str):
        return None
    if kind in _CALLS:
        return [turn("assistant", [call(item.get("call_id"), item.get("name"), item.get("arguments", item.get("input")))])]
    if kind in _RESULTS:
        return [turn("tool", [result(item.get("call_id"), item.get("output"))])]
    if kind == "reasoning" and isinstance(item.get("summary"), list):
        return [turn("assistant", _thoughts(item))]
    return [turn("assistant", [item])] if kind.endswith(_ACTS) and "id" in item else None


def _thoughts(item: Item) -> list[Item]:
    """What is told of a thought: all of it, or its summary, or nothing."""
    content = item.get("content")
    told = [*(content if isinstance(content, list) else ()), *item["summary"]]
    return [thought(piece["text"]) for piece in told if isinstance(piece, dict) and isinstance(piece.get("text"), str)]


def _joined(output: list[object]) -> list[object]:
    """The items of an answer, neighbours of one role as one message."""
    told = [each for item in output if isinstance(item, dict) for each in ([item] if is_standard(item) else turns(item) or [item])]
    if not all(is_standard(each) for each in told):
        return output
    return [turn(role, [part for each in said for part in _parts(each)]) for role, said in groupby(told, key=lambda each: each["role"])]


def _parts(message: Item) -> list[Item]:
    said = message.get("parts", message.get("content"))
    return [text(said)] if isinstance(said, str) else list(said or ())


def _given(value: object) -> bool:
    """Whether an argument was given: tracers write the client's marks for one that was not as ``<openai.Omit object at …>``."""
    return bool(value) and not (isinstance(value, str) and value.startswith("<openai."))
