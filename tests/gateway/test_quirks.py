"""Vendors of OpenAI's dialect, each with its own ways."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.providers import VENDORS
from gateway.dialects.collect import collected
from gateway.dialects.openai_chat.codec import OpenAIChat
from gateway.dialects.types import Reasoning, Text
from gateway.providers import PROVIDERS
from gateway.providers.openai.provider import PATHS
from gateway.providers.openai.quirks import COMPATIBLE, adapted
from gateway.providers.openai.stream import ChatStream
from gateway.surfaces.resources import BODIES

BODY = b'{"model":"m", "max_completion_tokens" : 5,"stream_options":{"include_usage":true},"seed":7,"user":"u","big":1.00}'


def test_a_vendor_gets_the_names_that_it_knows_and_every_other_byte_as_it_was():
    assert adapted(BODY, COMPATIBLE["openai"]) == BODY
    assert adapted(BODY, COMPATIBLE["xai"]) == BODY
    assert b'"stream_options":{"include_usage":true},"seed":7,"user":"u","big":1.00' in adapted(BODY, COMPATIBLE["deepseek"])
    assert json.loads(adapted(BODY, COMPATIBLE["mistral"])) == {"model": "m", "max_tokens": 5, "random_seed": 7, "big": 1.0}


def test_a_member_under_both_names_keeps_the_vendors():
    body = b'{"max_tokens":1,"max_completion_tokens":2}'
    assert json.loads(adapted(body, COMPATIBLE["ollama"])) == {"max_tokens": 1}


def test_the_developer_speaks_as_the_system_where_it_is_unknown():
    body = json.dumps({"messages": [{"role": "developer", "content": 'say "role": "developer"'}], "note": "developer"}).encode()
    sent = json.loads(adapted(body, COMPATIBLE["vllm"]))
    assert sent["messages"] == [{"role": "system", "content": 'say "role": "developer"'}]
    assert adapted(body, COMPATIBLE["groq"]) == body


@given(
    st.dictionaries(st.sampled_from(["max_tokens", "max_completion_tokens", "seed", "user", "x"]), st.integers() | st.text(max_size=5)),
    st.sampled_from(sorted(COMPATIBLE)),
)
def test_no_vendor_is_sent_what_it_refuses_and_nothing_else_is_lost(members: dict, vendor: str):
    quirks = COMPATIBLE[vendor]
    sent = json.loads(adapted(json.dumps(members).encode(), quirks))
    assert not set(sent) & (quirks.removed | set(quirks.renamed))
    kept = {name: value for name, value in members.items() if name not in quirks.removed and name not in quirks.renamed}
    assert kept.items() <= sent.items()


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_every_vendor_has_a_provider(vendor):
    assert vendor.name in PROVIDERS


def test_mistral_gets_back_only_what_it_knows_of_an_answer_and_ids_of_its_own_form():
    call = {"id": "call_abc", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    history = [
        {"role": "user", "content": "?", "name": "anna"},
        {"role": "assistant", "content": "", "refusal": None, "annotations": [], "tool_calls": [call, {**call, "id": "aBcDeFgH1"}]},
        {"role": "tool", "tool_call_id": "call_abc", "content": "1"},
        {"role": "assistant", "content": None, "refusal": "no", "tool_calls": None},
    ]
    sent = json.loads(adapted(json.dumps({"model": "m", "messages": history}).encode(), COMPATIBLE["mistral"]))["messages"]
    assert [set(message) for message in sent] == [
        {"role", "content"},
        {"role", "content", "tool_calls"},
        {"role", "content", "tool_call_id"},
        {"role", "content"},
    ]
    ids = [each["id"] for each in sent[1]["tool_calls"]]
    assert (len(ids[0]), ids[0].isalnum(), ids[0] == sent[2]["tool_call_id"], ids[1]) == (9, True, True, "aBcDeFgH1")
    assert sent[3]["content"] == "no"
    plain = b'{"model":"m","messages":[ {"role":"user","content":"\\u00fc"}]}'
    assert adapted(plain, COMPATIBLE["mistral"]) == plain


def test_thoughts_that_mistral_puts_among_the_parts_of_a_message_are_read():
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    answer = {
        "choices": [{"message": {"role": "assistant", "content": [thought, {"type": "text", "text": "ebb"}]}, "finish_reason": "stop"}]
    }
    parts = [Reasoning(text="hm"), Text("ebb")]
    assert list(OpenAIChat().read_answer(json.dumps(answer).encode()).candidates[0].parts) == parts
    chunks = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in ([thought], "ebb")]
    data = b"".join(b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks)
    assert list(collected(OpenAIChat().stream_reader().feed(data)).candidates[0].parts) == parts
    tapped = ChatStream(strip_usage=False)
    tapped.feed(data)
    assert [part["content"] for part in tapped.observation().messages[0].parts] == ["hm", "ebb"]


def test_every_api_that_names_a_model_in_its_body_has_a_path_at_openai():
    assert set(BODIES.values()) <= PATHS.keys()
