"""What an answer says, from the neutral form to what a span tells of it."""

from typing import Any

from gateway.dialects.collect import Collector
from gateway.dialects.types import (
    Answer,
    Candidate,
    DialectName,
    EventReader,
    Media,
    Part,
    Reasoning,
    Refusal,
    Text,
    Tokens,
    ToolCall,
    ToolResult,
)
from gateway.errors import UpstreamBroken
from gateway.resilience.affinity import seal_of
from gateway.types import Message, Observation, Usage

__all__ = ("EventStream", "observed", "told_part", "usage_of")


class EventStream:
    """Implements ``gateway.types.StreamReader`` for any dialect: bytes pass as they are, and are read beside it."""

    def __init__(self, reader: EventReader) -> None:
        self._reader = reader
        self._collector = Collector()

    @property
    def ended(self) -> bool:
        """See ``StreamReader.ended``."""
        return self._collector.ended

    @property
    def complete(self) -> bool:
        """See ``StreamReader.complete``."""
        return self._collector.complete

    def feed(self, chunk: bytes) -> bytes:
        """See ``StreamReader.feed``."""
        try:
            for event in self._reader.feed(chunk):
                self._collector.add(event)
        except RecursionError as error:
            raise UpstreamBroken("The provider's answer is nested too deeply to be read.") from error
        return chunk

    def end(self) -> bytes:
        """See ``StreamReader.end``: nothing was held back."""
        for event in self._reader.end():
            self._collector.add(event)
        return b""

    def observation(self) -> Observation:
        """See ``StreamReader.observation``."""
        return observed(self._collector.answer(), failed=self._collector.failure is not None)


def observed(answer: Answer, *, failed: bool = False) -> Observation:
    """An answer, for its span."""
    return Observation(
        response_id=answer.id,
        model=answer.model,
        finish_reasons=tuple(candidate.finish.value for candidate in answer.candidates if candidate.finish is not None),
        messages=[_message(candidate) for candidate in answer.candidates],
        usage=None if answer.tokens is None else usage_of(answer.tokens),
        error="upstream_error" if failed else None,
        sealed=_sealed(answer),
    )


def _sealed(answer: Answer) -> tuple[str, ...]:
    parts = (part for candidate in answer.candidates for part in candidate.parts)
    thoughts = (part for part in parts if isinstance(part, Reasoning) and part.origin is DialectName.OPENAI_RESPONSES)
    return tuple(seal_of(thought.signature) for thought in thoughts if thought.signature)


def usage_of(tokens: Tokens) -> Usage | None:
    """Figures that contain one another, as spans have them, from buckets that do not; ``None`` when nothing was counted."""
    if tokens.prompt is None and tokens.completion is None:
        return None
    written = [count for count in (tokens.cache_write, tokens.cache_write_1h) if count is not None]
    return Usage(
        input_tokens=tokens.prompt,
        output_tokens=tokens.completion,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=sum(written) if written else None,
        reasoning_tokens=tokens.reasoning,
    )


def told_part(part: Part) -> dict[str, Any]:
    """A part in the form of the GenAI conventions."""
    match part:
        case Text(text):
            return {"type": "text", "content": text}
        case Refusal(text):
            return {"type": "refusal", "content": text}
        case Reasoning():
            return {"type": "reasoning", "content": part.text}
        case ToolCall():
            return {"type": "tool_call", "id": part.id, "name": part.name, "arguments": part.arguments}
        case ToolResult():
            texts = [each.text for each in part.parts if isinstance(each, Text)]
            only_text = len(texts) == len(part.parts)
            return {
                "type": "tool_call_response",
                "id": part.call_id,
                "response": "\n".join(texts) if only_text else [told_part(each) for each in part.parts],
            }
        case Media():
            return _media(part)


def _media(part: Media) -> dict[str, Any]:
    if part.text is not None:
        return {"type": "text", "content": part.text}
    if part.url is not None:
        return {"type": "uri", "modality": part.kind, "uri": part.url}
    if part.file_id is not None:
        return {"type": "file", "modality": part.kind, "file_id": part.file_id}
    return {"type": "blob", "modality": part.kind, "mime_type": part.media_type, "content": part.data}


def _message(candidate: Candidate) -> Message:
    parts = [told_part(part) for part in candidate.parts]
    return Message(role="assistant", parts=parts, finish_reason=None if candidate.finish is None else candidate.finish.value)
