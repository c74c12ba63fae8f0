"""What a request says, for its span, whichever dialect it came in."""

from typing import Any

import msgspec

from gateway.dialects.table import CLIENT_DIALECTS
from gateway.dialects.types import HostedTool, Tool
from gateway.passages.observing import told_part
from gateway.types import Inbound

__all__ = ("Said", "said_in")


class Said(msgspec.Struct, frozen=True):
    """Parts and messages in the form of the GenAI conventions; ``tools`` as OpenAI's chat declares them."""

    system: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]


def said_in(inbound: Inbound) -> Said | None:
    """What a request says; ``None`` for one that cannot be read, which was refused elsewhere."""
    try:
        request = CLIENT_DIALECTS[inbound.dialect].read_request(inbound.body)
    except Exception:  # noqa: BLE001 - the request ends once, and its span is written, also where reading it is what failed
        return None
    return Said(
        system=[told_part(part) for part in request.system],
        messages=[{"role": message.role, "parts": [told_part(part) for part in message.parts]} for message in request.messages],
        tools=[_tool(tool) for tool in request.tools],
    )


def _tool(tool: Tool | HostedTool) -> dict[str, Any]:
    if isinstance(tool, HostedTool):
        return tool.raw
    return {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters}}
