"""An answer of Converse, into the neutral form."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from gateway.dialects.bedrock import wire
from gateway.dialects.names import new_id
from gateway.dialects.reading import decoded_answer, plain
from gateway.dialects.types import Answer, Candidate, Citation, DialectName, Finish, Media, Part, Reasoning, Text, Tokens, ToolCall
from gateway.errors import UpstreamBroken

__all__ = ("read_answer", "read_citation", "read_finish", "read_tokens")

_ANSWER: Final = msgspec.json.Decoder(wire.Answer)
_FINISHES: Final = {
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "tool_use": Finish.TOOL_CALLS,
    "content_filtered": Finish.CONTENT_FILTER,
    "guardrail_intervened": Finish.CONTENT_FILTER,
}


def read_answer(body: bytes) -> Answer:
    """A whole answer in the neutral form. Raises ``UpstreamBroken``."""
    sent = decoded_answer(body, _ANSWER, "Bedrock")
    if sent.output is None or sent.output.message is None:
        raise UpstreamBroken("The provider answered 200 without 'output.message'.")
    parts = tuple(part for block in sent.output.message.content for part in _parts(block))
    called = any(isinstance(part, ToolCall) for part in parts)
    candidate = Candidate(parts=parts, finish=read_finish(sent.stop_reason, called=called))
    return Answer(candidates=(candidate,), tokens=read_tokens(sent.usage))


def read_finish(reason: str | None, *, called: bool) -> Finish | None:
    """``end_turn``, ``stop_sequence`` and whatever comes next are an ordinary end."""
    if reason is None:
        return None
    finish = _FINISHES.get(reason, Finish.STOP)
    return Finish.TOOL_CALLS if finish is Finish.STOP and called else finish


def read_tokens(usage: wire.Usage | None) -> Tokens | None:
    """The buckets share nothing here either."""
    if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
        return None
    longer = [detail.input_tokens for detail in usage.cache_details or () if detail.ttl == "1h"]
    written = usage.cache_write_input_tokens
    return Tokens(
        input=usage.input_tokens,
        cache_read=usage.cache_read_input_tokens,
        cache_write=max(written - sum(longer), 0) if written is not None else None,
        cache_write_1h=sum(longer) if longer else None,
        output=usage.output_tokens,
    )


def read_citation(sent: dict[str, Any]) -> Citation:
    """One citation."""
    location = sent.get("location")
    web = location.get("web") if isinstance(location, dict) else None
    source = sent.get("source")
    quoted = [each["text"] for each in sent.get("sourceContent") or () if isinstance(each, dict) and isinstance(each.get("text"), str)]
    return Citation(
        url=web.get("url") if isinstance(web, dict) else source if isinstance(source, str) and "://" in source else None,
        title=sent.get("title"),
        cited="".join(quoted) or None,
        raw=sent,
    )


def _parts(block: wire.Block) -> Iterator[Part]:
    if block.text is not None:
        yield Text(block.text)
    if block.tool_use is not None:
        call = block.tool_use
        yield ToolCall(id=call.tool_use_id or new_id("tooluse_"), name=call.name, arguments=plain(call.input or {}))
    if block.reasoning_content is not None:
        yield _thought(block.reasoning_content)
    if block.citations_content is not None:
        text = "".join(str(each.get("text", "")) for each in block.citations_content.content)
        yield Text(text, citations=tuple(map(read_citation, block.citations_content.citations)))
    if block.image is not None and isinstance(data := block.image.source.get("bytes"), str):
        yield Media(kind="image", media_type=f"image/{block.image.format}", data=data)


def _thought(sent: wire.ReasoningContent) -> Reasoning:
    if sent.redacted_content is not None:
        return Reasoning(redacted=sent.redacted_content, origin=DialectName.BEDROCK)
    thought = sent.reasoning_text or wire.ReasoningText()
    return Reasoning(text=thought.text, signature=thought.signature, origin=DialectName.BEDROCK)
