"""The language of filters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracing.errors import FilterError
from tracing.filters import FIELDS, And, Comparison, Not, Or, parse
from tracing.filters_store import condition

WORDS = st.sampled_from(
    [
        *FIELDS,
        "score",
        "attributes",
        ".",
        "(",
        ")",
        "and",
        "or",
        "not",
        "=",
        "!=",
        "<",
        ">=",
        "~",
        "'a b'",
        '"x"',
        "0.5",
        "-1e3",
        "true",
        "'",
    ]
)


def test_and_binds_closer_than_or_and_not_closest():
    assert parse("status = error or not name ~ 'x' and cost > 0.5") == Or(
        (Comparison("status", "=", "error"), And((Not(Comparison("name", "~", "x")), Comparison("cost", ">", 0.5))))
    )


def test_names_of_scores_and_attributes_may_be_quoted_or_dotted():
    assert parse("score.'is it good' = true") == Comparison("score", "=", value=True, key="is it good")
    assert parse("attributes.http.route = '/x'") == Comparison("attributes", "=", "/x", "http.route")


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("modle = 'x'", 0, "model"),
        ("status >= 'x'", 7, "="),
        ("cost > 'much'", 7, "number"),
        ("name = ", 7, "a value"),
        ("(name = 'x'", 11, "')'"),
        ("name = 'x' nmae = 'y'", 11, "'and'"),
        ("name = ¤", 7, "quotes"),
    ],
)
def test_an_error_names_the_position_and_what_would_be_allowed(text: str, position: int, said: str):
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert caught.value.position == position
    assert said in f"{caught.value} {caught.value.hint}"


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join)))
def test_any_text_is_a_filter_or_a_filter_error(text: str):
    try:
        expression = parse(text)
    except FilterError as error:
        assert 0 <= error.position <= len(text)
    else:
        assert condition(expression).sql


@given(st.text(alphabet="ab'\";-)\\{}", min_size=1, max_size=20))
def test_a_value_is_bound_and_never_part_of_the_statement(value: str):
    quoted = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    found = condition(parse(f"name = {quoted} and attributes.'k' ~ {quoted} and text ~ {quoted}"))
    assert value in found.parameters.values()
    assert found.sql == condition(parse("name = 'zzz' and attributes.'k' ~ 'zzz' and text ~ 'zzz'")).sql
