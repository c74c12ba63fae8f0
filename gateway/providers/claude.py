"""Claude in somebody else's cloud: the same API with the model in the URL, a version in the body, and errors of the cloud's own."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from typing_extensions import override

from gateway.types import Headers, Upstream
from gateway.wire.patch import patch
from tracing.unreadable import UNREADABLE

__all__ = ("ClaudeUpstream", "betas_of", "relocated")

KINDS: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    529: "overloaded_error",
}
"""https://docs.anthropic.com/en/api/errors; all others are ``api_error``."""


def relocated(body: bytes, version: str, betas: Iterable[str] = (), *, stream: bool = False) -> bytes:
    """A request of Claude's API as a cloud takes it: without ``model``, which the URL says, and with the cloud's version of the API.

    ``betas`` are those that go in the body; ``stream`` is whether the cloud reads that member.
    """
    listed = list(betas)
    edits: dict[str, bytes | None] = {"model": None, "anthropic_version": msgspec.json.encode(version)}
    if not stream:
        edits["stream"] = None
    if listed:
        edits["anthropic_beta"] = msgspec.json.encode(listed)
    return patch(body, edits)


def betas_of(headers: Iterable[tuple[bytes, bytes]], known: frozenset[str]) -> list[str]:
    """The client's beta features that the cloud knows: one that it does not know would cost the whole request."""
    asked = (value.decode("latin-1") for name, value in headers if name == b"anthropic-beta")
    return [beta for line in asked for beta in map(str.strip, line.split(",")) if beta in known]


class ClaudeUpstream(Upstream):
    """An answer whose errors are in the form of Claude's API, whichever form the cloud gave them."""

    def __init__(self, answer: Upstream) -> None:
        self.status = answer.status
        self.headers: Headers = answer.headers
        self._answer = answer

    @override
    async def read(self) -> bytes:
        body = await self._answer.read()
        return _claudes_error(self.status, body) if self.status >= 400 else body

    @override
    async def next_chunk(self) -> bytes | None:
        return await self._answer.next_chunk()

    @override
    async def close(self) -> None:
        await self._answer.close()


def _claudes_error(status: int, body: bytes) -> bytes:
    try:
        found = msgspec.json.decode(body)
    except UNREADABLE:
        return body
    if isinstance(found, dict) and found.get("type") == "error":
        return body
    return msgspec.json.encode({"type": "error", "error": {"type": KINDS.get(status, "api_error"), "message": _message(found)}})


def _message(found: Any) -> str:
    """AWS says ``{"message"}``, Google ``{"error": {"message"}}`` and now and then a list of it."""
    if isinstance(found, list) and found:
        found = found[0]
    if isinstance(found, dict):
        inner = found.get("error", found)
        message = inner.get("message", inner.get("Message")) if isinstance(inner, dict) else inner
        if isinstance(message, str) and message:
            return message
    return "The upstream refused the request and did not say why."
