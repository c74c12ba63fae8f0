"""Bedrock's event streams as server-sent events, so that whoever reads a stream reads lines of text."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from typing_extensions import override

from gateway.errors import UpstreamBroken
from gateway.types import Headers, Upstream
from gateway.wire.frames import Frame, FrameParser
from tracing.unreadable import UNREADABLE

__all__ = ("FramedUpstream", "converse_event", "invoke_event")


class Chunk(msgspec.Struct):
    """The payload of ``chunk`` events: an event of the model's own API; base64 in the JSON."""

    bytes: bytes


class Typed(msgspec.Struct):
    """What an event of Claude's API calls itself."""

    type: str


class Complaint(msgspec.Struct):
    """The payload of an exception."""

    message: str = ""


CLAUDE_ERRORS: Final[Mapping[str, str]] = {
    "throttlingException": "rate_limit_error",
    "serviceUnavailableException": "overloaded_error",
    "modelTimeoutException": "api_error",
    "validationException": "invalid_request_error",
}
"""Bedrock's exceptions within a stream, in the words of Claude's API; all others are ``api_error``."""


class FramedUpstream(Upstream):
    """An answer in frames. ``event`` makes a server-sent event of one; where it gives ``b""`` the frame says nothing."""

    def __init__(self, answer: Upstream, event: Callable[[Frame], bytes]) -> None:
        self.status = answer.status
        self.headers: Headers = [
            (b"content-type", b"text/event-stream"),
            *((name, value) for name, value in answer.headers if name != b"content-type"),
        ]
        self._answer = answer
        self._event = event
        self._frames = FrameParser()

    @override
    async def read(self) -> bytes:
        chunks = []
        while (chunk := await self.next_chunk()) is not None:
            chunks.append(chunk)
        return b"".join(chunks)

    @override
    async def next_chunk(self) -> bytes | None:
        while (chunk := await self._answer.next_chunk()) is not None:
            if events := b"".join(map(self._event, self._frames.feed(chunk))):
                return events
        self._frames.end()
        return None

    @override
    async def close(self) -> None:
        await self._answer.close()


def converse_event(frame: Frame) -> bytes:
    """An event of Converse under its own name; an exception is an event with the exception's name."""
    return _event(_name(frame), frame.payload)


def invoke_event(frame: Frame) -> bytes:
    """An event of Claude's own API, as that API sends it; an exception is its ``error`` event."""
    try:
        if frame.headers.get(":message-type") != "event":
            return _claude_error(_name(frame), frame)
        event = msgspec.json.decode(frame.payload, type=Chunk).bytes
        return _event(msgspec.json.decode(event, type=Typed).type, event)
    except UNREADABLE as error:
        raise UpstreamBroken("The upstream's event stream holds something that is no event of the model.") from error


def _claude_error(name: str, frame: Frame) -> bytes:
    message = msgspec.json.decode(frame.payload, type=Complaint).message if frame.payload else frame.headers.get(":error-message", name)
    error = {"type": CLAUDE_ERRORS.get(name, "api_error"), "message": message or name}
    return _event("error", msgspec.json.encode({"type": "error", "error": error}))


def _event(name: str, data: bytes) -> bytes:
    """JSON on one line: a line break between its members would end the event's line."""
    lines = data.replace(b"\r", b" ").replace(b"\n", b" ")
    return b"event: " + _word(name) + b"\ndata: " + lines + b"\n\n"


def _word(name: str) -> bytes:
    return "".join(letter for letter in name if letter.isalnum() or letter in "_-").encode()


def _name(frame: Frame) -> str:
    headers = frame.headers
    return headers.get(":event-type") or headers.get(":exception-type") or headers.get(":error-code") or "unknown"
