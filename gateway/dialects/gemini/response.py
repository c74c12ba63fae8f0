"""An answer of Gemini, into the neutral form and out of it."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from gateway.dialects.gemini import wire
from gateway.dialects.gemini.request import Calls, read_part
from gateway.dialects.gemini.signatures import written_signature
from gateway.dialects.names import new_id
from gateway.dialects.reading import arguments, decoded_answer
from gateway.dialects.types import (
    Answer,
    Candidate,
    Citation,
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

__all__ = (
    "finish_reason",
    "grounding",
    "read_answer",
    "read_citations",
    "read_finish",
    "read_tokens",
    "write_answer",
    "written_part",
    "written_usage",
)

_ANSWER: Final = msgspec.json.Decoder(wire.Answer | list[wire.Answer])
_FINISHES: Final = {
    "MAX_TOKENS": Finish.LENGTH,
    **dict.fromkeys(
        (
            "SAFETY",
            "RECITATION",
            "BLOCKLIST",
            "PROHIBITED_CONTENT",
            "SPII",
            "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT",
            "IMAGE_RECITATION",
            "MODEL_ARMOR",
        ),
        Finish.CONTENT_FILTER,
    ),
}
_REASONS: Final = {Finish.LENGTH: "MAX_TOKENS", Finish.CONTENT_FILTER: "SAFETY"}


def read_answer(body: bytes) -> Answer:
    """A whole answer in the neutral form.

    A prompt that was blocked is an answer that was filtered. Raises ``UpstreamBroken``, also for an error that came with status 200.
    """
    sent = decoded_answer(body, _ANSWER, "Gemini")
    if isinstance(sent, list) or sent.error is not None or (sent.candidates is None and sent.prompt_feedback is None):
        raise UpstreamBroken("The provider answered 200 with an error, or without 'candidates'.")
    blocked = sent.prompt_feedback is not None and sent.prompt_feedback.block_reason is not None
    candidates = tuple(_candidate(candidate) for candidate in sent.candidates or ())
    return Answer(
        id=sent.response_id,
        model=sent.model_version,
        candidates=candidates or ((Candidate(finish=Finish.CONTENT_FILTER),) if blocked else ()),
        tokens=read_tokens(sent.usage_metadata),
    )


def read_finish(reason: str | None, *, called: bool) -> Finish | None:
    """The vendor ends a turn of calls with ``STOP``, too."""
    if reason in {None, "FINISH_REASON_UNSPECIFIED"}:
        return None
    finish = _FINISHES.get(str(reason), Finish.STOP)
    return Finish.TOOL_CALLS if finish is Finish.STOP and called else finish


def read_tokens(usage: wire.Usage | None) -> Tokens | None:
    """Tokens of an answer. What the vendor's own tools put into the prompt is counted beside it."""
    if usage is None or usage.prompt_token_count is None:
        return None
    cached = usage.cached_content_token_count
    return Tokens(
        input=max(usage.prompt_token_count + (usage.tool_use_prompt_token_count or 0) - (cached or 0), 0),
        cache_read=cached,
        output=usage.candidates_token_count,
        reasoning=usage.thoughts_token_count,
        input_audio=_audio(usage.prompt_tokens_details),
        output_audio=_audio(usage.candidates_tokens_details),
    )


def read_citations(metadata: dict[str, Any] | None, text: str) -> Iterator[Citation]:
    """Sources on the web. The vendor counts bytes, so that the place is looked up in ``text`` by its words."""
    found = metadata or {}
    chunks = found.get("groundingChunks") or []
    for support in found.get("groundingSupports") or ():
        cited = str((support.get("segment") or {}).get("text") or "")
        start = text.find(cited) if cited else -1
        for index in support.get("groundingChunkIndices") or ():
            web = (chunks[index].get("web") or {}) if index < len(chunks) else {}
            yield Citation(
                url=web.get("uri"),
                title=web.get("title"),
                cited=cited or None,
                start=start if start >= 0 else None,
                end=start + len(cited) if start >= 0 else None,
            )


def write_answer(answer: Answer, request: Request) -> bytes:
    """The body of an answer."""
    body: dict[str, Any] = {
        "candidates": [_written(candidate) for candidate in answer.candidates],
        "modelVersion": answer.model or request.model,
        "responseId": answer.id or new_id("resp_"),
    }
    if answer.tokens is not None:
        body["usageMetadata"] = written_usage(answer.tokens)
    return msgspec.json.encode(body)


