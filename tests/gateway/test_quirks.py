"""Vendors of OpenAI's dialect, each with its own ways."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.providers import VENDORS
from gateway.providers import PROVIDERS
from gateway.providers.openai.quirks import COMPATIBLE, adapted

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
