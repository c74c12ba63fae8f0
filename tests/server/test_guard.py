"""The gate remembers who was let in, and lets in nobody else for it."""

import pytest

from gateway.keys.index import KeyIndex
from gateway.keys.tickets import UploadTickets
from server.guard import Guard
from storage.sealing import Seal

TICKETS = UploadTickets(lambda: Seal(b"k" * 32))
GOOD = {b"host": b"localhost:4242", b"authorization": b"Bearer right"}


def refusal(guard: Guard, headers: dict[bytes, bytes], path: str = "/v1/chat/completions", method: str = "POST") -> str | None:
    scope = {"type": "http", "path": path, "method": method, "headers": [*headers.items()], "query_string": b""}
    found = guard.refuse(scope)
    return None if found is None else found.code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, None),
        ({b"authorization": b"Bearer wrong"}, "invalid_api_key"),
        ({b"authorization": b""}, "invalid_api_key"),
        ({b"host": b"elsewhere.example"}, "host_not_allowed"),
        ({b"origin": b"https://elsewhere.example"}, "origin_not_allowed"),
        ({b"authorization": b"", b"x-api-key": b"right"}, None),
        ({b"authorization": b"", b"x-api-key": b"wrong"}, "invalid_api_key"),
    ],
)
def test_what_was_let_in_before_opens_the_gate_for_the_same_and_for_nothing_else(changed, code):
    guard = Guard((b"right", b"other"), frozenset({"localhost"}), KeyIndex(), TICKETS)
    assert refusal(guard, GOOD) is None
    assert [refusal(guard, {**GOOD, **changed}) for _ in range(2)] == [code, code]


def test_a_key_that_was_taken_out_of_the_configuration_opens_nothing():
    before = Guard((b"right",), frozenset({"localhost"}), KeyIndex(), TICKETS)
    assert refusal(before, GOOD) is None
    after = Guard((b"another",), before.hosts, before.virtual, TICKETS)
    assert refusal(after, GOOD) == "invalid_api_key"
