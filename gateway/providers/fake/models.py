"""What the fake models say. Pure: a request's bytes in, a script of the answer out; the same request always gets the same answer.

| model | what it does |
|---|---|
| ``echo`` | repeats the last message of the user |
| ``lorem`` | tells seeded nonsense, a word at a time when it streams (25 ms apart; ``max_tokens`` words, 40 by default) |
| ``tools`` | calls the first tool that is declared, with arguments that fit its schema; after the result, says what came back |
| ``flaky`` | echoes, but one text in twenty gets a 429, a 500, or a long wait; a text with ``!429`` or ``!500`` always does |
| ``judge`` | a verdict that fits the ``response_format``, decided by a hash of what is judged |
"""

import random
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import msgspec

from gateway.providers.fake.schema import Schema, example
from gateway.types import Headers, Operation
from tracing.openai_chat import ChatMessage
from tracing.unreadable import UNREADABLE

__all__ = ("MODELS", "Fault", "Script", "scripted")

WORDS: Final = [
    "tide",
    "moon",
    "harbour",
    "lantern",
    "salt",
    "current",
    "drift",
    "anchor",
    "pebble",
    "gull",
    "horizon",
    "mist",
    "sail",
    "buoy",
    "shore",
    "ebb",
    "flood",
    "reef",
    "keel",
    "wind",
]
PACE_SECONDS: Final = 0.025
LONG_WAIT_SECONDS: Final = 2.0
MOST_WORDS: Final = 16_384
"""Of one answer, however many were asked for: vendors have a limit too."""


class Fault(msgspec.Struct, frozen=True):
    """An answer that is an error."""

    status: int
    headers: Headers
    body: bytes


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: whole, as the chunks of a stream ``pace`` seconds apart, or a fault. ``delay`` is the wait before it, in seconds."""

    answer: bytes | list[bytes] | Fault
    pace: float = 0.0
    delay: float = 0.0


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says: text in pieces, or tool calls."""

    pieces: list[str] = []
    calls: list[dict[str, Any]] = []
    delay: float = 0.0
    fault: Fault | None = None


class Request(msgspec.Struct):
    """What the models read of a request."""

    model: str
    messages: list[ChatMessage] = []
    stream: bool | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    tools: list[Any] | None = None
    response_format: Any = None
    input: Any = None
    prompt: Any = None


class Function(msgspec.Struct):
    """What is declared of a function."""

    name: str = ""
    parameters: Schema | None = None


class Tool(msgspec.Struct):
    """A tool. It is read by the model that calls it."""

    function: Function | None = None


class Verdict(msgspec.Struct):
    """The schema of an answer."""

    schema: Schema | None = None


class Format(msgspec.Struct):
    """The form of an answer. It is read by the model that has verdicts."""

    json_schema: Verdict | None = None


def _echo(request: Request) -> Said:
    return Said(pieces=_pieces(last_text(request)))


def _lorem(request: Request) -> Said:
    count = min(request.max_completion_tokens or request.max_tokens or 40, MOST_WORDS)
    words = random.Random(last_text(request)).choices(WORDS, k=count)  # noqa: S311 - seeded on purpose
    return Said(pieces=[words[0].capitalize(), *(f" {word}" for word in words[1:])])


def _tools(request: Request) -> Said:
    if request.messages and request.messages[-1].role == "tool":
        return Said(pieces=_pieces(f"The tool answered: {_text(request.messages[-1])}"))
    if not request.tools:
        return Said(pieces=_pieces("No tool was declared, so none is called."))
    function = msgspec.convert(request.tools[0], Tool).function or Function()
    arguments = msgspec.json.encode(example(function.parameters or Schema())).decode()
    call_id = "call_" + _digest(last_text(request))[:24]
    return Said(calls=[{"id": call_id, "type": "function", "function": {"name": function.name, "arguments": arguments}}])


def _flaky(request: Request) -> Said:
    text = last_text(request)
    draw = int(_digest(text)[:8], 16) % 60
    if "!429" in text or draw == 0:
        body = _error("Rate limit reached for fake/flaky. Try again in 1 s.", "rate_limit_error", "rate_limit_exceeded")
        return Said(fault=Fault(429, [(b"retry-after", b"1")], body))
    if "!500" in text or draw == 1:
        return Said(fault=Fault(500, [], _error("The server had an error while processing your request.", "server_error", None)))
    return Said(pieces=_pieces(text), delay=LONG_WAIT_SECONDS if "!slow" in text or draw == 2 else 0.0)


def _judge(request: Request) -> Said:
    given = msgspec.convert(request.response_format or {}, Format).json_schema
    properties = (given.schema.properties if given and given.schema else None) or {}
    seed = int(_digest("".join(_text(message) for message in request.messages))[:8], 16)
    verdict: dict[str, object] = {
        "rationale": f"The answer was weighed against the instructions; the scale stopped at {seed % 100} of 100.",
        "result": _verdict(properties.get("result", True), seed),
    }
    if properties and "result" not in properties:
        verdict = {name: _verdict(member, seed) for name, member in properties.items()}
    return Said(pieces=_pieces(msgspec.json.encode(verdict).decode()))


def _verdict(schema: Schema | bool, seed: int) -> object:
    if isinstance(schema, Schema) and schema.enum:
        return schema.enum[seed % len(schema.enum)]
    if isinstance(schema, Schema) and schema.kind in {"number", "integer"}:
        low = 0 if schema.minimum is None else schema.minimum
        high = 1 if schema.maximum is None else schema.maximum
        value = low + (high - low) * (seed % 101) / 100
        return round(value) if schema.kind == "integer" else value
    return seed % 4 != 0