def finish_reason(finish: Finish) -> str:
    """``finishReason`` of an answer."""
    return _REASONS.get(finish, "STOP")


def written_usage(tokens: Tokens) -> dict[str, Any]:
    """``usageMetadata``, whose total is always the sum."""
    counts = {
        "promptTokenCount": tokens.prompt,
        "candidatesTokenCount": tokens.output,
        "thoughtsTokenCount": tokens.reasoning,
        "cachedContentTokenCount": tokens.cache_read,
    }
    if tokens.prompt is not None and tokens.completion is not None:
        counts["totalTokenCount"] = tokens.prompt + tokens.completion
    return {name: count for name, count in counts.items() if count is not None}


def written_part(part: Part) -> dict[str, Any] | None:
    """A part of an answer; ``None`` for what the dialect has no part for."""
    match part:
        case Text() if part.text or part.signature:
            return {"text": part.text} | _signed(part.signature)
        case Refusal(text):
            return {"text": text}
        case Reasoning():
            return {"text": part.text, "thought": True} | _signed(written_signature(part))
        case ToolCall():
            return {"functionCall": {"id": part.id, "name": part.name, "args": arguments(part.arguments)}} | _signed(part.signature)
        case Media() if part.data is not None:
            return {"inlineData": {"mimeType": part.media_type, "data": part.data}}
        case _:
            return None


def grounding(citations: Iterable[Citation]) -> dict[str, Any]:
    """``groundingMetadata`` of an answer, where it has sources on the web."""
    cited = [citation for citation in citations if citation.url is not None]
    if not cited:
        return {}
    chunks = [{"web": {"uri": citation.url, "title": citation.title or ""}} for citation in cited]
    supports = [{"segment": {"text": citation.cited or ""}, "groundingChunkIndices": [index]} for index, citation in enumerate(cited)]
    return {"groundingMetadata": {"groundingChunks": chunks, "groundingSupports": supports}}


def _signed(signature: str | None) -> dict[str, Any]:
    return {} if signature is None else {"thoughtSignature": signature}


def _candidate(sent: wire.Candidate) -> Candidate:
    calls = Calls()
    found = [read_part(part, calls) for part in (sent.content.parts if sent.content is not None else None) or ()]
    parts = _joined([_named(part) for part in found if part is not None])
    texts = [part for part in parts if isinstance(part, Text)]
    if texts and sent.grounding_metadata:
        citations = tuple(read_citations(sent.grounding_metadata, texts[-1].text))
        parts[parts.index(texts[-1])] = msgspec.structs.replace(texts[-1], citations=citations)
    called = any(isinstance(part, ToolCall) for part in parts)
    return Candidate(parts=tuple(parts), finish=read_finish(sent.finish_reason, called=called), index=sent.index)


def _joined(parts: list[Part]) -> list[Part]:
    """One text where the vendor sends several in a row, as it does for no reason that its readers know: a JSON text may be cut in two."""
    joined: list[Part] = []
    for part in parts:
        before = joined[-1] if joined else None
        if isinstance(part, Text) and isinstance(before, Text) and before.signature is None:
            joined[-1] = msgspec.structs.replace(part, text=before.text + part.text)
        else:
            joined.append(part)
    return joined


def _named(part: Part) -> Part:
    """A call of an answer needs an id that no other answer has."""
    if isinstance(part, ToolCall) and part.id.startswith("call_") and part.id.removeprefix("call_").isdigit():
        return msgspec.structs.replace(part, id=new_id("call_"))
    return part


def _written(candidate: Candidate) -> dict[str, Any]:
    parts = [written for part in candidate.parts if (written := written_part(part)) is not None]
    cited = [citation for part in candidate.parts if isinstance(part, Text) for citation in part.citations]
    return {
        "content": {"role": "model", "parts": parts},
        "finishReason": finish_reason(candidate.finish or Finish.STOP),
        "index": candidate.index,
        **grounding(cited),
    }


def _audio(details: list[wire.Modality] | None) -> int | None:
    return next((each.token_count for each in details or () if each.modality == "AUDIO"), None)
