"""A reply is exactly one verdict, or it is an error with a reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from evals.errors import VerdictError
from evals.types import ResultType, Verdict
from evals.verdict import describe, parse, schema

BOOLEAN = ResultType()
NUMBER = ResultType(type="number", minimum=1, maximum=5)
CATEGORY = ResultType(type="category", choices=("good", "bad"))

texts = st.text(min_size=1).filter(str.strip)
results = st.one_of(
    st.tuples(st.just(BOOLEAN), st.booleans()),
    st.tuples(st.just(NUMBER), st.integers(1, 5) | st.floats(1, 5)),
    st.tuples(st.just(CATEGORY), st.sampled_from(CATEGORY.choices)),
)


def reason(text: str, result: ResultType = BOOLEAN) -> str:
    with pytest.raises(VerdictError) as caught:
        parse(text, result)
    return caught.value.reason


@given(texts, results)
def test_what_the_schema_asks_for_is_read_back(rationale: str, wanted: tuple[ResultType, object]):
    result_type, value = wanted
    reply = json.dumps({"rationale": rationale, "result": value})
    Draft202012Validator(schema(result_type)).validate(json.loads(reply))
    assert parse(reply, result_type) == Verdict(rationale.strip(), value)


@given(texts, results, st.sampled_from(["```json\n{}\n```", "```\n{}\n```", "  \n{}\n\n", "```JSON \r\n{}```"]))
def test_white_space_and_one_code_fence_around_the_object_are_tolerated(rationale: str, wanted: tuple[ResultType, object], around: str):
    result_type, value = wanted
    reply = around.replace("{}", json.dumps({"rationale": rationale, "result": value}))
    assert parse(reply, result_type).result == value


@given(st.text())
def test_any_other_text_is_a_verdict_error_and_nothing_else(text: str):
    with pytest.raises(VerdictError) as caught:
        parse(text, BOOLEAN)
    assert caught.value.reason


@given(texts.filter(lambda text: text.strip() not in ("true", "false")), st.booleans())
def test_a_verdict_quoted_in_prose_is_not_the_judges_verdict(prose: str, value: bool):
    quoted = json.dumps({"rationale": "the author says so", "result": value})
    reason(f"{prose} {quoted}".replace("```", ""))
    reason(f"{quoted} {prose}".replace("```", ""))


@given(st.booleans(), st.booleans(), st.sampled_from(["\n", " ", ",", "\n```\n```json\n"]))
def test_two_verdicts_are_none_even_if_they_agree(first: bool, second: bool, between: str):
    objects = [json.dumps({"rationale": "r", "result": value}) for value in (first, second)]
    reason(between.join(objects))
    reason("```json\n" + between.join(objects) + "\n```")
    reason("[" + ",".join(objects) + "]")


@given(texts)
def test_a_reason_never_quotes_the_reply(canary: str):
    marked = f"CANARY{canary}"
    for reply in (marked, json.dumps({"rationale": "r", "result": marked}), json.dumps({marked: 1, "rationale": "r", "result": True})):
        assert "CANARY" not in reason(reply)


@pytest.mark.parametrize(
    ("reply", "result", "part"),
    [
        ("", BOOLEAN, "empty"),
        ("true", BOOLEAN, "not an object"),
        ("[]", BOOLEAN, "not an object"),
        ('{"rationale": "r"}', BOOLEAN, "'result' is missing"),
        ('{"result": true}', BOOLEAN, "'rationale' is missing"),
        ('{"rationale": "", "result": true}', BOOLEAN, "'rationale'"),
        ('{"rationale": null, "result": true}', BOOLEAN, "'rationale'"),
        ('{"rationale": "r", "result": true, "score": 1}', BOOLEAN, "other keys"),
        ('{"rationale": "r", "result": false, "result": true}', BOOLEAN, "twice"),
        ('{"rationale": "r", "result": "true"}', BOOLEAN, "true or false"),
        ('{"rationale": "r", "result": 1}', BOOLEAN, "true or false"),
        ('{"rationale": "r", "result": null}', BOOLEAN, "true or false"),
        ('{"rationale": "r", "result": true}', NUMBER, "not a number"),
        ('{"rationale": "r", "result": "4"}', NUMBER, "not a number"),
        ('{"rationale": "r", "result": 0}', NUMBER, "outside"),
        ('{"rationale": "r", "result": 5.01}', NUMBER, "outside"),
        ('{"rationale": "r", "result": NaN}', NUMBER, "NaN"),
        ('{"rationale": "r", "result": Infinity}', ResultType(type="number"), "Infinity"),
        ('{"rationale": "r", "result": 1e999}', ResultType(type="number"), "too large"),
        ('{"rationale": "r", "result": 1' + "0" * 400 + "}", ResultType(type="number"), "too large"),
        ('{"rationale": "r", "result": 1' + "0" * 5000 + "}", ResultType(type="number"), "not one JSON object"),
        ('{"rationale": "r", "result": "Good"}', CATEGORY, "categories"),
        ('{"rationale": "r", "result": ["good"]}', CATEGORY, "categories"),
        ('{"rationale": "r", "result": {"result": true}}', BOOLEAN, "true or false"),
        ("[" * 100_000, BOOLEAN, "not one JSON object"),
        ('{"rationale": "' + "r" * 300_000 + '", "result": true}', BOOLEAN, "longer"),
    ],
)
def test_each_way_to_miss_has_its_reason(reply: str, result: ResultType, part: str):
    assert part in reason(reply, result)


def test_the_schema_asks_for_the_rationale_before_the_result():
    for result in (BOOLEAN, NUMBER, CATEGORY):
        assert list(schema(result)["properties"]) == ["rationale", "result"]


def test_the_answer_is_described_in_the_words_of_the_result():
    assert describe(BOOLEAN) == "<true or false>"
    assert describe(NUMBER) == "<a number from 1 up to 5>"
    assert describe(CATEGORY) == '<one of "good", "bad">'
