"""A message of Claude, into the neutral form and out of it."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from gateway.dialects.anthropic import wire
from gateway.dialects.anthropic.citations import write_citation
from gateway.dialects.anthropic.request import read_block
from gateway.dialects.names import new_id
from gateway.dialects.reading import arguments, decoded_answer
from gateway.dialects.signatures import marked
from gateway.dialects.types import (
    Answer,
    Candidate,
    DialectName,
    Finish,
    Media,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    Tokens,
    ToolCall,
)
from gateway.errors import UpstreamBroken

__all__ = ("read_answer", "read_finish", "read_tokens", "signed_thought", "stop_reason", "write_answer", "written_block", "written_usage")

_ANSWER: Final = msgspec.json.Decoder(wire.Answer)
_FINISHES: Final = {
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "compaction": Finish.LENGTH,
    "tool_use": Finish.TOOL_CALLS,
    "refusal": Finish.CONTENT_FILTER,
}
_STOP_REASONS: Final = {Finish.LENGTH: "max_tokens", Finish.TOOL_CALLS: "tool_use", Finish.CONTENT_FILTER: "refusal"}


def read_answer(body: bytes) -> Answer:
    """A whole answer in the neutral form. Raises ``UpstreamBroken``, also for an error that came with status 200."""
    sent = decoded_answer(body, _ANSWER, "Anthropic")
    if sent.error is not None or sent.content is None:
        raise UpstreamBroken("The provider answered 200 with an error, or without 'content'.")
    parts = tuple(part for block in sent.content if (part := read_block(block)) is not None)
    candidate = Candidate(parts=parts, finish=read_finish(sent.stop_reason), stop_sequence=sent.stop_sequence)
    return Answer(id=sent.id, model=sent.model, candidates=(candidate,), tokens=read_tokens(sent.usage))


def read_finish(reason: str | None) -> Finish | None:
    """``end_turn``, ``stop_sequence``, ``pause_turn`` and whatever comes next are an ordinary end."""
    return None if reason is None else _FINISHES.get(reason, Finish.STOP)


def read_tokens(usage: wire.Usage | None) -> Tokens | None:
    """The buckets share nothing here either; what was written to the cache is told by how long it stays."""
    if usage is None:
        return None
    written = usage.cache_creation
    thought = None if usage.output_tokens_details is None else usage.output_tokens_details.thinking_tokens
    split = written is not None and written.ephemeral_1h_input_tokens is not None
    return Tokens(
        input=usage.input_tokens,
        cache_read=usage.cache_read_input_tokens,
        cache_write=written.ephemeral_5m_input_tokens if split and written is not None else usage.cache_creation_input_tokens,
        cache_write_1h=written.ephemeral_1h_input_tokens if written is not None else None,
        output=usage.output_tokens if usage.output_tokens is None or thought is None else max(usage.output_tokens - thought, 0),
        reasoning=thought,
    )


def write_answer(answer: Answer, request: Request) -> bytes:
    """The body of a message. The dialect has one answer to a request: the first is told."""
    candidate = answer.candidates[0] if answer.candidates else Candidate()
    body = {
        "id": answer.id or new_id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": answer.model or request.model,
        "content": [block for part in candidate.parts for block in written_blocks(part)],
        "stop_reason": stop_reason(
            candidate.finish or Finish.STOP, candidate.stop_sequence, refused=any(isinstance(part, Refusal) for part in candidate.parts)
        ),
        "stop_sequence": candidate.stop_sequence,
        "usage": written_usage(answer.tokens or Tokens()),
    }
    return msgspec.json.encode(body)


def stop_reason(finish: Finish, sequence: str | None, *, refused: bool = False) -> str:
    """``stop_reason``. Other dialects stop as usual when a model has ``refused``, and tell it by a part of the answer."""
    if finish is Finish.STOP and not refused:
        return "end_turn" if sequence is None else "stop_sequence"
    return "refusal" if finish is Finish.STOP else _STOP_REASONS[finish]


def written_usage(tokens: Tokens) -> dict[str, Any]:
    """``usage`` of an answer."""
    usage: dict[str, Any] = {
        "input_tokens": tokens.input,
        "cache_creation_input_tokens": _sum(tokens.cache_write, tokens.cache_write_1h),
        "cache_read_input_tokens": tokens.cache_read,
        "output_tokens": tokens.completion,
    }
    if tokens.reasoning is not None:
        usage["output_tokens_details"] = {"thinking_tokens": tokens.reasoning}
    if tokens.cache_write_1h is not None:
        usage["cache_creation"] = {
            "ephemeral_5m_input_tokens": tokens.cache_write or 0,
            "ephemeral_1h_input_tokens": tokens.cache_write_1h,
        }
    return usage


def written_blocks(part: Part) -> Iterator[dict[str, Any]]:
    """A part of an answer. The signature of a call is a thought before it, since clients send thoughts back and calls have no place for one."""
    if isinstance(part, ToolCall) and part.signature is not None:
        yield signed_thought(part.signature)
    if (block := written_block(part)) is not None:
        yield block


def signed_thought(signature: str) -> dict[str, Any]:
    """A block that holds nothing but what Gemini wants back beside a call."""
    return {"type": "thinking", "thinking": "", "signature": marked(signature, DialectName.GEMINI, DialectName.ANTHROPIC)}


def written_block(part: Part) -> dict[str, Any] | None:
    """A part of an answer; ``None`` for what the dialect has no answer block for."""
    match part:
        case Text():
            cited = [write_citation(citation) for citation in part.citations]
            return {"type": "text", "text": part.text, "citations": cited or None}
        case Refusal():
            return {"type": "text", "text": part.text, "citations": None}
        case ToolCall():
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments(part.arguments)}
        case Reasoning(redacted=str(data)):
            return {"type": "redacted_thinking", "data": marked(data, part.origin, DialectName.ANTHROPIC)}
        case Reasoning():
            signature = marked(part.signature or "", part.origin if part.signature else None, DialectName.ANTHROPIC)
            return {"type": "thinking", "thinking": part.text, "signature": signature}
        case Media() if part.data is not None:
            source = {"type": "base64", "media_type": part.media_type, "data": part.data}
            return {"type": "image", "source": source} if part.kind == "image" else None
        case _:
            return None


def _sum(*counts: int | None) -> int | None:
    known: Iterable[int] = [count for count in counts if count is not None]
    return sum(known) if known else None
