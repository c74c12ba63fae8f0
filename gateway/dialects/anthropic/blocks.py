"""The content blocks of a stream that is written: one open at a time, in order, each that is started is stopped.

Clients break on anything else: a second start of an index, a delta for a block that is closed, thoughts in a block of text.
"""

from typing import Any

import msgspec

from gateway.dialects.anthropic.citations import write_citation
from gateway.dialects.anthropic.response import signed_thought, written_block
from gateway.dialects.signatures import marked
from gateway.dialects.types import (
    CallBegan,
    CallDelta,
    CitationDelta,
    DialectName,
    Event,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    WholePart,
)

__all__ = ("BlockWriter", "event")


def event(name: str, members: dict[str, Any]) -> bytes:
    """One named event, whose data has its name as ``type``."""
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode({"type": name, **members}) + b"\n\n"


class BlockWriter:
    """Events of one choice in, events on content blocks out.

    Calls that grow side by side wait for their turn, and so do words between them: a call whose block was stopped could not grow any more.
    """

    def __init__(self) -> None:
        self._index = -1
        self._open: str | None = None
        self._call: int | None = None
        self._waiting: dict[int, tuple[CallBegan, list[str]]] = {}
        self._held: list[Event] = []
        self._told: int | None = None
        """The call that the last event told of."""

    def write(self, sent: Event) -> bytes:
        """The bytes for one event."""
        if not isinstance(sent, PartEnded):
            self._told = sent.index if isinstance(sent, CallBegan | CallDelta) else None
        match sent:
            case TextDelta() | RefusalDelta() | CitationDelta() | ReasoningDelta() | WholePart() if self._call is not None:
                self._held.append(sent)
                return b""
            case TextDelta(text) | RefusalDelta(text):
                return self._grow("text", {"type": "text_delta", "text": text}) if text else b""
            case CitationDelta(citation):
                return self._grow("text", {"type": "citations_delta", "citation": write_citation(citation)})
            case ReasoningDelta():
                return self._thought(sent)
            case CallBegan():
                return self._begin_call(sent)
            case CallDelta():
                return self._grow_call(sent)
            case WholePart(part):
                block = written_block(part)
                return b"" if block is None else self.close() + self._start("whole", block) + self._stop()
            case PartEnded():
                return self._end_part()
            case _:
                return b""

    def close(self) -> bytes:
        """Stop the open block, and tell the calls that waited."""
        written = self._stop()
        while self._waiting:
            written += self._next_call() + self._stop()
        return written + self._release() + self._stop()

    def _end_part(self) -> bytes:
        """What was told last has ended; if that still waits, the open call has not."""
        if self._call is not None and self._told != self._call:
            return b""
        written = self._stop() + self._next_call()
        return written if self._call is not None else written + self._release()

    def _release(self) -> bytes:
        """Tell what was held back while calls grew."""
        held, self._held = self._held, []
        return b"".join(map(self.write, held))

    def _grow(self, kind: str, delta: dict[str, Any]) -> bytes:
        if self._open == kind:
            return self._delta(delta)
        block = {"type": "text", "text": ""} if kind == "text" else {"type": "thinking", "thinking": "", "signature": ""}
        return self.close() + self._start(kind, block) + self._delta(delta)

    def _thought(self, sent: ReasoningDelta) -> bytes:
        """The signature is the last that a thought says: what follows is another thought."""
        written = self._grow("thinking", {"type": "thinking_delta", "thinking": sent.text}) if sent.text else b""
        if sent.signature is not None:
            signature = marked(sent.signature, sent.origin, DialectName.ANTHROPIC)
            written += self._grow("thinking", {"type": "signature_delta", "signature": signature}) + self._stop()
        return written

    def _begin_call(self, sent: CallBegan) -> bytes:
        if self._call is not None:
            self._waiting[sent.index] = (sent, [])
            return b""
        return self._stop() + self._start_call(sent)

    def _grow_call(self, sent: CallDelta) -> bytes:
        if sent.index == self._call:
            return self._delta({"type": "input_json_delta", "partial_json": sent.arguments})
        if sent.index in self._waiting:
            self._waiting[sent.index][1].append(sent.arguments)
        return b""

    def _next_call(self) -> bytes:
        """Start the call that has waited longest, with what it has said so far."""
        if not self._waiting:
            return b""
        began, pieces = self._waiting.pop(next(iter(self._waiting)))
        written = self._start_call(began)
        return written + self._delta({"type": "input_json_delta", "partial_json": "".join(pieces)}) if pieces else written

    def _start_call(self, sent: CallBegan) -> bytes:
        thought = b""
        if sent.signature is not None:
            block = signed_thought(sent.signature)
            delta = {"type": "signature_delta", "signature": block["signature"]}
            thought = self._start("thinking", {**block, "signature": ""}) + self._delta(delta) + self._stop()
        self._call = sent.index
        return thought + self._start("tool_use", {"type": "tool_use", "id": sent.id, "name": sent.name, "input": {}})

    def _start(self, kind: str, block: dict[str, Any]) -> bytes:
        self._index += 1
        self._open = kind
        return event("content_block_start", {"index": self._index, "content_block": block})

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return event("content_block_delta", {"index": self._index, "delta": delta})

    def _stop(self) -> bytes:
        if self._open is None:
            return b""
        self._open = self._call = None
        return event("content_block_stop", {"index": self._index})
