"""A gateway's request as curl and Python: what is kept of it comes back as it was sent, and no key ever does."""

import json
import shlex
from typing import Any

import msgspec
import pytest

from server.ui.replay import of_gateway, replay
from tracing.openai_chat import request_attributes
from tracing.types import SpanContent, SpanView

ADDRESS = "http://127.0.0.1:4242"
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
CONVERSATION = [
    {"role": "system", "content": "Be brief; don't say $HOME or `id`."},
    {"role": "user", "content": [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"at":"Kiel"}'}}]},
    {"role": "tool", "tool_call_id": "c1", "content": "rain"},
    {"role": "assistant", "content": "Rain."},
    {"role": "user", "content": "And now?\n日本語"},
]  # fmt: skip


@pytest.fixture
def span(demo):
    def make(name: str = "chat support", **more: Any) -> SpanView:
        given = {"source": "gateway", "operation": "chat", "attributes": {"tidegate.target": "fake/echo"}} | more
        return demo.make_span("a" * 32, "s", name, "LLM", 0, 1, **given)

    return make


def kept(messages: list[dict[str, Any]], tools: list[Any] = TOOLS) -> SpanContent:
    """What the store has of a request."""
    said = request_attributes(msgspec.json.encode(messages))
    return SpanContent(
        system=said.get("gen_ai.system_instructions", ""), input=said["gen_ai.input.messages"], tools=json.dumps(tools) if tools else ""
    )


def sent_by(curl: str) -> tuple[list[str], dict[str, Any]]:
    """The words of a command as a shell reads them, and the body among them."""
    words = shlex.split(curl)
    return words, json.loads(words[words.index("-d") + 1])


def sent_from(python: str, address: str = ADDRESS) -> dict[str, Any]:
    """The request that a program sends."""
    assert f"base_url='{address}/v1'" in python
    told: dict[str, Any] = {}
    exec(python[python.index("request = ") :].rpartition("\n")[0], told)  # noqa: S102 - the text that a reader would run
    return told["request"]


def test_a_conversation_with_tools_and_pictures_comes_back_as_it_was_sent(span):
    parameters = {"gen_ai.request.temperature": "0.2", "gen_ai.request.max_tokens": "64"}
    asked = span(is_streaming=True, attributes=parameters)
    found = replay(asked, kept(CONVERSATION), ADDRESS)
    words, body = sent_by(found.curl)
    expected = {"model": "support", "messages": CONVERSATION, "tools": TOOLS, "stream": True, "temperature": 0.2, "max_tokens": 64}
    assert body == expected == sent_from(found.python.replace("for chunk in", "\nfor chunk in").partition("\nfor")[0] + "\n")
    assert (words[1], "authorization: Bearer $TIDEGATE_API_KEY" in words) == (f"{ADDRESS}/v1/chat/completions", True)
    compile(found.python, "shown", "exec")


def test_a_prompt_that_was_filled_in_goes_to_the_model_it_went_to(span):
    asked = span("chat prompts:/support@production", prompt_name="support", prompt_version="3", attributes={"tidegate.target": "fake/echo"})
    found = replay(asked, kept(CONVERSATION[-1:], []), ADDRESS)
    assert sent_by(found.curl)[1] == {"model": "fake/echo", "messages": CONVERSATION[-1:]}
    assert any("support v3" in note for note in found.notes)


@pytest.mark.parametrize(
    ("more", "content", "said"),
    [
        ({"attributes": {"tidegate.content": "hash"}}, SpanContent(), "content: hash"),
        ({"attributes": {"tidegate.content": "none"}}, SpanContent(), "content: none"),
        ({}, SpanContent(), "no content"),
        ({}, SpanContent(input="[", truncated=True), "was cut"),
        ({}, SpanContent(input="nonsense"), "no form"),
    ],
)
def test_what_was_not_kept_is_said_instead_of_a_request_that_was_never_sent(span, more, content, said):
    found = replay(span(**more), content, ADDRESS)
    assert (found.curl, found.python) == ("", "")
    assert said in found.notes[0]


def test_thoughts_and_redaction_are_told_and_embeddings_have_their_own_path(span):
    thought = [{"role": "assistant", "parts": [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "[EMAIL]"}]}]
    found = replay(span(attributes={"tidegate.redacted": "email"}), SpanContent(input=json.dumps(thought)), ADDRESS)
    assert "1 part " in found.notes[0] and "email" in found.notes[1]
    embedded = replay(span("embeddings e5", operation="embeddings"), SpanContent(input='["a", "b"]'), ADDRESS)
    assert sent_by(embedded.curl)[1] == {"model": "e5", "input": ["a", "b"]}
    assert "client.embeddings.create" in embedded.python and "/v1/embeddings" in embedded.curl


def test_a_request_that_no_shell_takes_is_sent_from_python(span):
    found = replay(span(), kept([{"role": "user", "content": "x" * 200_000}]), ADDRESS)
    assert found.curl == "" and "Python" in found.notes[0] and "x" * 99 in found.python


def test_only_requests_of_the_gateway_can_be_sent_to_it_again(span):
    assert of_gateway(span())
    assert not of_gateway(span(source="otlp"))
    assert not of_gateway(span(operation="batches"))
