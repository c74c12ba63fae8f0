"""OpenAI's chat answers, told the other way: a stream as a whole answer, a whole answer as a stream. Members of the vendor's own stay. Pure.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from gateway.cache.errors import AnswerUnreadable
from gateway.sse import EventParser
from gateway.types import Usage
from tracing.unreadable import UNREADABLE

__all__ = ("as_stream", "as_whole")

_DONE = b"data: [DONE]\n\n"
_OBJECT = msgspec.json.Decoder(dict[str, Any])

Members = dict[str, Any]


class _Call(msgspec.Struct):
    """A tool call, or a piece of one, as far as it is taken apart; the same holds for what is below."""

    index: int = 0
    function: Members | None = None


class _Message(msgspec.Struct):
    """What is said, or a piece of it."""

    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    """One of the answers, or a piece of it. Some vendors send the ``message`` so far beside each ``delta``."""

    index: int = 0
    message: _Message | None = None
    delta: _Message | None = None
    logprobs: Members | None = None


class _Answer(msgspec.Struct):
    """The shape of an answer, and of each event of a stream."""

    choices: list[_Choice] | None = None


def as_stream(body: bytes, *, with_usage: bool) -> bytes:
    """A whole answer as the stream of it: one chunk for each choice, one for its end, the usage where it is wanted.

    Raises ``AnswerUnreadable``.
    """
    try:
        return _streamed(_OBJECT.decode(body), with_usage=with_usage)
    except UNREADABLE as error:
        raise AnswerUnreadable from error


def as_whole(stream: bytes, usage: Usage | None) -> bytes:
    """A stream as the whole answer. ``usage`` is known also where the client's stream did not tell it. Raises ``AnswerUnreadable``."""
    try:
        return _collected(_chunks(stream), usage)
    except UNREADABLE as error:
        raise AnswerUnreadable from error


def _streamed(whole: Members, *, with_usage: bool) -> bytes:
    msgspec.convert(whole, _Answer)
    usage, choices = whole.pop("usage", None), whole.pop("choices", None) or []
    base = {**whole, "object": "chat.completion.chunk"}
    if with_usage:
        base["usage"] = None
    chunks = [{**base, "choices": [piece]} for choice in choices for piece in _pieces(choice)]
    if with_usage:
        chunks.append({**base, "choices": [], "usage": usage})
    return b"".join([*(b"data: " + msgspec.json.encode(chunk) + b"\n\n" for chunk in chunks), _DONE])


def _collected(chunks: Iterator[Members], usage: Usage | None) -> bytes:
    whole: Members = {}
    choices: dict[int, Members] = {}
    for chunk in chunks:
        msgspec.convert(chunk, _Answer)
        for piece in chunk.pop("choices", None) or ():
            _grow(choices.setdefault(piece.get("index", 0), {"index": piece.get("index", 0), "message": {}, "finish_reason": None}), piece)
        whole |= {name: value for name, value in chunk.items() if value is not None}
    whole |= {"object": "chat.completion", "choices": [_finished(choices[index]) for index in sorted(choices)]}
    if "usage" not in whole and usage is not None and not usage.estimated:
        whole["usage"] = _told(usage)
    return msgspec.json.encode(whole)


def _pieces(choice: Members) -> Iterator[Members]:
    message, index = choice.get("message") or {}, choice.get("index", 0)
    delta = {name: value for name, value in message.items() if value is not None and name != "tool_calls"}
    if calls := message.get("tool_calls"):
        delta["tool_calls"] = [{"index": at, **call} for at, call in enumerate(calls)]
    rest = {name: value for name, value in choice.items() if name not in ("message", "finish_reason", "index")}
    yield {"index": index, "delta": delta, "finish_reason": None, **rest}
    yield {"index": index, "delta": {}, "finish_reason": choice.get("finish_reason")}


def _chunks(stream: bytes) -> Iterator[Members]:
    parser = EventParser()
    for event in [*parser.feed(stream), *parser.end()]:
        if event.data is None or event.data == b"[DONE]":
            continue
        try:
            yield _OBJECT.decode(event.data)
        except UNREADABLE:
            continue  # no chunk of an answer


def _grow(choice: Members, piece: Members) -> None:
    for name, value in (piece.get("delta") or {}).items():
        _add(choice["message"], name, value)
    for name, value in piece.items():
        if name == "logprobs" and value is not None:
            _merge_logprobs(choice, value)
        elif name == "message" and value is not None:
            choice["message"] = {**value, "tool_calls": dict(enumerate(value.get("tool_calls") or ()))}
        elif name not in ("delta", "index") and value is not None:
            choice[name] = value


def _add(message: Members, name: str, value: Any) -> None:
    if name == "tool_calls":
        for call in value or ():
            _add_call(message.setdefault("tool_calls", {}), call)
    elif (isinstance(value, str) and isinstance(message.get(name), str) and name != "role") or (
        isinstance(value, list) and isinstance(message.get(name), list)
    ):
        message[name] += value
    elif value is not None:
        message[name] = value


def _add_call(calls: dict[int, Members], piece: Members) -> None:
    call = calls.setdefault(piece.get("index", 0), {})
    for name, value in piece.items():
        if name == "function" and value is not None:
            function = call["function"] = call.get("function") or {}
            for part, text in value.items():
                function[part] = function[part] + text if isinstance(function.get(part), str) and isinstance(text, str) else text
        elif name != "index" and value is not None:
            call[name] = value


def _merge_logprobs(choice: Members, value: Members) -> None:
    known = choice.setdefault("logprobs", {})
    for name, listed in value.items():
        if isinstance(listed, list) and isinstance(known.get(name), list):
            known[name] += listed
        else:
            known[name] = listed


def _finished(choice: Members) -> Members:
    message = {"role": "assistant", "content": None, **choice["message"]}
    if calls := message.pop("tool_calls", None):
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    return {**choice, "message": message}


def _told(usage: Usage) -> Members:
    total = None if usage.input_tokens is None or usage.output_tokens is None else usage.input_tokens + usage.output_tokens
    told: Members = {"prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens, "total_tokens": total}
    if usage.cache_read_tokens is not None:
        told["prompt_tokens_details"] = {"cached_tokens": usage.cache_read_tokens}
    if usage.reasoning_tokens is not None:
        told["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return told
