"""One walk over the events of a stream, for the readers of all dialects: bytes in, what each event tells out, however the bytes were cut."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar, Generic, TypeVar

import msgspec
from typing_extensions import override

from gateway.dialects.types import Ended, Event, EventReader
from gateway.sse import Event as Sent
from gateway.sse import EventParser
from tracing.unreadable import UNREADABLE

__all__ = ("Walk",)

T = TypeVar("T")


class Walk(EventReader, ABC, Generic[T]):
    """An ``EventReader`` that a dialect completes with the shape of its events, and with what they tell."""

    decoder: msgspec.json.Decoder[T]
    end_mark: ClassVar[bytes | None] = None
    """Data that is no JSON and ends the stream, where the dialect has such."""

    def __init__(self) -> None:
        self._parser = EventParser()

    @override
    def feed(self, chunk: bytes) -> Iterator[Event]:
        return self._walk(self._parser.feed(chunk))

    @override
    def end(self) -> Iterator[Event]:
        return self._walk(self._parser.end())

    @abstractmethod
    def told(self, sent: T, name: bytes) -> Iterator[Event]:
        """What one event says. ``name`` is that on its ``event:`` line, which most dialects repeat within."""
        ...

    def _walk(self, events: Iterable[Sent]) -> Iterator[Event]:
        for event in events:
            if event.data is None:
                continue
            if event.data == self.end_mark:
                yield Ended()
                continue
            try:
                sent = self.decoder.decode(event.data)
            except UNREADABLE:
                continue  # an event that cannot be read tells nothing; the end of the stream tells whether the answer is whole
            yield from self.told(sent, event.name)
