"""What a message is made of."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from gateway.dialects.types.dialect_name import DialectName

__all__ = ("CacheMark", "Citation", "Media", "Message", "Part", "Reasoning", "Refusal", "Text", "ToolCall", "ToolResult")


class CacheMark(msgspec.Struct, frozen=True):
    """The prompt up to and with this part is worth keeping. ``ttl`` as the client said it (``5m``, ``1h``); ``None``: the vendor's default."""

    ttl: str | None = None


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """Where a piece of text came from. ``start`` and ``end`` are offsets of characters in the text that cites; ``raw`` is the vendor's own form."""

    url: str | None = None
    title: str | None = None
    cited: str | None = None
    start: int | None = None
    end: int | None = None
    raw: Mapping[str, Any] = {}


class Text(msgspec.Struct, frozen=True, tag="text"):
    """Words. ``signature`` belongs to a thought before them, and has to come back with them (Gemini)."""

    text: str
    cache: CacheMark | None = None
    citations: tuple[Citation, ...] = ()
    signature: str | None = None


class Media(msgspec.Struct, frozen=True, kw_only=True, tag="media"):
    """An image, a document, a sound, a film: exactly one of ``data`` (base64), ``url``, ``file_id`` (of the vendor's store), ``text`` says what it is."""

    kind: Literal["image", "document", "audio", "video"]
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    text: str | None = None
    name: str | None = None
    detail: str | None = None
    cache: CacheMark | None = None
    cited: bool | None = None


class ToolCall(msgspec.Struct, frozen=True, kw_only=True, tag="tool_call"):
    """The model asks for a tool. ``arguments`` is JSON text of an object, ``{}`` when there are none; ``signature`` as in ``Text``."""

    id: str
    name: str
    arguments: str = "{}"
    signature: str | None = None
    cache: CacheMark | None = None


class ToolResult(msgspec.Struct, frozen=True, kw_only=True, tag="tool_result"):
    """What a tool gave back. ``name`` is ``""`` where the dialect gives only the call's id."""

    call_id: str
    parts: tuple["Text | Media", ...] = ()
    name: str = ""
    is_error: bool = False
    cache: CacheMark | None = None


class Reasoning(msgspec.Struct, frozen=True, kw_only=True, tag="reasoning"):
    """What the model thought. ``signature`` lets the vendor believe it when it comes back; ``redacted`` is a thought that only the vendor reads.

    ``origin`` is the dialect of that vendor: nobody else can do anything with either.
    """

    text: str = ""
    signature: str | None = None
    redacted: str | None = None
    id: str | None = None
    origin: DialectName | None = None


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """The model says that it will not."""

    text: str


Part = Text | Media | ToolCall | ToolResult | Reasoning | Refusal


class Message(msgspec.Struct, frozen=True):
    """One turn. Results of tools are messages of role ``tool`` that hold nothing else, in the order in which they came."""

    role: Literal["system", "user", "assistant", "tool"]
    parts: tuple[Part, ...]
    name: str | None = None
