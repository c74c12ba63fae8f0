"""The prompt registry over HTTP: decode, call, encode. Errors have the body ``{"error": {"code", "message", "hint"}}``.

A read carries an ``ETag``; one that comes with ``If-None-Match`` and has not changed is answered 304 without a body.
"""

from hashlib import blake2b
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.exceptions import ClientException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from registry.errors import RegistryError
from registry.prompts.api import Prompts
from registry.prompts.errors import PromptError
from registry.prompts.types import NewVersion, Prompt, PromptPage, PromptVersion, RenderedPrompt

__all__ = ("AliasTarget", "PromptDetail", "RenderRequest", "router")

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]
T = TypeVar("T")


class AliasTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version that an alias is to point at, and why: the reason stands in the log of moves."""

    version: int
    reason: str = ""


class RenderRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values for the variables, and the version by number, alias or ``latest``, which is the default."""

    variables: dict[str, Any] = {}
    version: int | str | None = None


class PromptDetail(msgspec.Struct, frozen=True):
    """A prompt with its newest versions, newest first."""

    prompt: Prompt
    versions: list[PromptVersion]


def router(service: Prompts) -> Router:
    """The routes under ``/api/v1/prompts``."""
    return Router(
        "/api/v1/prompts",
        route_handlers=[*_reading(service), *_versions(service), *_aliases(service)],
        exception_handlers={PromptError: _prompt_error, RegistryError: _registry_error, ClientException: _client_error},
        tags=["prompts"],
    )


def _reading(service: Prompts) -> list[BaseRouteHandler]:
    @get("/")
    async def index(request: AnyRequest, limit: Limit = 100, cursor: FromQuery[str] = "") -> Response[PromptPage]:
        """Prompts by name."""
        return _read(request, await service.list(limit, cursor))

    @get("/{name:str}")
    async def show(request: AnyRequest, name: FromPath[str], limit: Limit = 100) -> Response[PromptDetail]:
        """A prompt, its aliases and its newest versions."""
        return _read(request, PromptDetail(await service.prompt(name), list(await service.versions(name, limit))))

    @get("/{name:str}/versions/{version:str}")
    async def show_version(request: AnyRequest, name: FromPath[str], version: FromPath[str]) -> Response[PromptVersion]:
        """One version, by number, alias or ``latest``."""
        return _read(request, await service.get(name, version))

    @post("/{name:str}/render", status_code=200)
    async def render(name: FromPath[str], data: JSONBody[RenderRequest]) -> RenderedPrompt:
        """The messages of a version with its variables filled in."""
        return await service.render(name, data.version, data.variables)

    return [index, show, show_version, render]


def _versions(service: Prompts) -> list[BaseRouteHandler]:
    @post("/")
    async def create(data: JSONBody[NewVersion]) -> PromptVersion:
        """Register the next version of a prompt."""
        return await service.create_version(
            data.name,
            template=data.template,
            messages=data.messages,
            aliases=data.aliases,
            commit_message=data.commit_message,
            tags=data.tags,
            model=data.model,
            model_config=data.model_config,
            response_format=data.response_format,
        )

    @delete("/{name:str}/versions/{version:int}")
    async def delete_version(name: FromPath[str], version: FromPath[int], reason: FromQuery[str] = "") -> None:
        """Remove a version and the aliases that point at it."""
        await service.delete_version(name, version, reason)

    @delete("/{name:str}")
    async def remove(name: FromPath[str], reason: FromQuery[str] = "") -> None:
        """Remove a prompt with everything under it."""
        await service.delete(name, reason)

    return [create, delete_version, remove]


def _aliases(service: Prompts) -> list[BaseRouteHandler]:
    @put("/{name:str}/aliases/{alias:str}")
    async def set_alias(name: FromPath[str], alias: FromPath[str], data: JSONBody[AliasTarget]) -> PromptVersion:
        """Point an alias at a version."""
        return await service.set_alias(name, alias, data.version, data.reason)

    @delete("/{name:str}/aliases/{alias:str}")
    async def delete_alias(name: FromPath[str], alias: FromPath[str], reason: FromQuery[str] = "") -> None:
        """Remove an alias."""
        await service.delete_alias(name, alias, reason)

    return [set_alias, delete_alias]


def _read(request: AnyRequest, value: T) -> Response[T]:
    etag = f'"{blake2b(msgspec.json.encode(value), digest_size=12).hexdigest()}"'
    headers = {"etag": etag, "cache-control": "no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]  # 304 has no body
    return Response(value, headers=headers)


def _prompt_error(_: AnyRequest, error: PromptError) -> Response[Any]:
    return _failure(error.status, error.code, error.message, error.hint)


def _registry_error(_: AnyRequest, error: RegistryError) -> Response[Any]:
    return _failure(error.status, error.error_code.lower(), error.message, "An administrator can give you a role or a permission for this.")


def _client_error(_: AnyRequest, error: ClientException) -> Response[Any]:
    """What the framework refused before a handler ran: a body or a parameter of the wrong shape."""
    found = error.extra if isinstance(error.extra, list) else []
    reasons = "; ".join(" ".join(filter(None, (item.get("key", ""), item.get("message", "")))) for item in found) or error.detail
    return _failure(
        error.status_code, "request_invalid", f"the request cannot be read: {reasons}", "See docs/prompts.md, or /api/v1/openapi.json."
    )


def _failure(status: int, code: str, message: str, hint: str) -> Response[Any]:
    return Response({"error": {"code": code, "message": message, "hint": hint}}, status_code=status, media_type="application/json")