MODELS: Final[dict[str, Callable[[Request], Said]]] = {"echo": _echo, "lorem": _lorem, "tools": _tools, "flaky": _flaky, "judge": _judge}


def scripted(operation: Operation, body: bytes) -> Script:
    """The answer to a request."""
    try:
        request = msgspec.json.decode(body, type=Request)
    except UNREADABLE as error:
        return Script(answer=Fault(400, [], _error(f"The request cannot be read: {error}.", "invalid_request_error", None)))
    if operation is Operation.EMBEDDINGS:
        return Script(answer=_embeddings(request))
    if min(request.max_completion_tokens or 1, request.max_tokens or 1) < 1:
        return Script(answer=Fault(400, [], _error("'max_tokens' must be at least 1.", "invalid_request_error", None)))
    if operation is Operation.COMPLETIONS:
        return completion(request)
    if not request.messages:
        return Script(answer=Fault(400, [], _error("'messages' must hold at least one message.", "invalid_request_error", None)))
    said = _said(request)
    if said.fault is not None:
        return Script(answer=said.fault)
    if request.stream:
        return Script(answer=_chunks(request, said), pace=PACE_SECONDS if request.model.startswith("lorem") else 0.0, delay=said.delay)
    return Script(answer=_whole(request, said), delay=said.delay)


def _said(request: Request) -> Said:
    model = MODELS[next(name for name in MODELS if request.model == name or request.model.startswith(f"{name}-"))]
    try:
        return model(request)
    except UNREADABLE as error:
        why = f"A tool or a format of the request cannot be read: {error}."
        return Said(fault=Fault(400, [], _error(why, "invalid_request_error", None)))


def completion(request: Request) -> Script:
    """A completion without messages: the models are asked as if the prompt were one."""
    prompt = request.prompt[0] if isinstance(request.prompt, list) and request.prompt else request.prompt
    request.messages = [ChatMessage(role="user", content=str(prompt or ""))]
    said = _said(request)
    if said.fault is not None:
        return Script(answer=said.fault)
    base = {**_base(request, "text_completion"), "id": "cmpl-" + _digest(str(prompt))[:24]}
    usage = _usage(request, said)
    if not request.stream:
        choice = {"index": 0, "text": "".join(said.pieces), "logprobs": None, "finish_reason": "stop"}
        return Script(answer=msgspec.json.encode({**base, "choices": [choice], "usage": usage}), delay=said.delay)
    choices = [{"index": 0, "text": piece, "logprobs": None, "finish_reason": None} for piece in said.pieces]
    last = {"index": 0, "text": "", "logprobs": None, "finish_reason": "stop"}
    events = [_event({**base, "choices": [choice]}) for choice in (*choices, last)]
    return Script(answer=[*events, _event({**base, "choices": [], "usage": usage}), b"data: [DONE]\n\n"], delay=said.delay)


def last_text(request: Request) -> str:
    """The text of the last message of the user, ``""`` when there is none."""
    return next((_text(message) for message in reversed(request.messages) if message.role == "user"), "")


def _text(message: ChatMessage) -> str:
    if isinstance(message.content, list):
        return " ".join(str(part.get("text", "")) for part in message.content if part.get("type") == "text")
    return message.content or ""


def _pieces(text: str) -> list[str]:
    """Words with the space before them; joined, they are the text."""
    pieces, start = [], 0
    for at in (index for index, letter in enumerate(text) if letter == " " and index):
        pieces.append(text[start:at])
        start = at
    return [*pieces, text[start:]]


def _usage(request: Request, said: Said) -> dict[str, Any]:
    prompt = sum(len(_text(message).split()) + 3 for message in request.messages)
    completion = len(said.pieces) + sum(len(call["function"]["arguments"]) // 4 + 3 for call in said.calls)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _base(request: Request, kind: str) -> dict[str, Any]:
    identity = "chatcmpl-" + _digest(msgspec.json.encode(request.messages).decode())[:24]
    return {"id": identity, "object": kind, "created": 1_790_000_000, "model": request.model}


def _whole(request: Request, said: Said) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": None if said.calls else "".join(said.pieces), "refusal": None}
    if said.calls:
        message["tool_calls"] = said.calls
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls" if said.calls else "stop"}
    return msgspec.json.encode({**_base(request, "chat.completion"), "choices": [choice], "usage": _usage(request, said)})


def _chunks(request: Request, said: Said) -> list[bytes]:
    base = _base(request, "chat.completion.chunk")
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in said.pieces]
    deltas += [{"tool_calls": [{"index": index, **call}]} for index, call in enumerate(said.calls)]
    events = [_event({**base, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}]}) for delta in deltas]
    last = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "tool_calls" if said.calls else "stop"}
    usage = {**base, "choices": [], "usage": _usage(request, said)}
    return [*events, _event({**base, "choices": [last]}), _event(usage), b"data: [DONE]\n\n"]


def _event(value: object) -> bytes:
    return b"data: " + msgspec.json.encode(value) + b"\n\n"


def _embeddings(request: Request) -> bytes:
    texts = request.input if isinstance(request.input, list) else [request.input]
    data = [{"object": "embedding", "index": index, "embedding": _vector(str(text))} for index, text in enumerate(texts)]
    tokens = sum(len(str(text).split()) for text in texts)
    return msgspec.json.encode(
        {"object": "list", "model": request.model, "data": data, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}
    )


def _vector(text: str) -> list[float]:
    return [round(byte / 255 - 0.5, 6) for byte in sha256(text.encode()).digest()]


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _error(message: str, kind: str, code: str | None) -> bytes:
    return msgspec.json.encode({"error": {"message": message, "type": kind, "param": None, "code": code}})
