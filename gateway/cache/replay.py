"""OpenAI's chat answers, told the other way: a stream as a whole answer, a whole answer as a stream. Members of the vendor's own stay. Pure.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from gateway.sse import EventParser
from gateway.types import Usage
from tracing.unreadable import UNREADABLE

__all__ = ("as_stream", "as_whole")

_DONE = b"data: [DONE]\n\n"
_OBJECT = msgspec.json.Decoder(dict[str, Any])


def as_stream(body: bytes, *, with_usage: bool) -> bytes:
    """A whole answer as the stream of it: one chunk for each choice, one for its end, the usage where it is wanted."""
    whole = _OBJECT.decode(body)
    usage, choices = whole.pop("usage", None), whole.pop("choices", None) or []
    base = {**whole, "object": "chat.completion.chunk"}
    if with_usage:
        base["usage"] = None
    chunks = [{**base, "choices": [piece]} for choice in choices for piece in _pieces(choice)]
    if with_usage:
        chunks.append({**base, "choices": [], "usage": usage})
    return b"".join([*(b"data: " + msgspec.json.encode(chunk) + b"\n\n" for chunk in chunks), _DONE])


def as_whole(stream: bytes, usage: Usage | None) -> bytes:
    """A stream as the whole answer. ``usage`` is known also where the client's stream did not tell it."""
    whole: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for chunk in _chunks(stream):
        for piece in chunk.pop("choices", None) or ():
            _grow(choices.setdefault(piece.get("index", 0), {"index": piece.get("index", 0), "message": {}, "finish_reason": None}), piece)
        whole |= {name: value for name, value in chunk.items() if value is not None}
    whole |= {"object": "chat.completion", "choices": [_finished(choices[index]) for index in sorted(choices)]}
    if "usage" not in whole and usage is not None and not usage.estimated:
        whole["usage"] = _told(usage)
    return msgspec.json.encode(whole)


def _pieces(choice: dict[str, Any]) -> Iterator[dict[str, Any]]:
    message, index = choice.get("message") or {}, choice.get("index", 0)
    delta = {name: value for name, value in message.items() if value is not None and name != "tool_calls"}
    if calls := message.get("tool_calls"):
        delta["tool_calls"] = [{"index": at, **call} for at, call in enumerate(calls)]
    rest = {name: value for name, value in choice.items() if name not in ("message", "finish_reason", "index")}
    yield {"index": index, "delta": delta, "finish_reason": None, **rest}
    yield {"index": index, "delta": {}, "finish_reason": choice.get("finish_reason")}


def _chunks(stream: bytes) -> Iterator[dict[str, Any]]:
    parser = EventParser()
    for event in [*parser.feed(stream), *parser.end()]:
        if event.data is None or event.data == b"[DONE]":
            continue
        try:
            yield _OBJECT.decode(event.data)
        except UNREADABLE:
            continue  # no chunk of an answer


def _grow(choice: dict[str, Any], piece: dict[str, Any]) -> None:
    for name, value in (piece.get("delta") or {}).items():
        _add(choice["message"], name, value)
    for name, value in piece.items():
        if name == "logprobs" and isinstance(value, dict):
            _merge_logprobs(choice, value)
        elif name not in ("delta", "index") and value is not None:
            choice[name] = value


def _add(message: dict[str, Any], name: str, value: Any) -> None:
    if name == "tool_calls":
        for call in value or ():
            _add_call(message.setdefault("tool_calls", {}), call)
    elif (isinstance(value, str) and isinstance(message.get(name), str) and name != "role") or (
        isinstance(value, list) and isinstance(message.get(name), list)
    ):
        message[name] += value
    elif value is not None:
        message[name] = value


def _add_call(calls: dict[int, dict[str, Any]], piece: dict[str, Any]) -> None:
    call = calls.setdefault(piece.get("index", 0), {})
    for name, value in piece.items():
        if name == "function" and isinstance(value, dict):
            function = call.setdefault("function", {})
            for part, text in value.items():
                function[part] = function[part] + text if isinstance(function.get(part), str) and isinstance(text, str) else text
        elif name != "index" and value is not None:
            call[name] = value


def _merge_logprobs(choice: dict[str, Any], value: dict[str, Any]) -> None:
    known = choice.setdefault("logprobs", {})
    for name, listed in value.items():
        if isinstance(listed, list) and isinstance(known.get(name), list):
            known[name] += listed
        else:
            known[name] = listed


def _finished(choice: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": None, **choice["message"]}
    if isinstance(calls := message.get("tool_calls"), dict):
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    return {**choice, "message": message}


def _told(usage: Usage) -> dict[str, Any]:
    total = None if usage.input_tokens is None or usage.output_tokens is None else usage.input_tokens + usage.output_tokens
    told: dict[str, Any] = {"prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens, "total_tokens": total}
    if usage.cache_read_tokens is not None:
        told["prompt_tokens_details"] = {"cached_tokens": usage.cache_read_tokens}
    if usage.reasoning_tokens is not None:
        told["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return told
