"""Streams of responses, written: events to bytes. Every item that is added is done, every event is numbered, and the last one holds it all."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gateway.dialects.names import new_id
from gateway.dialects.openai_responses.response import (
    OWN,
    call_item,
    closing,
    frame,
    message_item,
    thought_item,
    written_annotation,
)
from gateway.dialects.types import (
    Began,
    CallBegan,
    CallDelta,
    Citation,
    CitationDelta,
    Counted,
    DialectName,
    Event,
    Failure,
    FailureKind,
    Finish,
    Finished,
    PartEnded,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Request,
    TextDelta,
    Tokens,
    ToolCall,
    WholePart,
)

__all__ = ("ResponseWriter",)

_CODES: Final[Mapping[FailureKind, str]] = {FailureKind.RATE_LIMIT: "rate_limit_exceeded", FailureKind.INVALID_REQUEST: "invalid_prompt"}
"""Those of OpenAI's list that fit: a guardrail that withholds an answer is no mistake of a server; all others are ``server_error``."""


class _Call:
    """A call as it grows."""

    def __init__(self, at: int, began: CallBegan) -> None:
        self.at, self.began, self.id = at, began, new_id("fc_")
        self.pieces: list[str] = []

    def item(self, status: str) -> dict[str, Any]:
        arguments = "".join(self.pieces) or ("{}" if status == "completed" else "")
        return call_item(self.id, ToolCall(id=self.began.id, name=self.began.name, arguments=arguments), status)


