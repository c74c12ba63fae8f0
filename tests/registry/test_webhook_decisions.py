"""What follows from an attempt, and which addresses are public: pure, for any input."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.public import is_public
from config.schema import WebhookSettings
from registry.webhooks.backoff import decide, parse_retry_after
from registry.webhooks.types import Outcome

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = WebhookSettings()


def outcome(status=None, **rest):
    return Outcome(started_at=NOW, milliseconds=1, status=status, **rest)


@given(
    status=st.none() | st.integers(100, 599),
    attempt=st.integers(1, 100),
    draw=st.floats(0, 1, exclude_max=True),
    asked=st.none() | st.floats(0, 1e12),
)
def test_every_delivery_ends_and_no_pause_is_longer_than_was_promised(status, attempt, draw, asked):
    verdict = decide(outcome(status, retry_after=asked), attempt, SETTINGS, NOW, draw)
    if status is not None and 200 <= status < 300:
        assert verdict.state == "delivered"
    elif attempt >= SETTINGS.max_attempts:
        assert verdict.state == "dead"
    if verdict.state == "waiting":
        assert timedelta(0) < verdict.not_before - NOW <= timedelta(hours=1)
    assert bool(verdict.error) == (verdict.state != "delivered")


def test_pauses_double_and_a_random_part_of_them_is_waited():
    def pause(attempt, draw):
        return (decide(outcome(500), attempt, SETTINGS, NOW, draw).not_before - NOW).total_seconds()

    assert [pause(attempt, 0.0) for attempt in (1, 2, 3)] == [0.5, 1, 2]
    assert [pause(attempt, 0.999_999) for attempt in (1, 2, 3)] == pytest.approx([1, 2, 4], abs=0.001)


def test_retry_after_is_a_number_a_date_or_nothing():
    assert parse_retry_after("120", NOW) == 120
    assert parse_retry_after("Sun, 01 Mar 2026 12:00:30 GMT", NOW) == 30
    assert parse_retry_after("Sun, 01 Mar 2026 11:00:00 GMT", NOW) == 0
    assert [parse_retry_after(text, NOW) for text in (None, "", "soon", "-5", "1.5", "٣")] == [None] * 6


@given(st.text())
def test_no_retry_after_breaks_anything(text):
    found = parse_retry_after(text, NOW)
    assert found is None or found >= 0


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"])
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - compared, not bound
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::1",
        "2001:db8::1",
        "::127.0.0.1",
        "localhost",
        "",
    ],
)
def test_whatever_wraps_or_is_a_private_address_is_not_public(address):
    assert not is_public(address)
