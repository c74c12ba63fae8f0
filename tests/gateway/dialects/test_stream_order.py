"""Streams that are written keep the order that clients rely on, whatever order the upstream tells things in: SDKs break on anything else."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dialects.table import CLIENT_DIALECTS
from gateway.dialects.types import (
    Began,
    CallBegan,
    CallDelta,
    Counted,
    DialectName,
    Event,
    Finish,
    Finished,
    PartEnded,
    ReasoningDelta,
    Request,
    TextDelta,
    Tokens,
)

ASKED = Request(model="m", messages=(), stream=True)
some = settings(max_examples=30, deadline=None)


@st.composite
def told(draw: st.DrawFn) -> list[Event]:
    """What an upstream may tell: thoughts and words in turns, calls that grow side by side, ends of parts where they like."""
    steps = draw(st.lists(st.sampled_from(["text", "thought", "signature", "call", "grow", "end", "empty"]), max_size=14))
    events: list[Event] = [Began(id="a", model="m")] if draw(st.booleans()) else []
    calls, growing = 0, set[int]()
    for number, step in enumerate(steps):
        match step:
            case "text":
                events.append(TextDelta(f"w{number} "))
            case "thought":
                events.append(ReasoningDelta(f"t{number} "))
            case "signature":
                events.append(ReasoningDelta("", signature="c2ln", origin=DialectName.ANTHROPIC))
            case "call":
                events.append(CallBegan(index=calls, id=f"call_{calls}", name="f"))
                growing.add(calls)
                calls += 1
            case "grow" if growing:
                events.append(CallDelta(index=draw(st.sampled_from(sorted(growing))), arguments=f"{number}"))
            case "end":  # of what was told last
                if events and isinstance(events[-1], CallBegan | CallDelta):
                    growing.discard(events[-1].index)
                events.append(PartEnded())
            case "empty":
                events.append(TextDelta(""))
    finish = Finished(finish=Finish.TOOL_CALLS if calls else Finish.STOP)
    return [*events, Counted(Tokens(input=3, output=2)), finish]


def written(dialect: DialectName, events: list[Event]) -> list[dict]:
    writer = CLIENT_DIALECTS[dialect].stream_writer(ASKED)
    text = (b"".join(map(writer.write, events)) + writer.end()).decode()
    return [json.loads(line.removeprefix("data: ")) for line in text.split("\n") if line.startswith("data: {")]


def calls_of(events: list[Event]) -> dict[str, str]:
    """What each call was told, in whatever pieces."""
    found = {event.id: "" for event in events if isinstance(event, CallBegan)}
    for event in events:
        if isinstance(event, CallDelta):
            found[f"call_{event.index}"] += event.arguments
    return found


@given(told())
@some
def test_anthropics_blocks_start_once_in_order_one_at_a_time_and_all_are_stopped(events: list[Event]):
    first, *rest, delta, last = written(DialectName.ANTHROPIC, events)
    assert (first["type"], delta["type"], last["type"]) == ("message_start", "message_delta", "message_stop")
    open_, seen, blocks = None, 0, []
    for each in rest:
        match each["type"]:
            case "content_block_start":
                assert (open_, each["index"]) == (None, seen)
                open_, seen = each["index"], seen + 1
                blocks.append({**each["content_block"], "told": ""})
            case "content_block_delta":
                assert each["index"] == open_
                kind = each["delta"]["type"]
                assert kind.startswith(
                    {"text": "text_", "thinking": ("thinking_", "signature_"), "tool_use": "input_json_"}[blocks[-1]["type"]]
                )
                blocks[-1]["told"] += each["delta"].get("text") or each["delta"].get("partial_json") or ""
            case "content_block_stop":
                assert each["index"] == open_
                open_ = None
            case other:
                raise AssertionError(other)
    assert open_ is None
    assert "".join(block["told"] for block in blocks if block["type"] == "text") == "".join(
        e.text for e in events if isinstance(e, TextDelta)
    )
    assert {block["id"]: block["told"] for block in blocks if block["type"] == "tool_use"} == calls_of(events)


@given(told())
@some
def test_responses_number_their_events_and_end_each_item_that_they_began(events: list[Event]):
    sent = written(DialectName.OPENAI_RESPONSES, events)
    assert [each["sequence_number"] for each in sent] == list(range(len(sent)))
    assert (sent[0]["type"], sent[-1]["type"]) == ("response.created", "response.completed")
    added = [each["output_index"] for each in sent if each["type"] == "response.output_item.added"]
    done = {each["output_index"]: each["item"] for each in sent if each["type"] == "response.output_item.done"}
    assert added == list(range(len(added)))
    assert sorted(done) == added
    assert sent[-1]["response"]["output"] == [done[at] for at in added]
    ids = [item["id"] for item in done.values()]
    assert len(set(ids)) == len(ids)
    assert {item["call_id"]: item["arguments"] for item in done.values() if item["type"] == "function_call"} == {
        call: said or "{}" for call, said in calls_of(events).items()
    }


@given(told())
@some
def test_a_chat_tells_its_role_first_and_its_end_once_and_last(events: list[Event]):
    chunks = [chunk["choices"][0] for chunk in written(DialectName.OPENAI_CHAT, events)]
    assert chunks[0]["delta"]["role"] == "assistant"
    assert [chunk["finish_reason"] for chunk in chunks][:-1] == [None] * (len(chunks) - 1)
    assert chunks[-1]["finish_reason"] in {"stop", "tool_calls"}
    grown: dict[int, str] = {}
    for chunk in chunks:
        for call in chunk["delta"].get("tool_calls", ()):
            grown[call["index"]] = grown.get(call["index"], "") + call["function"]["arguments"]
    assert {f"call_{index}": said for index, said in grown.items()} == calls_of(events)
