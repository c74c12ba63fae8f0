"""LangChain's messages, and what LangGraph passes between its nodes (https://reference.langchain.com/python/langchain_core/messages/)."""

from typing import Final

from tracing.shapes.parts import Item, call, result, text, thought, turn

__all__ = ("held", "turns")

_ROLES: Final = {
    "human": "user",
    "HumanMessageChunk": "user",
    "ai": "assistant",
    "AIMessageChunk": "assistant",
    "system": "system",
    "SystemMessageChunk": "system",
    "tool": "tool",
    "ToolMessageChunk": "tool",
    "function": "tool",
}


def held(value: Item) -> object:
    """The generations of a model, or the update that a node returns."""
    if isinstance(generations := value.get("generations"), list):
        return generations
    update = value.get("update")
    return update if isinstance(update, dict) and "messages" in update else None


def turns(item: Item) -> list[Item] | None:
    """A message, as the library dumps it or as it serializes it; a generation, which holds one; a node's update, which holds several."""
    if isinstance(update := item.get("update"), dict) and isinstance(messages := update.get("messages"), list):
        told = [_turn(each) for each in messages if isinstance(each, dict)]
    else:
        told = [_turn(item["message"] if isinstance(item.get("message"), dict) and "generation_info" in item else item)]
    return None if None in told else [each for each in told if each is not None]


def _turn(item: Item) -> Item | None:
    if item.get("type") == "constructor" and isinstance(item.get("kwargs"), dict):
        item = item["kwargs"]
    role = _ROLES.get(str(item.get("type")))
    if role is None or not isinstance(content := item.get("content"), str | list):
        return None
    if role == "tool":
        return turn(role, [result(item.get("tool_call_id"), content)])
    parts = [text(content)] if isinstance(content, str) else [_block(block) for block in content]
    return turn(role, [*(part for part in parts if part.get("content") != ""), *_calls(item, parts)])


def _calls(item: Item, parts: list[Item]) -> list[Item]:
    """The calls of a message that are not among its content, too."""
    known = {str(part.get("id")) for part in parts if "id" in part}
    calls = item.get("tool_calls")
    asked = [each for each in calls if isinstance(each, dict)] if isinstance(calls, list) else []
    return [call(each.get("id"), each.get("name"), each.get("args")) for each in asked if str(each.get("id")) not in known]


def _block(block: object) -> Item:
    if not isinstance(block, dict):
        return text(block)
    if block.get("type") == "tool_call" and "args" in block:
        return call(block.get("id"), block.get("name"), block["args"])
    return thought(block["reasoning"]) if block.get("type") == "reasoning" and "reasoning" in block else block
