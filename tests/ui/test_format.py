from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ui import format as f

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("reading", [f.duration, f.compact, f.tokens, f.money, f.percent, f.score])
def test_what_is_not_known_reads_as_a_dash_and_never_as_zero(reading):
    assert reading(None) == "—"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0.42, "0.4 ms"), (87, "87 ms"), (999.7, "1.00 s"), (4168, "4.17 s"), (59_940, "59.9 s"), (59_960, "1 m 00 s"), (125_000, "2 m 05 s"), (11_520_000, "3 h 12 m")],
)  # fmt: skip
def test_a_duration_keeps_three_digits_that_matter(milliseconds, text):
    assert f.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        ("0", "$0"),
        ("0.000042", "$0.000042"),
        ("0.00007", "$0.000070"),
        ("0.0028", "$0.0028"),
        ("0.42", "$0.42"),
        ("0.5", "$0.50"),
        ("1.1", "$1.10"),
        ("1204", "$1,204"),
    ],
)
def test_small_sums_of_money_stay_apart(dollars, text):
    assert f.money(Decimal(dollars)) == text


@given(st.decimals(min_value=Decimal("0.0000001"), max_value=Decimal(99), places=9))
def test_money_that_was_spent_never_reads_as_nothing(dollars):
    assert Decimal(f.money(dollars).removeprefix("$").replace(",", "")) > 0


@pytest.mark.parametrize(
    ("then", "text"),
    [("2026-11-24T11:59:59.9Z", "now"), ("2026-11-24T11:59:48.123456789Z", "11s"), ("2026-11-24T11:56:00Z", "4m"), ("2026-11-24T09:00:00Z", "3h"), ("2026-11-20T12:00:00Z", "4d"), ("2026-01-02T00:00:00Z", "2026-01-02"), ("2026-11-24T12:00:09Z", "now"), ("yesterday", "—")],
)  # fmt: skip
def test_ages_have_one_unit(then, text):
    assert f.age(then, NOW) == text


def test_estimated_tokens_carry_a_tilde():
    assert (f.tokens(1204, estimated=True), f.tokens(1204), f.tokens(12_340)) == ("~1,204", "1,204", "12.3k")


def test_a_time_is_exact_to_the_microsecond():
    assert f.time_ns("2026-11-24T00:00:00.000123456Z") % 1_000_000_000 == 123_000
    assert f.time_ns("soon") == 0


@pytest.mark.parametrize(
    ("value", "text", "level"), [(True, "yes", "good"), (False, "no", "bad"), (0.5, "0.5", "plain"), (3, "3", "plain"), ("late", "late", "plain"), (None, "—", "none")]
)  # fmt: skip
def test_only_yes_and_no_are_marked_good_and_bad(value, text, level):
    assert (f.score(value), f.level(value)) == (text, level)
