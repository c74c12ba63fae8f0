"""Which names, statuses and icons are accepted, in the sentences that MLflow's clients know. Everything here raises ``InvalidParameterValue``."""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from registry.errors import InvalidParameterValue
from registry.icons import check_icon
from registry.mcp_servers.shapes import Tool
from registry.outbound.guard import AddressGuard
from registry.versioned.statuses import CHANGES

__all__ = (
    "check_length",
    "check_url",
    "initial_status",
    "read_server_name",
    "read_status",
    "read_transport",
    "written_icons",
    "written_server_json",
    "written_tools",
)

TRANSPORTS: Final = ("streamable-http", "sse")
RESERVED: Final = frozenset({"aliases", "endpoints", "tags", "versions"})
LONGEST_NAME: Final = 256
LONGEST_KEY: Final = 250
LONGEST_VALUE: Final = 5000
_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9.-]*[a-zA-Z0-9]/([a-zA-Z0-9][a-zA-Z0-9._-]*[a-zA-Z0-9])")
_NO_NAME: Final = "Invalid MCP server name. Expected '<reverse-dns namespace>/<server slug>' such as 'com.example/server-name'."


def read_server_name(name: str) -> str:
    """``com.example/weather``."""
    if not name:
        raise InvalidParameterValue("MCP server name must not be empty")
    found = _NAME.fullmatch(name)
    if found is None or found[1] in RESERVED:
        raise InvalidParameterValue(_NO_NAME)
    check_length("name", name, LONGEST_NAME)
    return name


def check_length(field: str, text: str | None, most: int) -> None:
    """A text has a length that every database of MLflow's takes, so that it can be taken there."""
    if text is not None and len(text) > most:
        raise InvalidParameterValue(f"'{field}' exceeds the maximum length of {most} characters")


def read_status(text: str) -> str:
    """The status of a version."""
    if text not in CHANGES:
        raise InvalidParameterValue(f"Invalid status: '{text}'")
    return text


def initial_status(text: str) -> str:
    """The status of a new version."""
    if read_status(text) not in {"draft", "active"}:
        raise InvalidParameterValue("Initial MCP server registration status must be 'draft' or 'active'.")
    return text


def read_transport(text: str) -> str:
    """The transport by which an endpoint is spoken to."""
    if text not in TRANSPORTS:
        raise InvalidParameterValue(f"Invalid transport_type: '{text}'")
    return text


def check_url(url: str) -> None:
    """The address of an endpoint."""
    if not url.strip():
        raise InvalidParameterValue(f"MCP access endpoint url cannot be empty or just whitespace: {url!r}")
    check_length("url", url, 2048)


async def written_icons(guard: AddressGuard, icons: Sequence[dict[str, Any]] | None, field: str = "icons") -> list[dict[str, Any]] | None:
    """Icons as they are kept. ``source`` says in answers whose they are; those of a version do not become the server's that way."""
    if icons is None:
        return None
    kept: list[dict[str, Any]] = []
    for index, icon in enumerate(icons):
        if icon.get("source") == "version":
            raise InvalidParameterValue(
                f"Invalid {field}[{index}].source: 'version' is response-only and cannot be written. Writing it would persist a "
                "version-resolved icon as a server override. Omit source, or send source='server' when echoing a server icon."
            )
        checked = await check_icon(guard, icon)
        kept.append({key: value for key, value in checked.items() if key != "source" and value is not None})
    return kept


async def written_server_json(guard: AddressGuard, given: dict[str, Any]) -> dict[str, Any]:
    """``server.json`` as it is kept."""
    if "icons" not in given:
        return given
    return {**given, "icons": await written_icons(guard, given["icons"], "server_json.icons")}


async def written_tools(guard: AddressGuard, tools: Sequence[Tool] | None) -> list[dict[str, Any]] | None:
    """Tools as they are kept: what is null is not there."""
    if tools is None:
        return None
    kept: list[dict[str, Any]] = []
    for index, tool in enumerate(tools):
        icons = await written_icons(guard, tool.icons, f"tools[{index}].icons")
        plain = {**msgspec.to_builtins(tool), "icons": icons}
        kept.append({key: value for key, value in plain.items() if value is not None})
    return kept
