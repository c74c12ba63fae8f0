"""A stream under the eyes of detectors: events go on as soon as no more text can change what is found in them.

What may be the beginning of a finding, and all that follows it, is held back. Findings are decided on the words of a whole answer, however they were
cut into events: a number that comes digit by digit is found, and masked, as one.
"""

from collections import Counter, deque
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from gateway.guardrails.text import Place, places
from gateway.sse import Event, EventParser
from tracing.detection.masking import masked, scan
from tracing.detection.types import Detector, Finding
from tracing.unreadable import UNREADABLE

__all__ = ("Window",)

CONTEXT: Final = 256
"""Characters that a channel remembers of what went on, since a pattern may look behind itself."""

_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])


class _Held:
    """An event that waits."""

    __slots__ = ("changed", "event", "open", "tree")

    def __init__(self, event: Event, tree: dict[str, Any] | None) -> None:
        self.event = event
        self.tree = tree
        self.open = 0
        self.changed = False

    def raw(self) -> bytes:
        """As it goes on: its own bytes, unless something in it was replaced."""
        if not self.changed or self.event.data is None:
            return self.event.raw
        name = b"event: " + self.event.name + b"\n" if self.event.name else b""
        return name + b"data: " + msgspec.json.encode(self.tree) + b"\n\n"


class _Piece(msgspec.Struct):
    """Words of one event, ``start`` to ``end`` of their channel's text, and what is to be put in place of them."""

    held: _Held
    place: Place
    start: int
    end: int
    text: str


class _Channel:
    """The words of one part of an answer. Positions count from the beginning of what is remembered."""

    def __init__(self) -> None:
        self.text = ""
        self.decided = 0
        self.pieces: deque[_Piece] = deque()

    def add(self, held: _Held, place: Place) -> None:
        text = place.text
        self.pieces.append(_Piece(held, place, len(self.text), len(self.text) + len(text), text))
        self.text += text
        held.open += 1

    def decide(self, until: int, findings: Sequence[Finding], *, mask: bool) -> None:
        """Let go of the pieces that end before ``until``: no further text changes what is found in them."""
        self.decided = until
        if mask:
            self._replace(findings)
        while self.pieces and self.pieces[0].end <= until:
            self.pieces.popleft().held.open -= 1
        self._forget()

    def _replace(self, findings: Sequence[Finding]) -> None:
        """Put each finding's mask where the finding begins, and remove its words from the pieces after that."""
        for piece in self.pieces:
            inside = [found for found in findings if found.start < piece.end and found.end > piece.start]
            if inside:
                piece.place.put(_masked_piece(piece, inside))
                piece.held.changed = True

    def _forget(self) -> None:
        drop = min(self.decided - CONTEXT, self.pieces[0].start if self.pieces else self.decided)
        if drop > CONTEXT:
            self.text, self.decided = self.text[drop:], self.decided - drop
            for piece in self.pieces:
                piece.start, piece.end = piece.start - drop, piece.end - drop


class Window:
    """Bytes in as they arrive, bytes out as soon as they may go on. ``counts`` is what was found so far. Raises ``TextTooHard``."""

    def __init__(self, detectors: Sequence[Detector], *, mask: bool) -> None:
        self.counts = Counter[str]()
        self._detectors = detectors
        self._mask = mask
        self._parser = EventParser()
        self._queue: deque[_Held] = deque()
        self._channels: dict[tuple[object, ...], _Channel] = {}

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes. Returns those that may go on now."""
        touched: dict[int, _Channel] = {}
        for event in self._parser.feed(chunk):
            self._take(event, touched)
        for channel in touched.values():
            self._decide(channel, final=False)
        return self._released()

    def end(self) -> bytes:
        """Decide everything that is held, as the stream is over. Returns the last bytes."""
        for event in self._parser.end():
            self._take(event, {})
        for channel in self._channels.values():
            self._decide(channel, final=True)
        return self._released()

    def _take(self, event: Event, touched: dict[int, _Channel]) -> None:
        tree = _tree(event)
        held = _Held(event, tree)
        self._queue.append(held)
        if tree is None:
            return
        whole = _is_whole(tree)
        for place in places(tree):
            if place.text and whole:
                self._look(held, place)
            elif place.text:
                channel = self._channels.setdefault(place.channel, _Channel())
                channel.add(held, place)
                touched[id(channel)] = channel

    def _decide(self, channel: _Channel, *, final: bool) -> None:
        seen = scan(self._detectors, channel.text, channel.decided, final=final)
        self.counts.update(finding.kind for finding in seen.findings)
        channel.decide(seen.undecided, seen.findings, mask=self._mask)

    def _look(self, held: _Held, place: Place) -> None:
        """Words that come once more, as a whole, at the end of a part."""
        findings = scan(self._detectors, place.text, 0, final=True).findings
        self.counts.update(finding.kind for finding in findings)
        if findings and self._mask:
            place.put(masked(place.text, findings))
            held.changed = True

    def _released(self) -> bytes:
        out: list[bytes] = []
        while self._queue and self._queue[0].open == 0:
            out.append(self._queue.popleft().raw())
        return b"".join(out)


def _tree(event: Event) -> dict[str, Any] | None:
    if event.data is None:
        return None
    try:
        return _OBJECT.decode(event.data)
    except UNREADABLE:
        return None  # "[DONE]", or what no client can read either


def _is_whole(tree: dict[str, Any]) -> bool:
    """Whether an event of OpenAI's Responses says again what its deltas said."""
    kind = tree.get("type")
    return isinstance(kind, str) and kind.startswith("response.") and not kind.endswith(".delta")


def _masked_piece(piece: _Piece, findings: Sequence[Finding]) -> str:
    """The piece with its findings masked, from the last to the first, so that offsets in front of a replacement stay right."""
    text = piece.place.text
    for found in findings:
        start, end = found.start - piece.start, found.end - piece.start
        behind = len(piece.text) - min(end, len(piece.text))
        before = max(start, 0)
        kept = text[: len(text) - (len(piece.text) - before)]
        mask = f"[{found.kind}]" if start >= 0 else ""
        text = kept + mask + (text[len(text) - behind :] if behind else "")
    return text
