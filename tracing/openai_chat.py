"""What was said in OpenAI's chat, in the form of the GenAI conventions. Pure.

A span of the gateway is journalled with the messages as they came (``RawSpan.asked``, ``RawSpan.answered``), and read when it is stored: nobody
waits for that. https://platform.openai.com/docs/api-reference/chat,
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tracing.unreadable import UNREADABLE, utf8

__all__ = (
    "ChatChoice",
    "ChatMessage",
    "FunctionCall",
    "ToolCall",
    "answer_attributes",
    "message_parts",
    "read_choices",
    "request_attributes",
    "texts_of",
    "thinking_text",
    "unread_attributes",
)

SYSTEM_ROLES: Final = frozenset({"system", "developer"})


class FunctionCall(msgspec.Struct):
    """The function of a tool call; ``arguments`` is JSON text, as the model wrote it."""

    name: str = ""
    arguments: str = ""


class ToolCall(msgspec.Struct):
    """A tool call of an assistant message."""

    id: str = ""
    function: FunctionCall = msgspec.field(default_factory=FunctionCall)


class ChatMessage(msgspec.Struct):
    """A message of a conversation, in a request or in an answer."""

    role: str = ""
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None


class ChatChoice(msgspec.Struct):
    """One of the answers of a completion; ``text`` is that of a completion without messages."""

    message: ChatMessage | None = None
    text: str | None = None
    finish_reason: str | None = None
    index: int = 0

    def said(self) -> ChatMessage | None:
        """The message, however it came."""
        return ChatMessage(content=self.text) if self.message is None and self.text is not None else self.message


class _Answer(msgspec.Struct):
    choices: list[ChatChoice] | None = None


_MESSAGES: Final = msgspec.json.Decoder(list[ChatMessage])
_ANSWER: Final = msgspec.json.Decoder(_Answer)


def read_choices(answer: bytes) -> list[ChatChoice]:
    """The choices of a whole answer. Raises ``msgspec.MsgspecError`` or ``RecursionError`` when they are in another form."""
    return _ANSWER.decode(answer).choices or []


def unread_attributes(asked: bytes, answered: bytes) -> dict[str, str]:
    """The attributes of a request's messages and of a whole answer; empty is neither."""
    asked, answered = utf8(asked), utf8(answered)
    return {**(request_attributes(asked) if asked else {}), **(answer_attributes(answered) if answered else {})}


def request_attributes(raw: bytes) -> dict[str, str]:
    """The attributes of a request's messages: those of the system in front, and all that follow. None of what is in another form."""
    if (messages := _read(raw)) is None:
        return {}
    parts = [(message.role, message_parts(message)) for message in messages]
    lead = next((index for index, (role, _) in enumerate(parts) if role not in SYSTEM_ROLES), len(parts))
    said = {"gen_ai.input.messages": _json([{"role": role, "parts": found} for role, found in parts[lead:]])}
    return said if not lead else {"gen_ai.system_instructions": _json([part for _, found in parts[:lead] for part in found]), **said}


def answer_attributes(answer: bytes) -> dict[str, str]:
    """The attribute of an answer's messages. What is in another form stays as it came."""
    try:
        choices = read_choices(answer)
    except UNREADABLE:
        return {"gen_ai.output.messages": answer.decode(errors="replace")}
    messages = [_told(message, choice.finish_reason) for choice in choices if (message := choice.said()) is not None]
    return {"gen_ai.output.messages": _json(messages)} if messages else {}


def texts_of(raw: bytes) -> list[str]:
    """The texts of a request's messages, for an estimate."""
    return [str(part.get("content", "")) for message in _read(raw) or () for part in message_parts(message)]


def message_parts(message: ChatMessage) -> list[dict[str, Any]]:
    """The parts of a message."""
    parts: list[dict[str, Any]] = []
    if message.reasoning_content:
        parts.append({"type": "reasoning", "content": message.reasoning_content})
    if message.tool_call_id is not None:
        return [*parts, {"type": "tool_call_response", "id": message.tool_call_id, "response": message.content}]
    if isinstance(message.content, str):
        parts.append({"type": "text", "content": message.content})
    elif message.content:
        parts += [_content_part(part) for part in message.content]
    if message.refusal:
        parts.append({"type": "refusal", "content": message.refusal})
    parts += [
        {"type": "tool_call", "id": call.id, "name": call.function.name, "arguments": call.function.arguments}
        for call in message.tool_calls or ()
    ]
    return parts


def thinking_text(part: Mapping[str, Any]) -> str:
    """A thought among the parts of a message, as Mistral has it: text, or parts of text."""
    thinking = part.get("thinking")
    if isinstance(thinking, list):
        return "".join(str(each.get("text", "")) for each in thinking if isinstance(each, dict))
    return thinking if isinstance(thinking, str) else ""


def _read(raw: bytes) -> list[ChatMessage] | None:
    try:
        return _MESSAGES.decode(raw)
    except UNREADABLE:
        return None


def _content_part(part: dict[str, Any]) -> dict[str, Any]:
    if part.get("type") == "text":
        return {"type": "text", "content": part.get("text", "")}
    if part.get("type") == "thinking":
        return {"type": "reasoning", "content": thinking_text(part)}
    if part.get("type") == "image_url":
        image = part.get("image_url")
        return {"type": "uri", "modality": "image", "uri": image.get("url", "") if isinstance(image, dict) else image}
    return part


def _told(message: ChatMessage, finish: str | None) -> dict[str, Any]:
    told = {"role": message.role or "assistant", "parts": message_parts(message)}
    return told if finish is None else {**told, "finish_reason": finish}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
