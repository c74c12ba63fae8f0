"""What the framework answers by itself: unmatched paths, wrong methods, unreadable bodies, and the last resort."""

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from server.dialects import Refusal, has_dialect, offered_instead, render
from server.ui.pages.page import error_page
from storage.errors import Unavailable

__all__ = ("EXCEPTION_HANDLERS", "failure")

logger = logging.getLogger(__name__)

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}


def _respond(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    content_type, body = render(request.url.path, refusal, request.scope["headers"])
    content_type = content_type.partition(";")[0]  # the framework adds the charset to text
    return Response(body, status_code=refusal.status, media_type=content_type, headers=dict(refusal.headers))


def _refusal_of(request: Request[Any, Any, Any], error: HTTPException) -> Refusal:
    status = error.status_code
    code = _CODES.get(status, "error")
    if status == 404:
        return Refusal(
            status=404,
            code=code,
            message=f"There is nothing at {request.url.path!r}.",
            hint=offered_instead(request.url.path, request.scope["headers"]),
        )
    if status == 405:
        allowed = (error.headers or {}).get("allow", "")
        return Refusal(
            status=405,
            code=code,
            message=f"{request.method} is not answered at {request.url.path!r}.",
            hint=f"Allowed: {allowed}." if allowed else "",
        )
    return Refusal(status=status, code=code, message=error.detail, hint=_extra(error))


def _extra(error: HTTPException) -> str:
    """Name the fields that did not validate, as Litestar lists them."""
    items = error.extra if isinstance(error.extra, list) else []
    return " ".join(f"{item.get('key', 'body')}: {item.get('message', '')}." for item in items if isinstance(item, dict))


def _http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if _is_browser(request):
        return error_page(request, error)
    return _respond(request, _refusal_of(request, error))


def _is_browser(request: Request[Any, Any, Any]) -> bool:
    """Whether a person asks with a browser, at an address of no dialect."""
    return "text/html" in request.headers.get("accept", "") and not has_dialect(request.url.path)


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    if reason := _unreadable(error):
        return _respond(request, Refusal(status=400, code="bad_request", message=reason))
    # The traceback goes to the log, never to the client: it may hold what others said.
    logger.error("unexpected %s at %s %s", type(error).__name__, request.method, request.url.path, exc_info=error)
    message = f"Something went wrong here ({type(error).__name__}); the server's log says more."
    return _respond(request, Refusal(status=500, code="internal_error", message=message))


def _unreadable(error: Exception) -> str:
    """What is wrong with a body, of what the framework's reading of it lets through; ``""`` for any other error."""
    if isinstance(error, UnicodeDecodeError):
        return f"The body is not UTF-8: byte {error.start} is not text."
    if isinstance(error, RecursionError) and "deserializing" in str(error):
        return "The body is nested too deeply to be read."
    return ""


def _storage_away(request: Request[Any, Any, Any], error: Unavailable) -> Response[Any]:
    """The answer when a database goes away within a request, or is too busy to answer in time."""
    if _is_browser(request):
        return error_page(request, error)
    logger.warning("storage did not answer %s %s: %s", request.method, request.url.path, error)
    refusal = Refusal(
        status=503,
        code="store_unavailable",
        message=f"What holds the data does not answer now: {error}.",
        hint="Try again in a moment; what was received is kept.",
        headers=(("retry-after", "1"),),
    )
    return _respond(request, refusal)


def failure(path: str) -> tuple[str, bytes]:
    """A 500 for what fails outside the framework: content type and body, in the dialect of ``path``."""
    return render(path, Refusal(status=500, code="internal_error", message="Something went wrong here; the server's log says more."))


EXCEPTION_HANDLERS: ExceptionHandlersMap = {HTTPException: _http_error, Unavailable: _storage_away, Exception: _unexpected}
"""For the application layer: each package answers its own errors, in its routers."""
