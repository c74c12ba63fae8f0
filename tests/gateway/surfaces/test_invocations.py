"""Answers in the words of MLflow's first versions, beside OpenAI's."""

import json

import pytest

from gateway.surfaces.invocations import first_version


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            {
                "choices": [{"message": {"role": "assistant", "content": "x"}, "finish_reason": "length"}],
                "model": "m",
                "usage": {"prompt_tokens": 1},
            },
            {"candidates": [{"message": {"role": "assistant", "content": "x"}, "metadata": {"finish_reason": "length"}}]},
        ),
        ({"choices": [{"text": "x", "finish_reason": "stop"}]}, {"candidates": [{"text": "x", "metadata": {"finish_reason": "stop"}}]}),
        ({"data": [{"embedding": [1.5]}]}, {"embeddings": [[1.5]]}),
        ({"anything": 1}, {}),
    ],
)
def test_an_answer_keeps_its_own_members_and_gets_those_of_the_first_versions(answer: dict, told: dict):
    body = json.dumps(answer).encode()
    found = json.loads(first_version(body))
    assert {**answer, **told}.items() <= found.items()
    assert first_version(body).endswith(body[1:])


def test_what_is_no_object_stays_as_it_is():
    assert first_version(b"[1]") == b"[1]"
