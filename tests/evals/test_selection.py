"""What a judge's filter leaves unsaid."""

import pytest

from evals.selection import UNANSWERED, selection
from tracing.filters import And, Not, parse


@pytest.mark.parametrize("written", [None, "", "  "])
def test_without_a_filter_everything_is_meant_but_failures_without_an_answer(written: str | None):
    assert parse(selection(written)) == Not(parse(UNANSWERED))


def test_a_filter_keeps_its_meaning_whole():
    written = "model = 'a' or model = 'b'"
    assert parse(selection(written)) == And((parse(written), Not(parse(UNANSWERED))))


@pytest.mark.parametrize("written", ["status = 'error'", "model = 'a' and not (tag = 'x' or status != 'ok')", "answered = true"])
def test_a_filter_that_speaks_of_failures_stands_as_it_is(written: str):
    assert selection(written) == written
