"""A field is found in a form however the form is cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import InvalidRequest
from gateway.wire.multipart import TextSearch, fields, text_of

HEAD = b'content-disposition: form-data; name="%b"\r\n\r\n'
PARTS = {
    b"file": b'content-disposition: form-data; name="file"; filename="model"\r\n\r\n',
    b"decoy": b'content-disposition: form-data; name="model"; filename="x"\r\n\r\n',
    b"model": HEAD % b"model",
    b"other": HEAD % b"other",
}
VALUES = st.sampled_from([b"", b"gpt", b"\r\n", b"\r\n--", b"--b", b"\r\n--bb", b"\r\n\r\n", b'name="model"\r\n\r\nx'])


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(list(PARTS)), VALUES), max_size=4), st.integers(1, 12))
def test_the_search_finds_what_the_whole_form_has(parts, cut):
    body = b"".join(b"--bound\r\n" + PARTS[name] + value + b"\r\n" for name, value in parts) + b"--bound--\r\n"
    search = TextSearch(b"--bound", "model")
    for start in range(0, len(body), cut):
        if search.feed(body[start : start + cut]):
            break
    expected = next((field for field in fields(body, b"--bound") if field.name == "model" and not field.is_file), None)
    assert (search.found, search.text or None) == (expected, text_of(body, b"--bound", "model") or None)
    assert search.ended == (expected is None)


def test_what_is_no_form_is_refused_before_it_fills_the_memory():
    search = TextSearch(b"--b", "model")
    with pytest.raises(InvalidRequest, match="a field's head"):
        search.feed(b"--b\r\n" + b"x" * 20_000)
