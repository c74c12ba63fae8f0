"""Completions without messages: the prompt is what the user says, and an answer is its words."""

import json

import pytest

from gateway.dialects.collect import Collector, events_of
from gateway.dialects.openai_completions.codec import OpenAICompletions
from gateway.dialects.types import Answer, Candidate, Finish, Message, Reasoning, Request, Text, Tokens
from gateway.errors import InvalidRequest

CODEC = OpenAICompletions()
BODY = {
    "model": "m",
    "prompt": "when?",
    "max_tokens": 5,
    "stop": "x",
    "n": 2,
    "stream": True,
    "stream_options": {"include_usage": True},
    "best_of": 3,
}


@pytest.mark.parametrize("prompt", ["when?", ["when?"]])
def test_a_prompt_is_what_the_user_says_and_members_of_no_chat_are_named(prompt):
    request = CODEC.read_request(json.dumps({**BODY, "prompt": prompt}).encode())
    assert request.messages == (Message("user", (Text("when?"),)),)
    assert (request.sampling.max_tokens, request.sampling.stop, request.sampling.n, request.include_usage) == (5, ("x",), 2, True)
    assert list(request.extra) == ["best_of"]


@pytest.mark.parametrize("prompt", [["a", "b"], [1, 2], [[1]], None, 5])
def test_several_prompts_or_none_are_refused_in_words(prompt):
    with pytest.raises(InvalidRequest, match="prompt"):
        CODEC.read_request(json.dumps({"model": "m", "prompt": prompt}).encode())


@pytest.mark.parametrize("size", [1, 4, 10_000])
def test_a_stream_says_what_the_whole_answer_says_however_it_is_cut(size: int):
    request = Request(model="m", messages=(), include_usage=True)
    said = (Reasoning(text="hm"), Text("ebb at six"))
    answer = Answer(
        id="c", model="m", created=1, candidates=(Candidate(parts=said, finish=Finish.LENGTH),), tokens=Tokens(input=3, output=4)
    )
    writer, reader, collector = CODEC.stream_writer(request), CODEC.stream_reader(), Collector()
    data = b"".join(map(writer.write, events_of(answer))) + writer.end()
    for at in range(0, len(data), size):
        for event in reader.feed(data[at : at + size]):
            collector.add(event)
    whole = CODEC.read_answer(CODEC.write_answer(answer, request))
    assert collector.answer() == whole
    assert (whole.candidates[0].parts, whole.candidates[0].finish, whole.tokens.prompt, collector.ended) == (
        (Text("ebb at six"),),
        Finish.LENGTH,
        3,
        True,
    )
