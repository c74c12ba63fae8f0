"""Google's servers read every name in two spellings, ``generationConfig`` and ``generation_config``, and mixed; so does the gateway."""

import json
import re
from collections.abc import Callable
from time import perf_counter_ns, time_ns
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dialects.gemini.embedding import read_batch
from gateway.dialects.gemini.request import read_request
from gateway.dialects.types import DialectName
from gateway.guardrails.text import said
from gateway.heads import head_of
from gateway.media import Fetched, MediaSource, inlined
from gateway.prompted import with_prompt
from gateway.prompts import RenderedPrompt
from gateway.types import Inbound, Operation

USERS_OWN = frozenset({"args", "response", "properties", "labels", "promptVariables", "enum", "default"})
SCHEMA = {
    "type": "OBJECT",
    "properties": {"myName": {"type": "STRING", "maxLength": "9", "anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}, "other_name": {}},
    "propertyOrdering": ["myName"],
    "minProperties": 1,
}
ASKED: dict[str, Any] = {
    "contents": [
        {
            "role": "user",
            "parts": [
                {"inlineData": {"mimeType": "image/png", "data": "aGk=", "displayName": "sea"}},
                {"fileData": {"fileUri": "http://127.0.0.1:1/a.png", "mimeType": "image/png"}},
                {"text": "what?"},
            ],
        },
        {
            "role": "model",
            "parts": [
                {"text": "a thought", "thought": True, "thoughtSignature": "c2lnbmVk"},
                {"functionCall": {"name": "tide", "args": {"atHarbour": "north", "at_time": 3}}, "thoughtSignature": "c2lnbmVk"},
            ],
        },
        {"role": "user", "parts": [{"functionResponse": {"name": "tide", "response": {"highWater": 5, "low_water": 1}}}]},
    ],
    "systemInstruction": {"parts": [{"text": "be kind"}]},
    "tools": [
        {"functionDeclarations": [{"name": "tide", "parameters": SCHEMA}]},
        {"googleSearch": {"timeRangeFilter": {"startTime": "2026-01-01T00:00:00Z"}}},
        {"codeExecution": {}},
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["tide"]}},
    "generationConfig": {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 7,
        "maxOutputTokens": 12,
        "stopSequences": ["x"],
        "candidateCount": 2,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "responseLogprobs": True,
        "responseMimeType": "application/json",
        "responseSchema": SCHEMA,
        "thinkingConfig": {"thinkingBudget": 100, "includeThoughts": True},
        "speechConfig": {"languageCode": "de"},
    },
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    "cachedContent": "cachedContents/c1",
    "labels": {"costCentre": "a", "cost_owner": "b"},
    "promptVariables": {"theTide": "ebb"},
}
BATCH: dict[str, Any] = {
    "requests": [{"content": {"parts": [{"text": text}]}, "outputDimensionality": 8, "taskType": "RETRIEVAL_QUERY"} for text in ("a", "b")]
}


def spelt(value: Any, snake: Callable[[], bool]) -> Any:
    """``value`` with some of Google's names in the other spelling; names of the user's own stay."""
    if isinstance(value, list):
        return [spelt(each, snake) for each in value]
    if not isinstance(value, dict):
        return value
    return {_spelt(name, snake): _below(name, inner, snake) for name, inner in value.items()}


def _below(name: str, inner: Any, snake: Callable[[], bool]) -> Any:
    if name == "properties":
        return {own: spelt(schema, snake) for own, schema in inner.items()}
    return inner if name in USERS_OWN else spelt(inner, snake)


def _spelt(name: str, snake: Callable[[], bool]) -> str:
    return re.sub("([A-Z])", lambda found: f"_{found[1].lower()}", name) if snake() else name


def inbound(body: dict[str, Any], operation: Operation = Operation.CHAT) -> Inbound:
    return Inbound(
        operation=operation,
        body=json.dumps(body).encode(),
        headers=[],
        received_ns=time_ns(),
        started=perf_counter_ns(),
        dialect=DialectName.GEMINI,
        model="route",
    )


@given(st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_a_request_is_the_same_in_either_spelling_and_mixed(random):
    other = spelt(ASKED, lambda: random.random() < 0.6)
    assert read_request(json.dumps(other).encode()) == read_request(json.dumps(ASKED).encode())
    head, usual = head_of(inbound(other)), head_of(inbound(ASKED))
    assert (head.max_tokens, head.top_p, head.temperature, head.prompt_variables, head.metadata) == (
        usual.max_tokens,
        usual.top_p,
        usual.temperature,
        usual.prompt_variables,
        usual.metadata,
    )
    assert said(other) == said(ASKED)
    batch = spelt(BATCH, lambda: random.random() < 0.6)
    assert read_batch(json.dumps(batch).encode(), "m") == read_batch(json.dumps(BATCH).encode(), "m")


def test_what_a_head_is_read_for_is_there():
    head = head_of(inbound(spelt(ASKED, lambda: True)))
    assert (head.max_tokens, head.top_p, head.prompt_variables) == (12, 0.9, {"theTide": "ebb"})


@pytest.mark.parametrize("snake", [False, True])
def test_a_prompts_instructions_stand_before_those_of_the_request_and_nowhere_twice(snake: bool):
    prompt = RenderedPrompt(messages=[{"role": "system", "content": "know the tides"}], name="p", version="1")
    body = json.loads(with_prompt(prompt, inbound(spelt(ASKED, lambda: snake))))
    assert [part["text"] for part in body["systemInstruction"]["parts"]] == ["know the tides", "be kind"]
    assert not {"system_instruction", "prompt_variables", "promptVariables"} & body.keys()


class Picture(MediaSource):
    async def fetch(self, url: str) -> Fetched:
        return Fetched("image/png", "YWJi")


@pytest.mark.parametrize("snake", [False, True])
async def test_media_are_fetched_where_they_are_and_not_out_of_what_a_tool_said(snake: bool):
    tool = {"functionResponse": {"name": "f", "response": {"fileData": {"fileUri": "http://127.0.0.1:1/b.png"}}}}
    asked = spelt({"contents": [ASKED["contents"][0], {"parts": [tool]}]}, lambda: snake)
    first, last = json.loads((await inlined(inbound(asked), Picture())).body)["contents"]
    assert first["parts"][1] == {"inlineData": {"mimeType": "image/png", "data": "YWJi"}}
    assert last == asked["contents"][1]
