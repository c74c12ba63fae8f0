"""What a codec does: it reads its dialect into the neutral form, and writes the form in its dialect."""

from collections.abc import Iterable
from typing import Protocol

from gateway.dialects.types.answers import Answer, Failure
from gateway.dialects.types.dialect_name import DialectName
from gateway.dialects.types.events import Event
from gateway.dialects.types.requests import Request, Written

__all__ = ("ClientDialect", "Dialect", "EventReader", "EventWriter", "UpstreamDialect")


class EventReader(Protocol):
    """Reads an upstream's stream."""

    def feed(self, chunk: bytes) -> Iterable[Event]:
        """What the next bytes say. However a stream is cut into chunks, the events together are the same."""
        ...

    def end(self) -> Iterable[Event]:
        """The stream is over: what was still held back. ``Ended`` is not made up."""
        ...


class EventWriter(Protocol):
    """Writes a client's stream."""

    def write(self, event: Event) -> bytes:
        """The bytes that say it; ``b""`` where it says nothing in this dialect, or only together with what comes later."""
        ...

    def end(self) -> bytes:
        """Everything was said: the bytes that end a whole answer."""
        ...

    def fail(self, failure: Failure) -> bytes:
        """The bytes that end a broken one, so that no client takes it for whole."""
        ...


class ClientDialect(Protocol):
    """The direction of a surface: a client's request in, an answer out."""

    name: DialectName
    content_type: str
    """Of a stream."""

    keep_alive: bytes
    """An event that every client of this dialect skips: sent where a stream is silent for long."""

    def read_request(self, body: bytes) -> Request:
        """A client's body in the neutral form. Raises ``InvalidRequest``."""
        ...

    def write_answer(self, answer: Answer, request: Request) -> bytes:
        """The body of an answer to ``request``."""
        ...

    def stream_writer(self, request: Request) -> EventWriter:
        """A writer for one answer to ``request``."""
        ...

    def write_error(self, failure: Failure) -> bytes:
        """The body of an error."""
        ...

    def error_event(self, failure: Failure) -> bytes:
        """What ends a stream whose bytes came from an upstream of this dialect. A blank line in front ends an event that was left unfinished."""
        ...


class UpstreamDialect(Protocol):
    """The direction of a provider: a request out, an upstream's answer in."""

    name: DialectName

    def write_request(self, request: Request, model: str) -> Written:
        """``request`` for the upstream's ``model``, which may differ from ``request.model``. Raises ``InvalidRequest`` for what would be senseless."""
        ...

    def read_answer(self, body: bytes) -> Answer:
        """A whole answer in the neutral form. Raises ``UpstreamBroken`` when it is not what the dialect promises."""
        ...

    def stream_reader(self) -> EventReader:
        """A reader for one answer."""
        ...

    def read_error(self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Failure:
        """An answer of status 400 or above; never raises, whatever it is."""
        ...


class Dialect(ClientDialect, UpstreamDialect, Protocol):
    """Both directions."""
