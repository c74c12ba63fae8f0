"""AutoGen: what its agents say to each other, and to models (https://microsoft.github.io/autogen/stable/reference/)."""

from typing import Any, Final

from tracing.shapes.parts import Item, call, result, text, thought, turn

__all__ = ("held", "turns")

_ENDS: Final = ("Message", "Event")


def held(value: Item) -> object:
    """The message of an agent's answer."""
    message = value.get("chat_message")
    return [message] if isinstance(message, dict) else None


def turns(item: Item) -> list[Item] | None:
    """A message or an event. Who is not the user, the system or a tool is an assistant, with its name."""
    kind, source = str(item.get("type")), item.get("source")
    if not kind.endswith(_ENDS) or "content" not in item:
        return None
    content = item["content"]
    parts = [_part(each, kind) for each in (content if isinstance(content, list) else [content])]
    named = {"name": source} if isinstance(source, str) and source != "user" else {}
    return [{**turn(_role(kind, source), parts), **named}]


def _role(kind: str, source: object) -> str:
    if kind == "SystemMessage":
        return "system"
    if "Execution" in kind:
        return "tool"
    return "user" if source == "user" or kind == "UserMessage" else "assistant"


def _part(value: Any, kind: str) -> Item:
    if not isinstance(value, dict):
        return thought(value) if kind == "ThoughtEvent" else text(value)
    if "arguments" in value:
        return call(value.get("id"), value.get("name"), value["arguments"])
    return result(value["call_id"], value.get("content")) if "call_id" in value else {"type": "object", **value}
