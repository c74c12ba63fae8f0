"""Anthropic's requests, whose system prompt stands beside their messages (https://docs.anthropic.com/en/api/messages)."""

from tracing.shapes.parts import Item, is_standard

__all__ = ("held", "turns")


def held(value: Item) -> object:
    """The messages behind the system prompt."""
    messages = value.get("messages")
    system = {"role": "system", "content": value.get("system")}
    return [system, *messages] if isinstance(messages, list) and system["content"] and is_standard(system) else None


def turns(item: Item) -> list[Item] | None:
    """None: they are in the shape of the conventions."""
    return None
