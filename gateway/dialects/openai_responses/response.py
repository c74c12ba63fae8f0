"""A response, into the neutral form and out of it."""

from collections.abc import Iterator
from time import time
from typing import Any, Final

import msgspec

from gateway.dialects.names import new_id
from gateway.dialects.openai_responses import wire
from gateway.dialects.openai_responses.items import read_output
from gateway.dialects.openai_responses.write_request import written_choice, written_format, written_tool
from gateway.dialects.reading import decoded_answer
from gateway.dialects.signatures import sealed
from gateway.dialects.types import (
    Answer,
    Candidate,
    Citation,
    DialectName,
    Finish,
    HostedTool,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    Tokens,
    ToolCall,
)
from gateway.errors import InvalidRequest, UpstreamBroken

__all__ = (
    "OWN",
    "call_item",
    "closing",
    "frame",
    "message_item",
    "read_answer",
    "read_finish",
    "read_tokens",
    "thought_item",
    "write_answer",
    "written_annotation",
)

_ANSWER: Final = msgspec.json.Decoder(wire.Response)
OWN: Final = "resp_tidegate_"
"""How identifiers of responses begin that were made here."""


def read_answer(body: bytes) -> Answer:
    """A whole response in the neutral form.

    Raises ``UpstreamBroken``, also for an error that came with status 200, and for a response that failed.
    """
    sent = decoded_answer(body, _ANSWER, "OpenAI")
    if sent.error is not None or sent.status == "failed" or sent.output is None:
        told = (sent.error or {}).get("message") or "no 'output'"
        raise UpstreamBroken(f"The provider answered 200 with a response that failed: {told}.")
    try:
        parts = tuple(part for item in sent.output for part in read_output(item))
    except InvalidRequest as error:  # parts of an answer are read as those of a request are, and it is the vendor who is at fault
        raise UpstreamBroken("The provider's answer has a part of a type that OpenAI's API does not have.") from error
    called = any(isinstance(part, ToolCall) for part in parts)
    return Answer(
        id=sent.id,
        model=sent.model,
        created=None if sent.created_at is None else int(sent.created_at),
        candidates=(Candidate(parts=parts, finish=read_finish(sent, called=called)),),
        tokens=read_tokens(sent.usage),
    )


def read_finish(sent: wire.Response, *, called: bool) -> Finish:
    """A response has no reason of its own while all went well."""
    if sent.status == "incomplete" and sent.incomplete_details is not None:
        return Finish.CONTENT_FILTER if sent.incomplete_details.reason == "content_filter" else Finish.LENGTH
    return Finish.TOOL_CALLS if called else Finish.STOP


def read_tokens(usage: wire.Usage | None) -> Tokens | None:
    """``input_tokens`` without what the cache gave and took, ``output_tokens`` without the reasoning."""
    if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
        return None
    into, out = usage.input_tokens_details or wire.InputDetails(), usage.output_tokens_details or wire.OutputDetails()
    cached, written, reasoning = into.cached_tokens, into.cache_write_tokens, out.reasoning_tokens
    return Tokens(
        input=None if usage.input_tokens is None else max(usage.input_tokens - (cached or 0) - (written or 0), 0),
        cache_read=cached,
        cache_write=written,
        output=None if usage.output_tokens is None else max(usage.output_tokens - (reasoning or 0), 0),
        reasoning=reasoning,
    )


def write_answer(answer: Answer, request: Request) -> bytes:
    """The body of a response. The dialect has one answer to a request: the first is told."""
    candidate = answer.candidates[0] if answer.candidates else Candidate()
    frame_ = frame(request, new_id(OWN), answer.model, answer.created)
    output = list(_items(candidate.parts))
    return msgspec.json.encode({**frame_, **closing(candidate.finish, answer.tokens), "output": output})


