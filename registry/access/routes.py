"""Tokens over our own API: for programs that sign in in a user's stead. Decode, call, encode."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.exceptions import ClientException
from litestar.params import FromPath, JSONBody

from registry.access.types import NewToken, Token
from registry.access.users import UserService
from registry.errors import RegistryError

__all__ = ("router",)

AnyRequest = Request[Any, Any, Any]


class TokenAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token that is to be made. It is valid for ever where no end is named."""

    name: str
    expires_at: datetime | None = None


class TokenPage(msgspec.Struct, frozen=True):
    """The tokens of a user."""

    tokens: list[Token]


def router(service: UserService) -> Router:
    """The routes under ``/api/v1/users``."""

    @post("/{username:str}/tokens")
    async def create(username: FromPath[str], data: JSONBody[TokenAsked]) -> NewToken:
        """Make a token; its text is in this answer and nowhere else."""
        return await service.create_token(username, data.name, data.expires_at)

    @get("/{username:str}/tokens")
    async def index(username: FromPath[str]) -> TokenPage:
        """The tokens of a user, by name."""
        return TokenPage(list(await service.tokens(username)))

    @delete("/{username:str}/tokens/{name:str}")
    async def revoke(username: FromPath[str], name: FromPath[str]) -> None:
        """Take a token back for good."""
        await service.revoke_token(username, name)

    return Router(
        "/api/v1/users",
        route_handlers=[create, index, revoke],
        exception_handlers={RegistryError: _registry_error, ClientException: _client_error},
        tags=["users"],
    )


def _registry_error(_: AnyRequest, error: RegistryError) -> Response[Any]:
    return _failure(error.status, error.error_code.lower(), error.message)


def _client_error(_: AnyRequest, error: ClientException) -> Response[Any]:
    return _failure(error.status_code, "request_invalid", f"the request cannot be read: {error.detail}")


def _failure(status: int, code: str, message: str) -> Response[Any]:
    body = {"error": {"code": code, "message": message, "hint": "See docs/users.md, or /api/v1/openapi.json."}}
    return Response(body, status_code=status, media_type="application/json")
