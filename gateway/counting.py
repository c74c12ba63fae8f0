"""How many tokens a request would have, before anybody is asked: an estimate, by the vocabulary that is at hand."""

from typing import Final

import msgspec

from gateway.dialects.types import HostedTool, Media, Part, Reasoning, Refusal, Request, Text, Tool, ToolCall, ToolResult
from gateway.estimate import estimate_tokens

__all__ = ("counted",)

A_MESSAGE: Final = 4
"""What a message costs beside its words."""

AN_IMAGE: Final = 1600
A_PAGE_BYTES: Final = 100_000
"""Base64 bytes of a document that are taken for a page, of ``A_PAGE`` tokens."""

A_PAGE: Final = 2000


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
