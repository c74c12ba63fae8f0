"""Virtual keys over HTTP: decode, call, encode. Errors have the body ``{"error": {"code", "message", "hint"}}``."""

from typing import Any

from litestar import Request, Response, Router, delete, get, patch, post
from litestar.exceptions import ClientException
from litestar.params import FromPath, JSONBody

from gateway.keys.errors import KeyFailure
from gateway.keys.service import KeyService
from gateway.keys.types import CreatedKey, KeyChange, KeyPage, NewKey, VirtualKey

__all__ = ("router",)

AnyRequest = Request[Any, Any, Any]


def router(service: KeyService) -> Router:
    """The routes under ``/api/v1/keys``. A key is named by its id or its name."""

    @post("/")
    async def create(data: JSONBody[NewKey]) -> Response[CreatedKey]:
        """Make a key. The answer is the one place that holds its text."""
        return Response(await service.create(data), status_code=201, headers={"cache-control": "no-store"})

    @get("/")
    async def index() -> KeyPage:
        """Every key, revoked ones last."""
        return await service.list()

    @get("/{name:str}")
    async def show(name: FromPath[str]) -> VirtualKey:
        """One key."""
        return await service.get(name)

    @patch("/{name:str}")
    async def change(name: FromPath[str], data: JSONBody[KeyChange]) -> VirtualKey:
        """Switch a key off or on."""
        return await service.set_disabled(name, disabled=data.disabled)

    @delete("/{name:str}", status_code=200)
    async def revoke(name: FromPath[str]) -> VirtualKey:
        """Take a key back for good."""
        return await service.revoke(name)

    return Router(
        "/api/v1/keys",
        route_handlers=[create, index, show, change, revoke],
        exception_handlers={KeyFailure: _key_failure, ClientException: _client_error},
        tags=["keys"],
    )


def _key_failure(_: AnyRequest, error: KeyFailure) -> Response[Any]:
    return _failure(error.status, error.code, error.message, error.hint)


def _client_error(_: AnyRequest, error: ClientException) -> Response[Any]:
    """What the framework refused before a handler ran: a body of the wrong shape."""
    found = error.extra if isinstance(error.extra, list) else []
    reasons = "; ".join(" ".join(filter(None, (item.get("key", ""), item.get("message", "")))) for item in found) or error.detail
    return _failure(
        error.status_code, "request_invalid", f"The request cannot be read: {reasons}", "See docs/keys.md, or /api/v1/openapi.json."
    )


def _failure(status: int, code: str, message: str, hint: str) -> Response[Any]:
    return Response({"error": {"code": code, "message": message, "hint": hint}}, status_code=status, media_type="application/json")
