"""Cohere's chat, version 2; shape only, and only what is read: answers and events.

https://docs.cohere.com/reference/chat. What is a list in an answer is a single object in an event of a stream.
"""

from typing import Any

import msgspec

__all__ = ("Answer", "Delta", "Event", "EventMessage", "Function", "Item", "Message", "Usage")


class Function(msgspec.Struct):
    """The function of a call; ``arguments`` is JSON text."""

    name: str | None = None
    arguments: str | None = None


class Call(msgspec.Struct):
    """A call."""

    id: str | None = None
    function: Function | None = None


class Item(msgspec.Struct):
    """A piece of a message's content."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None


class Message(msgspec.Struct):
    """The message of an answer."""

    content: list[Item] | None = None
    tool_plan: str | None = None
    tool_calls: list[Call] | None = None
    citations: list[dict[str, Any]] | None = None


class Units(msgspec.Struct):
    """Tokens; some servers count in fractions."""

    input_tokens: float | None = None
    output_tokens: float | None = None


class Usage(msgspec.Struct):
    """``usage``: what is billed, and what was read, the vendor's own instructions included."""

    billed_units: Units | None = None
    tokens: Units | None = None
    cached_tokens: float | None = None


class Answer(msgspec.Struct):
    """The body of an answer."""

    id: str | None = None
    message: Message | None = None
    finish_reason: str | None = None
    usage: Usage | None = None


class EventMessage(msgspec.Struct):
    """The message of an event."""

    content: Item | list[Item] | None = None
    tool_plan: str | None = None
    tool_calls: Call | list[Call] | None = None
    citations: dict[str, Any] | list[dict[str, Any]] | None = None


class Delta(msgspec.Struct):
    """``delta`` of an event."""

    message: EventMessage | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    error: str | None = None


class Event(msgspec.Struct):
    """One event of a stream."""

    type: str = ""
    id: str | None = None
    index: int = 0
    delta: Delta | None = None
