"""How many tokens a request would have, before it is sent: the vendor's count where it has one in the client's dialect, else an estimate."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from gateway.dialects.types import DialectName, HostedTool, Media, Part, Reasoning, Refusal, Request, Text, Tool, ToolCall, ToolResult
from gateway.estimate import estimate_tokens
from gateway.types import Inbound, Operation, Resource, Target
from gateway.wire.patch import replace as replace_member
from tracing.unreadable import UNREADABLE

__all__ = ("counted", "counting", "model_of", "passed_to")

_COUNTERS: Final[Mapping[tuple[DialectName, str], str]] = {
    (DialectName.ANTHROPIC, "anthropic"): "/messages/count_tokens",
    (DialectName.GEMINI, "gcp.gemini"): "/models/{model}:countTokens",
    (DialectName.GEMINI, "gcp.vertex_ai"): "/publishers/google/models/{model}:countTokens",
    (DialectName.OPENAI_RESPONSES, "openai"): "/responses/input_tokens",
}
"""Where a vendor counts requests of its dialect, beneath its base URL."""

A_MESSAGE: Final = 4
"""What a message costs beside its words."""

AN_IMAGE: Final = 1600
A_PAGE_BYTES: Final = 100_000
"""Base64 bytes of a document that are taken for a page, of ``A_PAGE`` tokens."""

A_PAGE: Final = 2000


class Named(msgspec.Struct):
    """The member of a body that names its model."""

    model: str = ""


_NAMED: Final = msgspec.json.Decoder(Named)


def model_of(body: bytes) -> str:
    """The model that a body names; ``""`` where it names none."""
    try:
        return _NAMED.decode(body).model
    except UNREADABLE:
        return ""


def counting(inbound: Inbound, target: Target, system: str) -> Inbound | None:
    """The request that asks ``target``'s vendor to count this one; ``None`` where the vendor does not count in this dialect."""
    path = _COUNTERS.get((inbound.dialect, system))
    return None if path is None else passed_to(inbound, target, path.format(model=quote(target.model, safe="")))


def passed_to(inbound: Inbound, target: Target, path: str) -> Inbound:
    """The same request for another path of ``target``'s vendor. It is passed through, and is no generation."""
    body = inbound.body if inbound.model else replace_member(inbound.body, "model", msgspec.json.encode(target.model))
    return replace(
        inbound,
        operation=Operation.PASSTHROUGH,
        dialect=DialectName.OPENAI_CHAT,
        body=body,
        model=target.model,
        resource=Resource(path=path),
        provider=target.provider,
    )


def counted(request: Request) -> int:
    """Tokens of the instructions, the messages and the tools."""
    words = sum(estimate_tokens(text.text) for text in request.system)
    tools = sum(_tool(tool) for tool in request.tools)
    messages = sum(A_MESSAGE + sum(map(_part, message.parts)) for message in request.messages)
    return words + tools + messages


def _tool(tool: Tool | HostedTool) -> int:
    declared = tool.raw if isinstance(tool, HostedTool) else (tool.name, tool.description, tool.parameters)
    return A_MESSAGE + estimate_tokens(msgspec.json.encode(declared).decode())


def _part(part: Part) -> int:
    match part:
        case Text(text) | Refusal(text):
            return estimate_tokens(text)
        case Reasoning():
            return estimate_tokens(part.text)
        case ToolCall():
            return A_MESSAGE + estimate_tokens(part.name) + estimate_tokens(part.arguments)
        case ToolResult():
            return A_MESSAGE + sum(map(_part, part.parts))
        case Media():
            return _media(part)


def _media(media: Media) -> int:
    if media.text is not None:
        return estimate_tokens(media.text)
    if media.kind == "image" or media.data is None:
        return AN_IMAGE
    return A_PAGE * max(1, len(media.data) // A_PAGE_BYTES)