def frame(request: Request, identity: str, model: str | None, created: int | None) -> dict[str, Any]:
    """What a response repeats of its request."""
    settings, sampling = request.reasoning, request.sampling
    tools = [tool.raw if isinstance(tool, HostedTool) else written_tool(tool, tool.name) for tool in request.tools]
    return {
        "id": identity,
        "object": "response",
        "created_at": created if created is not None else int(time()),
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": "\n\n".join(part.text for part in request.system) or None,
        "max_output_tokens": sampling.max_tokens,
        "metadata": dict(request.metadata or {}),
        "model": model or request.model,
        "output": [],
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "previous_response_id": None,
        "reasoning": {"effort": settings.effort if settings else None, "summary": "auto" if settings and settings.shown else None},
        "service_tier": request.service_tier or "default",
        "store": True,
        "temperature": sampling.temperature,
        "text": {"format": written_format(request.format)} | ({"verbosity": request.verbosity} if request.verbosity else {}),
        "tool_choice": "auto" if request.tool_choice is None else written_choice(request.tool_choice, {}),
        "tools": tools,
        "top_p": sampling.top_p,
        "truncation": "disabled",
        "usage": None,
        "user": request.user,
    }


def closing(finish: Finish | None, tokens: Tokens | None) -> dict[str, Any]:
    """What is known of a response at its end."""
    cut = {Finish.LENGTH: "max_output_tokens", Finish.CONTENT_FILTER: "content_filter"}.get(finish or Finish.STOP)
    known: dict[str, Any] = {"status": "completed"} if cut is None else {"status": "incomplete", "incomplete_details": {"reason": cut}}
    return known if tokens is None or tokens.prompt is None else known | {"usage": _usage(tokens)}


def message_item(identity: str, parts: list[dict[str, Any]], status: str = "completed") -> dict[str, Any]:
    """An item with words of the model."""
    return {"id": identity, "type": "message", "status": status, "role": "assistant", "content": parts}


def thought_item(identity: str, thought: Reasoning) -> dict[str, Any]:
    """A thought; what only its vendor can read comes with it."""
    summary = [{"type": "summary_text", "text": thought.text}] if thought.text else []
    item: dict[str, Any] = {"id": identity, "type": "reasoning", "summary": summary}
    seal = sealed(thought, DialectName.OPENAI_RESPONSES)
    return item if seal is None else item | {"encrypted_content": seal}


def call_item(identity: str, call: ToolCall, status: str = "completed") -> dict[str, Any]:
    """An item with a call."""
    told = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
    return {"id": identity, "type": "function_call", "status": status, **told}


def written_annotation(citation: Citation) -> dict[str, Any] | None:
    """A source on the web; the dialect knows no others of strangers."""
    if citation.url is None:
        return None
    place = {"start_index": citation.start or 0, "end_index": citation.end or 0}
    return {"type": "url_citation", "url": citation.url, "title": citation.title or "", **place}


def _items(parts: tuple[Part, ...]) -> Iterator[dict[str, Any]]:
    for part in parts:
        match part:
            case Text():
                annotations = [each for citation in part.citations if (each := written_annotation(citation)) is not None]
                yield message_item(new_id("msg_"), [{"type": "output_text", "text": part.text, "annotations": annotations, "logprobs": []}])
            case Refusal(text):
                yield message_item(new_id("msg_"), [{"type": "refusal", "refusal": text}])
            case Reasoning():
                yield thought_item(part.id or new_id("rs_"), part)
            case ToolCall():
                if part.signature is not None:
                    yield thought_item(new_id("rs_"), Reasoning(signature=part.signature, origin=DialectName.GEMINI))
                yield call_item(new_id("fc_"), part)


def _usage(tokens: Tokens) -> dict[str, Any]:
    written = (tokens.cache_write or 0) + (tokens.cache_write_1h or 0)
    prompt, completion = tokens.prompt or 0, tokens.completion or 0
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": tokens.cache_read or 0, "cache_write_tokens": written},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning or 0},
        "total_tokens": prompt + completion,
    }
