from urllib.parse import parse_qsl, urlsplit

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from server.ui.query import ORDERS, RANGES, STATUSES, ListQuery, quoted, read_query
from tracing.filters import parse

WORDS = st.text(max_size=12).map(str.strip)
QUERIES = st.builds(
    ListQuery, filter=WORDS, status=st.sampled_from(["", *STATUSES]), model=WORDS, prompt=WORDS, service=WORDS, cursor=WORDS,
    range=st.sampled_from(["", *RANGES]), judges=st.sampled_from(["", "1"]), order=st.sampled_from(ORDERS), live=st.sampled_from(["", "1"]),
)  # fmt: skip


@given(QUERIES)
def test_a_state_survives_its_own_address(query):
    address = query.url(cursor=query.cursor)
    assert read_query(dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))) == query


@given(QUERIES)
def test_changing_anything_begins_at_the_first_page(query):
    assert "cursor=" not in query.url(live="")


def test_the_default_state_has_a_clean_address():
    assert ListQuery().url() == "/traces"


def test_choices_narrow_an_expression_that_holds_or():
    query = ListQuery(filter="a = 1 or b = 2", model="it's", judges="1")
    assert query.expression() == r"(a = 1 or b = 2) and model = 'it\'s'"


def test_judges_own_traffic_is_hidden_unless_it_is_asked_for_or_spoken_of():
    hidden = ListQuery(model="m")
    assert hidden.expression() == "model = 'm' and judging = false" and hidden.judge_chip().url == "/traces?model=m&judges=1"
    shown = ListQuery(model="m", judges="1")
    assert shown.expression() == "model = 'm'" and shown.judge_chip().url == "/traces?model=m"
    for typed in ("judge = 'helpful'", "cost > 1 and judging = true"):
        assert ListQuery(filter=typed).expression() == typed and ListQuery(filter=typed).judge_chip() is None
    assert ListQuery().expression() == "judging = false" and not ListQuery().narrowed()


def test_values_that_are_not_offered_count_as_absent():
    assert read_query({"order": "drop table", "range": "9y", "status": "??", "live": "yes", "filter": "  "}) == ListQuery()


def test_each_chip_takes_itself_away():
    query = ListQuery(filter="cost > 1", status="error", range="24h")
    assert [chip.url for chip in query.chips()] == [
        "/traces?status=error&range=24h",
        "/traces?filter=cost+%3E+1&range=24h",
        "/traces?filter=cost+%3E+1&status=error",
    ]


def test_a_range_stays_relative():
    assert ListQuery(range="1h").since_ns(10**18) == 10**18 - 3600 * 10**9
    assert ListQuery().since_ns(10**18) is None


@given(st.text())
def test_quoting_closes_where_it_should(value):
    text = quoted(value)
    inner = text[1:-1]
    assert text[0] == text[-1] == "'"
    assert inner.replace("\\\\", "").replace("\\'", "").count("'") == 0


def test_every_field_of_the_state_is_text():
    assert all(isinstance(value, str) for value in msgspec.structs.astuple(ListQuery()))


def test_words_that_compare_nothing_are_looked_for_in_what_was_said():
    for words in ("refund", "don't know (yet)", "status", "a\\b"):
        parse(ListQuery(filter=words, judges="1").expression())
        assert ListQuery(filter=words, judges="1").expression().startswith("text ~ ")
    assert ListQuery(filter="status = 'error'", judges="1").expression() == "status = 'error'"
