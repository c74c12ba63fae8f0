"""What cannot cross is named as its client wrote it, in the header, on the span and in the refusal; never by a name of ours."""

import json
from functools import cache

import pytest

from gateway.dialects.types import DialectName
from tests.gateway.dialects.scripted import Rig, Vendor

CHAT, RESPONSES, CLAUDE, GEMINI = (
    DialectName.OPENAI_CHAT,
    DialectName.OPENAI_RESPONSES,
    DialectName.ANTHROPIC,
    DialectName.GEMINI,
)
BEDROCK, COHERE = DialectName.BEDROCK, DialectName.COHERE
PICTURE = "https://example.org/a.png"


def chat(*parts, **more) -> dict:
    return {"model": "route", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}, *parts]}], **more}


def message(*blocks, **more) -> dict:
    return {**chat(*blocks, **more), "max_tokens": 100}


def response(*items, **more) -> dict:
    return {"model": "route", "input": [{"role": "user", "content": "hi"}, *items], **more}


def content(*parts, **more) -> dict:
    return {"contents": [{"role": "user", "parts": [{"text": "hi"}, *parts]}], **more}


IMAGE = {"type": "image", "source": {"type": "url", "url": PICTURE}}
FAILED = {"type": "tool_result", "tool_use_id": "t1", "content": "no", "is_error": True, "cache_control": {"type": "ephemeral"}}
CASES = [
    (CHAT, COHERE, chat(reasoning_effort="high"), ["reasoning_effort"]),
    (CHAT, BEDROCK, chat({"type": "image_url", "image_url": {"url": PICTURE}}), ["messages.content.image_url"]),
    (CHAT, CLAUDE, chat({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}), ["messages.content.input_audio"]),
    (CHAT, CLAUDE, chat({"type": "file", "file": {"file_id": "file-1"}}), ["messages.content.file.file_id"]),
    (CHAT, GEMINI, chat({"type": "image_url", "image_url": {"url": PICTURE, "detail": "low"}}), ["messages.content.image_url.detail"]),
    (CHAT, BEDROCK, chat(temperature=1.5), ["temperature (1 is sent)"]),
    (CHAT, COHERE, {"model": "route", "messages": [{"role": "user", "name": "ada", "content": "hi"}]}, ["messages.name"]),
    (RESPONSES, COHERE, response(reasoning={"effort": "low"}), ["reasoning"]),
    (RESPONSES, CLAUDE, response(text={"verbosity": "low"}, safety_identifier="a@b.example"), ["text.verbosity", "safety_identifier"]),
    (RESPONSES, BEDROCK, response({"type": "reasoning", "summary": [], "encrypted_content": "x"}), ["input.reasoning"]),
    (
        RESPONSES, CLAUDE,
        response({"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}), ["input.content.input_file.file_id"],
    ),
    (CLAUDE, CHAT, message(thinking={"type": "enabled", "budget_tokens": 2048}), ["thinking"]),
    (CLAUDE, COHERE, message(output_config={"effort": "low"}), ["output_config.effort"]),
    (CLAUDE, CHAT, message(stop_sequences=list("abcde"), top_k=3), ["top_k", "stop_sequences (only the first 4 are sent)"]),
    (CLAUDE, BEDROCK, message(IMAGE, metadata={"user_id": "né"}), ["messages.content.image.source.url", "metadata.user_id"]),
    (
        CLAUDE, CHAT, message(FAILED, system=[{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]),
        ["messages.content.tool_result.is_error", "system.cache_control", "messages.content.cache_control"],
    ),
    (CLAUDE, GEMINI, message({"type": "container_upload", "file_id": "f"}), ["messages.content.container_upload"]),
    (GEMINI, CHAT, content(generationConfig={"topK": 3}), ["generationConfig.topK"]),
    (GEMINI, CHAT, content(generation_config={"top_k": 3}), ["generation_config.top_k"]),
    (GEMINI, CHAT, content(generationConfig={"thinking_config": {"thinkingBudget": 2048}}), ["generationConfig.thinking_config"]),
    (GEMINI, CLAUDE, content(labels={"a": "b"}, safety_settings=[{"x": 1}]), ["safety_settings", "labels"]),
    (GEMINI, BEDROCK, content({"file_data": {"file_uri": PICTURE, "mime_type": "image/png"}}), ["contents.parts.file_data"]),
    (GEMINI, CLAUDE, content({"executableCode": {"language": "PYTHON", "code": "1"}}), ["contents.parts.executableCode"]),
    (GEMINI, CHAT, content(tools=[{"googleSearch": {}}]), ["tools.googleSearch"]),
]  # fmt: skip


@cache
def rig(target: DialectName, on_unsupported: str) -> Rig:
    """One for all cases of a target: it keeps nothing of them but their spans."""
    return Rig(Vendor(target, b"{}", status=400), on_unsupported)


@pytest.mark.parametrize(("client", "target", "body", "names"), CASES)
async def test_what_cannot_cross_is_named_in_the_callers_own_words(client: DialectName, target: DialectName, body: dict, names: list[str]):
    asked = {"body": json.dumps(body).encode(), "dialect": client, "model": "route" if client is GEMINI else ""}
    dropping = rig(target, "drop")
    dropped = dict((await dropping.ask(**asked)).headers)[b"x-tidegate-dropped"]
    assert dropped.decode() == ", ".join(names)
    assert dropping.span["tidegate.dropped"] == tuple(names)
    refused = await rig(target, "error").ask(**asked)
    told = json.loads(refused.body)["error"]
    assert (refused.status, "cannot say " + ", ".join(map(repr, names)) in told["message"]) == (400, True)
    if client in {CHAT, RESPONSES}:
        assert told["param"] == names[0].partition(" ")[0]
