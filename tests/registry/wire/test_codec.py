"""Requests and answers as protobuf's JSON spells them."""

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import BadRequest, InvalidParameterValue
from registry.wire import Int64, Message, RequiredText, WireEnum
from registry.wire.decode import Decoder
from registry.wire.encode import encode

SEE = "See the API docs for more information about request parameters."


class Status(WireEnum):
    RUNNING = "RUNNING", 1
    FINISHED = "FINISHED", 3


class Tag(Message):
    key: RequiredText
    value: str = ""


class Log(Message):
    older_names = {"run_uuid": "run_id"}

    run_id: RequiredText
    value: float
    step: Int64 | None = None
    status: Status | None = None
    tags: list[Tag] = []
    names: list[str] = []
    labels: dict[str, str] = {}
    free: Any = None
    active: bool | None = None


DECODER = Decoder(Log)


def read(**fields: Any) -> Log:
    return DECODER.body(json.dumps({"run_id": "r", "value": 1, **fields}).encode(), {})


def refusal(**fields: Any) -> str:
    with pytest.raises(InvalidParameterValue) as caught:
        read(**fields)
    return caught.value.message


def test_both_spellings_of_a_name_are_read_and_using_both_is_refused():
    assert DECODER.body(b'{"runId": "r", "value": 1}', {}).run_id == "r"
    assert refusal(runId="x") == "Request specifies both 'run_id' and 'runId'; provide only one of them."


def test_a_former_name_stands_for_the_field_when_that_is_missing():
    assert DECODER.body(b'{"run_uuid": "old", "value": 1}', {}).run_id == "old"
    assert DECODER.query(b"run_uuid=old&value=2", {}).run_id == "old"


def test_unknown_fields_and_unknown_members_are_as_if_not_there():
    assert read(new_field={"a": 1}, status="PAUSED") == read()


@pytest.mark.parametrize("given", ["FINISHED", 3, "3"])
def test_an_enumeration_is_read_by_name_or_number(given):
    assert read(status=given).status is Status.FINISHED


@pytest.mark.parametrize(
    ("given", "read_as"), [("NaN", math.nan), ("Infinity", math.inf), ("-Infinity", -math.inf), ("2.5", 2.5), (2, 2.0)]
)
def test_numbers_are_read_as_text_too(given, read_as):
    value = read(value=given).value
    assert value == read_as or (math.isnan(value) and math.isnan(read_as))


@pytest.mark.parametrize(("given", "read_as"), [("12", 12), (12.0, 12), (1.5, 1), (-(2**63), -(2**63))])
def test_whole_numbers_are_read_as_text_too(given, read_as):
    assert read(step=given).step == read_as


def test_null_is_not_set():
    assert read(step=None, tags=None, labels=None, status=None) == read()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"run_id": ""}, f"Missing value for required parameter 'run_id'. {SEE}"),
        ({"run_id": None}, f"Missing value for required parameter 'run_id'. {SEE}"),
        ({"value": "abc"}, f"Invalid value \"abc\" for parameter 'value' supplied:  Hint: Value was of type 'str'. {SEE}"),
        ({"run_id": 5}, f"Invalid value 5 for parameter 'run_id' supplied:  Hint: Value was of type 'int'. {SEE}"),
        ({"step": True}, f"Invalid value true for parameter 'step' supplied:  Hint: Value was of type 'bool'. {SEE}"),
        ({"step": 2**63}, f"Invalid value {2**63} for parameter 'step' supplied:  Hint: Value was of type 'int'. {SEE}"),
        ({"tags": "x"}, f"Invalid value \"x\" for parameter 'tags' supplied:  Hint: Value was of type 'str'. {SEE}"),
        ({"tags": [{"key": "a"}, {"value": "b"}]}, f"Missing value for required parameter 'tags[1].key'. {SEE}"),
        ({"names": ["a", 1]}, f"Invalid value [\"a\",1] for parameter 'names' supplied:  Hint: Value was of type 'list'. {SEE}"),
        ({"labels": {"a": {}}}, f"Invalid value {{}} for parameter 'labels.a' supplied:  Hint: Value was of type 'dict'. {SEE}"),
    ],
)
def test_what_does_not_fit_is_named_in_mlflows_words(fields, message):
    assert refusal(**fields) == message


def test_json_within_json_is_read_and_what_is_no_json_counts_as_empty():
    assert DECODER.body(json.dumps('{"run_id": "r", "value": 1}').encode(), {}).run_id == "r"
    with pytest.raises(InvalidParameterValue, match="Missing value for required parameter 'run_id'"):
        DECODER.body(b"not json", {})
    with pytest.raises(BadRequest, match="of type 'list'"):
        DECODER.body(b"[]", {})


def test_a_text_with_nul_is_refused_since_no_database_keeps_it():
    assert "NUL" in refusal(run_id="a\0b")
    with pytest.raises(InvalidParameterValue, match="NUL"):
        DECODER.query(b"run_id=a%00&value=1", {})


def test_query_arguments_repeat_for_lists_and_spell_booleans_as_python_does():
    found = DECODER.query(b"run_id=r&value=1.5&step=3&names=a&names=b&active=True", {})
    assert (found.value, found.step, found.names, found.active) == (1.5, 3, ["a", "b"], True)
    with pytest.raises(InvalidParameterValue, match="Invalid boolean value: maybe, must be 'true' or 'false'"):
        DECODER.query(b"run_id=r&value=1&active=maybe", {})


def test_parameters_of_the_path_are_fields():
    assert DECODER.body(b'{"value": 1}', {"run_id": "of-the-path"}).run_id == "of-the-path"


class Answer(Message):
    number: float | None = None
    count: Int64 | None = None
    text: str | None = None
    tags: list[Tag] = []
    free: Any = None


def test_what_is_not_set_is_not_sent_and_what_is_set_to_nothing_is():
    assert encode(Answer()) == encode(None) == b"{}"
    assert json.loads(encode(Answer(text="", count=0))) == {"text": "", "count": 0}


def test_numbers_that_json_lacks_go_out_as_text():
    answer = Answer(number=math.nan, text="null", free=[None, math.inf, {"a": -math.inf}])
    assert json.loads(encode(answer)) == {"number": "NaN", "text": "null", "free": [None, "Infinity", {"a": "-Infinity"}]}


scalar = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = scalar | st.lists(scalar, max_size=2) | st.dictionaries(st.sampled_from(["key", "value"]), scalar)
anything |= st.lists(st.dictionaries(st.sampled_from(["key", "value"]), scalar), max_size=2)
NAMES = st.sampled_from(["run_id", "runId", "value", "step", "status", "tags", "names", "labels", "free", "active", "x"])


@given(st.dictionaries(NAMES, anything, max_size=4))
def test_any_object_is_read_or_refused_as_the_callers_mistake(body):
    with suppress(InvalidParameterValue, BadRequest):
        DECODER.body(json.dumps(body).encode(), {})


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused_as_the_callers_mistake(body):
    with suppress(InvalidParameterValue, BadRequest):
        DECODER.body(body, {})
