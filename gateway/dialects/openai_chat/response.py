"""A chat completion, into the neutral form and out of it."""

from collections.abc import Iterable, Iterator
from time import time
from typing import Any, Final

import msgspec

from gateway.dialects.names import new_id
from gateway.dialects.openai_chat import wire
from gateway.dialects.openai_chat.parts import annotation, url_of, written_calls
from gateway.dialects.openai_chat.request import read_message_parts
from gateway.dialects.reading import decoded_answer
from gateway.dialects.signatures import marked
from gateway.dialects.types import (
    Answer,
    Candidate,
    Citation,
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
from gateway.wire.openai import completed

__all__ = ("read_answer", "read_citations", "read_finish", "read_tokens", "write_answer", "written_thoughts", "written_usage")

_ANSWER: Final = msgspec.json.Decoder(wire.Answer)
_FINISHES: Final = {
    "length": Finish.LENGTH,
    "tool_calls": Finish.TOOL_CALLS,
    "function_call": Finish.TOOL_CALLS,
    "content_filter": Finish.CONTENT_FILTER,
}


def read_answer(body: bytes) -> Answer:
    """A whole answer in the neutral form. Raises ``UpstreamBroken``, also for an error that came with status 200."""
    sent = decoded_answer(body, _ANSWER, "OpenAI")
    if sent.error is not None or sent.choices is None:
        raise UpstreamBroken("The provider answered 200 with an error, or without 'choices'.")
    return Answer(
        id=sent.id,
        model=sent.model,
        created=sent.created,
        candidates=tuple(_candidate(choice) for choice in sent.choices),
        tokens=read_tokens(sent.usage),
    )


def read_finish(reason: str | None, *, called: bool) -> Finish | None:
    """Servers that end a turn of tool calls with ``stop`` mean ``tool_calls``."""
    if reason is None:
        return None
    finish = _FINISHES.get(reason, Finish.STOP)
    return Finish.TOOL_CALLS if finish is Finish.STOP and called else finish


def read_tokens(usage: wire.Usage | None) -> Tokens | None:
    """``prompt_tokens`` without what the cache gave and took, ``completion_tokens`` without the reasoning."""
    if usage is None or (usage.prompt_tokens is None and usage.completion_tokens is None):
        return None
    into, out = usage.prompt_tokens_details or wire.InputDetails(), usage.completion_tokens_details or wire.OutputDetails()
    cached = into.cached_tokens if into.cached_tokens is not None else usage.prompt_cache_hit_tokens
    completion, reasoning = completed(usage, out.reasoning_tokens)
    return Tokens(
        input=_without(usage.prompt_tokens, cached, into.cache_write_tokens),
        cache_read=cached,
        cache_write=into.cache_write_tokens,
        output=_without(completion, reasoning),
        reasoning=reasoning,
        input_audio=into.audio_tokens,
        output_audio=out.audio_tokens,
    )


def read_citations(annotations: Iterable[wire.Annotation]) -> Iterator[Citation]:
    """Sources on the web."""
    for each in annotations:
        if each.url_citation is not None:
            found = each.url_citation
            yield Citation(
                url=found.get("url"), title=found.get("title"), start=found.get("start_index"), end=found.get("end_index"), raw=found
            )


def write_answer(answer: Answer, request: Request) -> bytes:
    """The body of a completion."""
    body: dict[str, Any] = {
        "id": answer.id or new_id("chatcmpl-"),
        "object": "chat.completion",
        "created": answer.created if answer.created is not None else int(time()),
        "model": answer.model or request.model,
        "choices": [_choice(candidate) for candidate in answer.candidates],
    }
    if answer.tokens is not None:
        body["usage"] = written_usage(answer.tokens)
    return msgspec.json.encode(body)


def written_usage(tokens: Tokens) -> dict[str, Any]:
    """``usage``, whose total is always the sum."""
    prompt, completion = tokens.prompt, tokens.completion
    usage: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": None if prompt is None or completion is None else prompt + completion,
    }
    written = (
        None if tokens.cache_write is None and tokens.cache_write_1h is None else (tokens.cache_write or 0) + (tokens.cache_write_1h or 0)
    )
    into = {"cached_tokens": tokens.cache_read, "cache_write_tokens": written, "audio_tokens": tokens.input_audio}
    out = {"reasoning_tokens": tokens.reasoning, "audio_tokens": tokens.output_audio}
    for name, details in (("prompt_tokens_details", into), ("completion_tokens_details", out)):
        if known := {key: value for key, value in details.items() if value is not None}:
            usage[name] = known
    return usage


def written_thoughts(thoughts: Iterable[Reasoning]) -> list[dict[str, Any]]:
    """``thinking_blocks``: the thoughts that their vendor will want back."""
    return [block for thought in thoughts if (block := _thinking_block(thought)) is not None]


def _thinking_block(thought: Reasoning) -> dict[str, Any] | None:
    if thought.redacted is not None:
        return {"type": "redacted_thinking", "data": marked(thought.redacted, thought.origin, DialectName.ANTHROPIC)}
    if thought.signature is None:
        return None
    return {
        "type": "thinking",
        "thinking": thought.text,
        "signature": marked(thought.signature, thought.origin, DialectName.ANTHROPIC),
    }


def _candidate(choice: wire.Choice) -> Candidate:
    message = choice.message or wire.Message()
    parts = tuple(_cited(read_message_parts(message), tuple(read_citations(message.annotations or ()))))
    called = any(isinstance(part, ToolCall) for part in parts)
    return Candidate(parts=parts, finish=read_finish(choice.finish_reason, called=called), index=choice.index)


def _cited(parts: Iterable[Part], citations: tuple[Citation, ...]) -> Iterator[Part]:
    """Citations belong to the text; a message has one."""
    for part in parts:
        if isinstance(part, Text) and citations:
            yield Text(part.text, citations=citations)
        elif isinstance(part, ToolCall) and not part.id:
            yield msgspec.structs.replace(part, id=new_id("call_"))
        else:
            yield part


def _choice(candidate: Candidate) -> dict[str, Any]:
    return {
        "index": candidate.index,
        "message": _message(candidate.parts),
        "logprobs": None,
        "finish_reason": (candidate.finish or Finish.STOP).value,
    }


def _message(parts: tuple[Part, ...]) -> dict[str, Any]:
    texts = [part for part in parts if isinstance(part, Text)]
    refusals = [part.text for part in parts if isinstance(part, Refusal)]
    calls = [part for part in parts if isinstance(part, ToolCall)]
    thoughts = [part for part in parts if isinstance(part, Reasoning)]
    content = "".join(text.text for text in texts) if texts or not (calls or refusals) else None
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": "".join(refusals) or None}
    optional = {
        "tool_calls": written_calls(calls, {}),
        "reasoning_content": "".join(thought.text for thought in thoughts),
        "thinking_blocks": written_thoughts(thoughts),
        "annotations": [each for text in texts for citation in text.citations if (each := annotation(citation)) is not None],
        "images": [_image(part) for part in parts if isinstance(part, Media) and part.kind == "image"],
    }
    return message | {name: value for name, value in optional.items() if value}


def _image(media: Media) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url_of(media)}}


def _without(count: int | None, *parts: int | None) -> int | None:
    return None if count is None else max(count - sum(part or 0 for part in parts), 0)
