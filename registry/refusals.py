"""Errors of the registry as our own API answers them: ``{"error": {"code", "message", "hint"}}``."""

from typing import Any

from litestar import Request, Response
from litestar.exceptions import ClientException
from litestar.types import ExceptionHandlersMap

from registry.errors import RegistryError

__all__ = ("refusals",)

AnyRequest = Request[Any, Any, Any]


def refusals(hint: str) -> ExceptionHandlersMap:
    """For the ``exception_handlers`` of a router: our own errors, and what the framework refused before a handler ran."""

    def registry_error(_: AnyRequest, error: RegistryError) -> Response[Any]:
        return _answer(error.status, error.error_code.lower(), error.message, hint)

    def client_error(_: AnyRequest, error: ClientException) -> Response[Any]:
        """A body or a parameter of the wrong shape."""
        found = error.extra if isinstance(error.extra, list) else []
        reasons = "; ".join(" ".join(filter(None, (item.get("key", ""), item.get("message", "")))) for item in found) or error.detail
        return _answer(error.status_code, "request_invalid", f"the request cannot be read: {reasons}", hint)

    return {RegistryError: registry_error, ClientException: client_error}


def _answer(status: int, code: str, message: str, hint: str) -> Response[Any]:
    return Response({"error": {"code": code, "message": message, "hint": hint}}, status_code=status, media_type="application/json")