class ResponseWriter:
    """Implements ``EventWriter``. The dialect has one answer to a request: the first choice is told."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._frame: dict[str, Any] = {}
        self._number = 0
        self._output: list[dict[str, Any] | None] = []
        self._calls: dict[int, _Call] = {}
        self._open: str | None = None
        self._id = ""
        self._pieces: list[str] = []
        self._annotations: list[dict[str, Any]] = []
        self._seal: ReasoningDelta | None = None
        self._tokens = Tokens()
        self._finish = Finish.STOP

    def write(self, event: Event) -> bytes:
        """See ``EventWriter.write``."""
        match event:
            case Began():
                self._tokens = self._tokens.merged(event.tokens or Tokens())
                return self._begin(event)
            case Counted(tokens):
                self._tokens = self._tokens.merged(tokens)
                return b""
            case Finished():
                self._finish = event.finish if event.choice == 0 else self._finish
                return b""
            case _:
                return b"" if getattr(event, "choice", 0) else self._begin(Began()) + self._said(event)

    def end(self) -> bytes:
        """See ``EventWriter.end``."""
        written = self._begin(Began()) + self._close() + b"".join(self._finish_call(call) for call in list(self._calls.values()))
        last = closing(self._finish, self._tokens)
        return written + self._event(f"response.{last['status']}", {"response": self._whole() | last})

    def fail(self, failure: Failure) -> bytes:
        """See ``EventWriter.fail``."""
        error = {"code": _CODES.get(failure.kind, "server_error"), "message": failure.message}
        written = self._begin(Began())
        return b"\n\n" + written + self._event("response.failed", {"response": self._whole() | {"status": "failed", "error": error}})

    def _said(self, event: Event) -> bytes:
        match event:
            case TextDelta(text) if text:
                return self._grow("output_text", text)
            case RefusalDelta(text) if text:
                return self._grow("refusal", text)
            case ReasoningDelta():
                return self._think(event)
            case CitationDelta(citation):
                return self._cite(citation)
            case CallBegan():
                return self._close() + self._call(event)
            case CallDelta():
                return self._argue(event)
            case WholePart(Reasoning() as thought):
                return self._close() + self._at_once(thought)
            case PartEnded():
                return self._close()
            case _:
                return b""

    def _begin(self, event: Began) -> bytes:
        if self._frame:
            return b""
        self._frame = frame(self._request, new_id(OWN), event.model, event.created)
        return self._event("response.created", {"response": self._frame}) + self._event("response.in_progress", {"response": self._frame})

    def _whole(self) -> dict[str, Any]:
        return self._frame | {"output": [item for item in self._output if item is not None]}

    def _grow(self, kind: str, text: str) -> bytes:
        written = b"" if self._open == kind else self._close() + self._open_message(kind)
        self._pieces.append(text)
        return written + self._part_event(f"response.{kind}.delta", {"delta": text} | ({"logprobs": []} if kind == "output_text" else {}))

    def _open_message(self, kind: str) -> bytes:
        written = self._add(kind, new_id("msg_"), lambda identity: message_item(identity, [], "in_progress"))
        return written + self._part_event("response.content_part.added", {"part": self._message_part(kind, "")})

    def _message_part(self, kind: str, text: str) -> dict[str, Any]:
        if kind == "refusal":
            return {"type": "refusal", "refusal": text}
        return {"type": "output_text", "text": text, "annotations": list(self._annotations), "logprobs": []}

    def _cite(self, citation: Citation) -> bytes:
        annotation = written_annotation(citation)
        if annotation is None or self._open != "output_text":
            return b""
        self._annotations.append(annotation)
        told = {"annotation": annotation, "annotation_index": len(self._annotations) - 1}
        return self._part_event("response.output_text.annotation.added", told)

    def _think(self, event: ReasoningDelta) -> bytes:
        written = b""
        if self._open != "reasoning" or self._seal is not None:
            written = self._close() + self._add(
                "reasoning", new_id("rs_"), lambda identity: {"id": identity, "type": "reasoning", "summary": []}
            )
        if event.text:
            if not self._pieces:
                written += self._summary_event("response.reasoning_summary_part.added", {"part": {"type": "summary_text", "text": ""}})
            self._pieces.append(event.text)
            written += self._summary_event("response.reasoning_summary_text.delta", {"delta": event.text})
        if event.signature is not None:
            self._seal = event
        return written

    def _at_once(self, thought: Reasoning) -> bytes:
        identity = new_id("rs_")
        written = self._add("reasoning", identity, lambda given: {"id": given, "type": "reasoning", "summary": []})
        self._open = None
        return written + self._done(len(self._output) - 1, thought_item(identity, thought))

    def _call(self, event: CallBegan) -> bytes:
        written = b""
        if event.signature is not None:
            written = self._at_once(Reasoning(signature=event.signature, origin=DialectName.GEMINI))
        self._output.append(None)
        call = self._calls[event.index] = _Call(len(self._output) - 1, event)
        return written + self._event("response.output_item.added", {"output_index": call.at, "item": call.item("in_progress")})

    def _argue(self, event: CallDelta) -> bytes:
        call = self._calls[event.index]
        call.pieces.append(event.arguments)
        told = {"item_id": call.id, "output_index": call.at, "delta": event.arguments}
        return self._event("response.function_call_arguments.delta", told) if event.arguments else b""

    def _finish_call(self, call: _Call) -> bytes:
        item = call.item("completed")
        told = {"item_id": call.id, "output_index": call.at, "name": item["name"], "arguments": item["arguments"]}
        return self._event("response.function_call_arguments.done", told) + self._done(call.at, item)

    def _add(self, kind: str, identity: str, item: Any) -> bytes:
        self._open, self._id = kind, identity
        self._pieces, self._annotations, self._seal = [], [], None
        self._output.append(None)
        return self._event("response.output_item.added", {"output_index": len(self._output) - 1, "item": item(identity)})

    def _close(self) -> bytes:
        """End the item that grows; calls end with the answer, as they may grow side by side."""
        kind, text = self._open, "".join(self._pieces)
        self._open = None
        if kind is None:
            return b""
        at = self._at
        if kind == "reasoning":
            seal = self._seal or ReasoningDelta()
            item = thought_item(self._id, Reasoning(text=text, signature=seal.signature, origin=seal.origin))
            return (self._summary_done(text) if text else b"") + self._done(at, item)
        part = self._message_part(kind, text)
        name = "text" if kind == "output_text" else "refusal"
        whole: dict[str, Any] = {name: text} | ({"logprobs": []} if kind == "output_text" else {})
        written = self._part_event(f"response.{kind}.done", whole) + self._part_event("response.content_part.done", {"part": part})
        return written + self._done(at, message_item(self._id, [part]))

    def _summary_done(self, text: str) -> bytes:
        written = self._summary_event("response.reasoning_summary_text.done", {"text": text})
        return written + self._summary_event("response.reasoning_summary_part.done", {"part": {"type": "summary_text", "text": text}})

    def _done(self, at: int, item: dict[str, Any]) -> bytes:
        self._output[at] = item
        return self._event("response.output_item.done", {"output_index": at, "item": item})

    @property
    def _at(self) -> int:
        """The index of the item that grows: the last one added, since calls close it first."""
        return len(self._output) - 1

    def _part_event(self, name: str, members: dict[str, Any]) -> bytes:
        return self._event(name, {"item_id": self._id, "output_index": self._at, "content_index": 0, **members})

    def _summary_event(self, name: str, members: dict[str, Any]) -> bytes:
        return self._event(name, {"item_id": self._id, "output_index": self._at, "summary_index": 0, **members})

    def _event(self, name: str, members: dict[str, Any]) -> bytes:
        data = msgspec.json.encode({"type": name, "sequence_number": self._number, **members})
        self._number += 1
        return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"
