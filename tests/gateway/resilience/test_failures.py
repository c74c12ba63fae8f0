"""What vendors say when they do not answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.schema import BackoffSettings
from gateway.resilience.backoff import wait_before
from gateway.resilience.conditions import passes
from gateway.resilience.failures import of_answer, of_observation, retry_after
from gateway.resilience.triggers import Triggers
from gateway.resilience.types import Failure, Reason
from gateway.types import Message, Observation

CONTEXT = [
    (400, b'{"error":{"code":"context_length_exceeded","message":"This model\'s maximum context length is 8192 tokens."}}'),
    (400, b'{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}'),
    (400, b'{"error":{"code":400,"message":"The input token count (40000) exceeds the maximum number of tokens allowed (32768)."}}'),
    (400, b'{"message":"Input is too long for requested model."}'),
    (422, b'{"message":"too many tokens: total number of tokens in the prompt cannot exceed 4081"}'),
]
POLICY = [
    (400, b'{"error":{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}'),
    (400, b'{"error":{"code":"content_policy_violation","message":"Your request was rejected by our safety system."}}'),
    (
        400,
        b'{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy content filter"}}',
    ),
]


@pytest.mark.parametrize(
    ("status", "body", "reason"), [(*each, Reason.CONTEXT_WINDOW) for each in CONTEXT] + [(*each, Reason.CONTENT_POLICY) for each in POLICY]
)
def test_a_vendors_error_says_that_another_model_could_answer(status: int, body: bytes, reason: Reason):
    assert of_answer(status, [], body, 0).reason is reason


def test_the_same_words_in_an_answer_or_a_server_error_mean_nothing():
    assert of_answer(200, [], CONTEXT[0][1], 0) is None
    assert of_answer(500, [], CONTEXT[0][1], 0).reason is Reason.STATUS


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({b"retry-after": b"7"}, 7.0),
        ({b"retry-after": b"7", b"retry-after-ms": b"250"}, 0.25),
        ({b"retry-after": b"Thu, 01 Jan 1970 00:01:40 GMT"}, 40.0),
        ({b"retry-after": b"Thu, 01 Jan 1970 00:00:10 GMT"}, 0.0),
        ({b"retry-after": b"soon"}, None),
        ({b"retry-after": b"-1"}, None),
        ({b"retry-after": b"nan"}, None),
        ({b"retry-after": b"inf"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_in_each_of_its_forms(headers: dict[bytes, bytes], seconds: float | None):
    assert retry_after(headers, 60) == seconds


@given(st.binary(max_size=40))
def test_no_header_breaks_the_reading(value: bytes):
    found = retry_after({b"retry-after": value, b"retry-after-ms": value}, 0)
    assert found is None or 0 <= found < 1e12


@given(st.integers(0, 100), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_longer_than_its_limit(retry: int, draw: float):
    assert 0 <= wait_before(retry, None, BackoffSettings(base=0.5, limit=4), draw) <= 4


def test_an_answer_that_the_vendors_filter_kept_back_is_a_refusal_however_much_of_it_came():
    empty = Observation(finish_reasons=("content_filter",), messages=[Message("assistant", [])])
    spoken = Observation(finish_reasons=("content_filter",), messages=[Message("assistant", [{"type": "text", "content": "half"}])])
    assert of_observation(empty) == Failure(reason=Reason.CONTENT_POLICY)
    assert of_observation(spoken) == Failure(reason=Reason.CONTENT_POLICY)


def test_triggers_are_statuses_classes_and_reasons():
    triggers = Triggers.of(["429", "5xx", "timeout"])
    assert triggers.matches(Failure(reason=Reason.STATUS, status=429))
    assert triggers.matches(Failure(reason=Reason.STATUS, status=529))
    assert triggers.matches(Failure(reason=Reason.TIMEOUT))
    assert not triggers.matches(Failure(reason=Reason.STATUS, status=404))
    assert not triggers.matches(Failure(reason=Reason.UNREACHABLE))


@pytest.mark.parametrize(
    ("value", "test", "expected"),
    [
        ("gold", "gold", True),
        ("gold", "silver | gold", True),
        ("gold", "!gold", False),
        (None, "!gold", True),
        (None, "*", False),
        (None, "!*", True),
        ("", "*", True),
        (True, "true", True),
        (4096, "> 4000", True),
        ("4096", "<= 4000", False),
        (True, "> 0", False),
        ("many", "> 0", False),
        ([1], "[[]1]", True),
        (3, "3", True),
    ],
)
def test_what_a_test_of_a_condition_asks_for(value: object, test: str, expected: bool):
    assert passes(value, test) is expected
