"""Bodies in which anything may stand anywhere: refused in words, or passed on, on every surface, and never a failure of ours."""

import asyncio
import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="package")

PICTURE = "data:image/png;base64,AAAA"
FUNCTION = {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string", "format": "date"}}}}
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": PICTURE}}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "t", "content": "x"},
        ],
        "tools": [{"type": "function", "function": FUNCTION}],
        "response_format": {"type": "json_object"},
        "stream_options": {"include_usage": True},
        "metadata": {"a": "b"},
        "max_tokens": 5,
        "user": "u",
    },
    "/v1/responses": {
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "x"},
        ],
        "tools": [{"type": "function", **FUNCTION}],
        "text": {"format": {"type": "json_object"}},
        "reasoning": {"effort": "low"},
        "instructions": "i",
        "previous_response_id": None,
    },
    "/anthropic/v1/messages": {
        "max_tokens": 5,
        "system": [{"type": "text", "text": "s"}],
        "messages": [
            {"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "x"}]},
        ],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "metadata": {"user_id": "u"},
    },
    "/v1beta/models/MODEL:generateContent": {
        "contents": [{"role": "user", "parts": [{"text": "hi"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}],
        "systemInstruction": {"parts": [{"text": "s"}]},
        "tools": [{"functionDeclarations": [FUNCTION]}],
        "generationConfig": {"maxOutputTokens": 5},
    },
    "/v1/completions": {"prompt": "hi", "max_tokens": 4, "stop": ["x"]},
    "/v1/embeddings": {"input": ["a", "b"], "dimensions": 4},
    "/passthrough/openai/v1/chat/completions": {"messages": [{"role": "user", "content": "hi"}]},
}
MODELS = ("fake/echo", "openai/one", "masked", "polite", "discreet", "curious", "up\r\nx-forged: 1/\0")
ODD = (
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    "x",
    "\0",
    "\r\nx: y",
    [],
    {},
    [[]],
    [{}],
    {"a": None},
    "data:image/png;base64,!!",
    {"type": "x"},
)
REQUESTS = 240


def places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    if path:
        yield path
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(each, (*path, key))


def tampered(body: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    body = copy.deepcopy(body)
    for _ in range(chance.randint(1, 3)):
        *way, last = chance.choice(list(places(body)))
        holder: Any = body
        for key in way:
            holder = holder[key]
        if chance.random() < 0.2:
            del holder[last]
        else:
            holder[last] = copy.deepcopy(chance.choice(ODD))
    return body


async def test_anything_anywhere_in_a_body_is_refused_or_passed_on(rig):
    chance, at_once = random.Random(11), asyncio.Semaphore(8)

    async def ask() -> None:
        path, body = chance.choice(list(BODIES.items()))
        model = chance.choice(MODELS)
        sent = tampered({"model": model, "stream": chance.random() < 0.3, **body}, chance)
        async with at_once:
            answer = await rig.http.post(path.replace("MODEL", "fake%2Fecho" if "\0" in model else model), content=json.dumps(sent))
        assert answer.status_code < 500 or answer.status_code in {502, 503}, (answer.status_code, path, sent)
        assert "internal_error" not in answer.text, (path, sent)
        assert "x-forged" not in answer.headers

    async with asyncio.TaskGroup() as tasks:
        for _ in range(REQUESTS):
            tasks.create_task(ask())
