"""What is kept of a JSON text: all of a small one, and of a large one its small members, however it is cut on arrival."""

import json
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.wire import outline
from gateway.wire.outline import Outline

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\{}[]:, \né', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='k"\\:{', max_size=3), inner, max_size=3),
    max_leaves=8,
)
LONG = "x" * outline.LARGEST_MEMBER + '"\\{['


def kept(text: bytes, size: int) -> bytes:
    read = Outline()
    for at in range(0, len(text), size):
        read.feed(text[at : at + size])
    return read.text()


@given(
    st.dictionaries(st.text(alphabet='k"\\:{ ', max_size=4), VALUES, max_size=4), st.sampled_from([1, 3, 1000]), st.sampled_from([None, 1])
)
@settings(max_examples=60, deadline=None)
def test_members_of_a_large_text_are_those_of_the_text_however_it_is_cut(value: dict, size: int, indent: int | None):
    members = outline._Members()
    text = json.dumps(value, indent=indent).encode()
    with patch.object(outline, "_STRIDE", 7):  # as short as the texts
        for at in range(0, len(text), size):
            members.feed(text[at : at + size])
    assert json.loads(members.text()) == value


def test_a_small_text_is_kept_byte_for_byte():
    text = b'{ "b":1.50, "b" : [ ] }'
    assert kept(text, 5) == text


@pytest.mark.parametrize(("large", "emptied"), [(LONG, ""), ([LONG, 1], []), ({"usage": {"prompt_tokens": 1}, "a": LONG}, {})])
def test_what_is_large_is_emptied_and_what_stands_behind_it_is_kept(large: object, emptied: object, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outline, "WHOLE", 1000)
    text = json.dumps({"id": "c", "choices": large, "usage": {"prompt_tokens": 7}}).encode()
    assert json.loads(kept(text, 700)) == {"id": "c", "choices": emptied, "usage": {"prompt_tokens": 7}}


def test_of_a_list_of_objects_the_last_members_count(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outline, "WHOLE", 10)
    text = json.dumps([{"a": {"a": 1}, "n": 1}, {"n": [2, {"n": 3}]}, {"b": "]"}]).encode()
    assert json.loads(kept(text, 9)) == {"a": {"a": 1}, "n": [2, {"n": 3}], "b": "]"}


@pytest.mark.parametrize("text", [b"[" * 3000, b"]}" * 900, b'"\\' * 900, b"\xff\x00{,:" * 400, b'{"a":' * 500, b"{" + b'"k":1,' * 3000])
def test_what_is_no_json_harms_nobody(text: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outline, "WHOLE", 10)
    assert len(kept(text, 7)) < 100_000
