"""Input of embeddings that comes as token numbers: guardrails look at the words it means, or it is refused. Never passed over."""

import json

import pytest
import tiktoken

from config.settings.detection import DetectionSettings
from config.settings.guardrails import GuardrailSettings
from gateway.guardrails import tokens
from gateway.guardrails.detecting import DetectGuard
from gateway.guardrails.errors import GuardrailBlocked, NothingToLookAt
from gateway.guardrails.policy import GuardrailPolicy
from gateway.policies import Call
from gateway.types import Inbound, Operation, Plan, Target
from gateway.wire.openai import RequestHead
from tracing.detection.build import detectors_of

LETTERS = {bytes([value]): value for value in range(256)}
KRAKEN = list(b"the kraken")
KNOWN = "text-embedding-3-small"


@pytest.fixture
def vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vocabulary of bytes in place of the one that would be downloaded."""
    made = tiktoken.Encoding("letters", pat_str=r"\w+|\s+", mergeable_ranks=LETTERS, special_tokens={})
    monkeypatch.setattr(tiktoken, "get_encoding", lambda _name: made)
    monkeypatch.setattr(tokens, "_loading", {})


async def looked_at(value: object, action: str = "block", model: str = KNOWN, on_error: str = "block") -> Call:
    settings = GuardrailSettings(name="g", on=("input",), action=action, on_error=on_error, detect=DetectionSettings(words=("kraken",)))
    body = json.dumps({"model": "m", "input": value}).encode()
    inbound = Inbound(operation=Operation.EMBEDDINGS, body=body, headers=(), received_ns=0, started=0)
    call = Call(inbound=inbound, head=RequestHead(model="m"), plan=Plan("r", (Target("up", model),)), providers={})
    await GuardrailPolicy({"r": [DetectGuard(settings, detectors_of(settings.detect))]}, []).admit(call)
    return call


@pytest.mark.parametrize("value", [KRAKEN, [list(b"calm"), KRAKEN]])
async def test_words_that_come_as_numbers_are_found(vocabulary, value):
    with pytest.raises(GuardrailBlocked):
        await looked_at(value)


async def test_numbers_go_out_as_they_came_unless_their_words_are_masked(vocabulary):
    assert (await looked_at(list(b"calm"))).rewritten is None
    masked = await looked_at([list(b"calm"), KRAKEN], action="mask")
    assert json.loads(masked.rewritten)["input"] == ["calm", "the [WORD]"]


@pytest.mark.parametrize(("value", "model"), [(KRAKEN, "bge-m3"), ([70_000], KNOWN), ([-1], KNOWN), (["a", 5], KNOWN)])
async def test_numbers_that_nobody_can_read_are_refused_with_the_reason(vocabulary, value, model):
    with pytest.raises(NothingToLookAt, match=r"'input' is given as token numbers, and .*; send texts instead"):
        await looked_at(value, model=model)
    passed = await looked_at(value, model=model, on_error="pass")
    assert [each.attributes["tidegate.guardrail.result"] for each in passed.verdicts] == ["not_evaluated"]


async def test_a_vocabulary_that_cannot_be_loaded_refuses(vocabulary, monkeypatch):
    def away(_name: str) -> None:
        raise ConnectionError

    monkeypatch.setattr(tiktoken, "get_encoding", away)
    with pytest.raises(NothingToLookAt, match="cannot be loaded"):
        await looked_at(KRAKEN)
