"""Errors that belong to no handler, in the words of the client that made the request.

An unmatched path, a wrong method, a refused host: the framework answers these before any package is asked. The path's prefix tells
which client is speaking, and so which shape of error it can read.
"""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final

import msgspec

from gateway.dialects.types import DialectName
from gateway.surfaces.listing import spoken

__all__ = ("Refusal", "has_dialect", "offered_instead", "render")


Headers = Iterable[tuple[bytes, bytes]]


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong: an HTTP status, a code for machines, a sentence, and how to fix it."""

    status: int
    code: str
    message: str
    hint: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def sentence(self) -> str:
        """Message and hint as one text, for dialects without a place for hints."""
        return f"{self.message} {self.hint}".rstrip()


Shape = Callable[[Refusal], object]
"""How a dialect tells of an error."""


def _openai(refusal: Refusal) -> object:
    kind = "invalid_request_error" if refusal.status < 500 else "server_error"
    return {"error": {"message": refusal.sentence, "type": kind, "param": None, "code": refusal.code}}


_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
}


def _anthropic(refusal: Refusal) -> object:
    return {"type": "error", "error": {"type": _ANTHROPIC_TYPES.get(refusal.status, "api_error"), "message": refusal.sentence}}


_GEMINI_STATES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}


def _gemini(refusal: Refusal) -> object:
    state = _GEMINI_STATES.get(refusal.status, "INTERNAL" if refusal.status >= 500 else "INVALID_ARGUMENT")
    return {"error": {"code": refusal.status, "message": refusal.sentence, "status": state}}


_MLFLOW_CODES = {
    400: "INVALID_PARAMETER_VALUE",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "ENDPOINT_NOT_FOUND",
    405: "ENDPOINT_NOT_FOUND",
    503: "TEMPORARILY_UNAVAILABLE",
}


def _mlflow(refusal: Refusal) -> object:
    return {"error_code": _MLFLOW_CODES.get(refusal.status, "INTERNAL_ERROR"), "message": refusal.sentence}


_RPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 413: 8, 429: 8, 503: 14}


def _otlp(refusal: Refusal) -> object:
    return {"code": _RPC_CODES.get(refusal.status, 2), "message": refusal.sentence}


def _ours(refusal: Refusal) -> object:
    return {"error": {"code": refusal.code, "message": refusal.message, "hint": refusal.hint}}


DIALECTS: tuple[tuple[str, Shape], ...] = (
    ("/v1/traces", _otlp),
    ("/v1/messages", _anthropic),
    ("/anthropic/", _anthropic),
    ("/gateway/anthropic/", _anthropic),
    ("/v1beta/", _gemini),
    ("/v1beta1/", _gemini),
    ("/v1/publishers/", _gemini),
    ("/upload/", _gemini),
    ("/gemini/", _gemini),
    ("/gateway/gemini/", _gemini),
    ("/v1/", _openai),
    ("/openai/", _openai),
    ("/gateway/", _openai),
    ("/endpoints/", _openai),
    ("/passthrough/", _openai),
    ("/v2/rerank", _openai),
    ("/rerank", _openai),
    ("/api/v1/", _ours),
    ("/api/", _mlflow),
    ("/ajax-api/", _mlflow),
)
"""Path prefix to error shape; the first match counts."""


_GOOGLES: Final = re.compile(r"/v1/(?:models/.*:|projects/[^/]+/locations/)", re.DOTALL)
"""What is Google's beneath paths of OpenAI's: methods of models, and what is in a place."""

_BY_HEADER = {DialectName.ANTHROPIC: _anthropic, DialectName.GEMINI: _gemini}

_BEYOND = "What else the vendor's API has is asked, as it is, at /passthrough/PROVIDER/…; docs/gateway.md tells of both."
_HERE: tuple[tuple[Shape, str], ...] = (
    (
        _anthropic,
        f"Here are /v1/messages with count_tokens and batches, /v1/models, and what an account keeps: /v1/files, /v1/skills. {_BEYOND}",
    ),
    (_gemini, f"Here are /v1beta/models/MODEL:METHOD, /v1beta/files, /upload/v1beta/files and /v1beta/cachedContents. {_BEYOND}"),
    (
        _openai,
        (
            "Here are /v1/chat/completions, /v1/responses, /v1/completions, /v1/embeddings, /v1/models, /v1/moderations, /v1/images, /v1/audio, "
            f"and what an account keeps: /v1/files, /v1/batches, /v1/vector_stores. {_BEYOND}"
        ),
    ),
)


def offered_instead(path: str, headers: Headers) -> str:
    """The paths to use in place of one that does not exist, for the error about it."""
    shape = _shape(path, headers)
    return next((told for spoken_there, told in _HERE if spoken_there is shape), "docs/api.md lists the paths.")


def _shape(path: str, headers: Headers) -> Shape | None:
    """The shape of errors at a path. Beneath ``/v1`` clients of three vendors speak, and the headers of a request tell which."""
    shape = next((shape for prefix, shape in DIALECTS if path.startswith(prefix)), None)
    if shape is not _openai:
        return shape
    return _gemini if _GOOGLES.match(path) else _BY_HEADER.get(spoken(headers), _openai)


def has_dialect(path: str) -> bool:
    """Whether programs speak at ``path``."""
    return any(path.startswith(prefix) for prefix, _ in DIALECTS)


def render(path: str, refusal: Refusal, headers: Headers = ()) -> tuple[str, bytes]:
    """Encode a refusal for who sent ``headers`` to ``path``: content type and body. A path of no dialect gets plain text."""
    if (shape := _shape(path, headers)) is not None:
        return "application/json", msgspec.json.encode(shape(refusal))
    phrase = HTTPStatus(refusal.status).phrase
    return "text/plain; charset=utf-8", f"{refusal.status} {phrase}\n{refusal.sentence}\n".encode()
