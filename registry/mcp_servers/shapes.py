"""Objects of the Model Context Protocol that are kept: ``server.json`` of its registry, tools, icons. Only what must be right is named."""

from typing import Annotated, Any

import msgspec

from registry.icons import Icon
from registry.wire.plain import Shape, shaped

__all__ = ("ConnectOption", "ServerJson", "Tool", "unwrapped")


Icons = Annotated[list[Annotated[dict[str, Any], shaped(Icon)]], msgspec.Meta(max_length=100)]


class EnvironmentVariable(Shape, frozen=True, kw_only=True):
    """What a package is told."""

    name: str
    description: str | None = None
    is_required: bool | None = None
    is_secret: bool | None = None


class Package(Shape, frozen=True, kw_only=True):
    """A server that is installed."""

    registry_type: str
    identifier: str
    transport: Any
    registry_base_url: str | None = None
    version: str | None = None
    environment_variables: list[EnvironmentVariable] | None = None


class Remote(Shape, frozen=True, kw_only=True):
    """A server that runs somewhere."""

    type: str | None = None
    url: str | None = None


class Repository(Shape, frozen=True, kw_only=True):
    """Where its source is."""

    url: str
    source: str
    id: str | None = None
    subfolder: str | None = None


class ServerJson(Shape, frozen=True, kw_only=True):
    """``server.json``."""

    name: str
    version: str
    title: str | None = None
    description: str | None = None
    icons: Icons | None = None
    packages: list[Package] | None = None
    remotes: list[Remote] | None = None
    repository: Repository | None = None
    website_url: str | None = None
    meta: dict[str, Any] | None = msgspec.field(default=None, name="_meta")


def unwrapped(given: dict[str, Any]) -> dict[str, Any]:
    """``server.json``, out of what a registry wraps around it. Raises ``ValueError`` where the wrapping holds something else."""
    if {"name", "version"} <= given.keys() or "server" not in given:
        return given
    inner = given["server"]
    if not isinstance(inner, dict):
        raise ValueError("server_json.server: Input should be a valid dictionary")  # noqa: TRY004 - of what clients send
    return inner if {"name", "version"} <= inner.keys() else given


class Tool(Shape, frozen=True, kw_only=True):
    """A tool of a server."""

    name: str
    title: str | None = None
    description: str | None = None
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    annotations: dict[str, Any] | None = None
    icons: Icons | None = None
    execution: dict[str, Any] | None = None


class ConnectOption(Shape, frozen=True, kw_only=True):
    """How a way to connect is shown."""

    hidden: bool = False
