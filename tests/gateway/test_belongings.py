"""Whose thing a request is about, in each vendor's words, however its path is written."""

import pytest

from gateway.belongings.asked import Asked, asked_for, named_in
from gateway.belongings.told import made_by, outcomes_of, page_after, page_of
from gateway.types import Resource


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/files", Asked("files", "", True)),
        ("GET", "/v1/files/file-1", Asked("files", "file-1", True)),
        ("GET", "/files/file-1/content?a=/batches/b", Asked("files", "file-1", False)),
        ("GET", "/f%2569les/file-1", Asked("files", "file-1", True)),
        ("GET", "/FILES/file-1", Asked("FILES", "file-1", True)),
        ("POST", "/messages/batches/msgbatch_1/cancel", Asked("messages/batches", "msgbatch_1", False)),
        ("POST", "/fine_tuning/jobs", Asked("fine_tuning/jobs", "", True)),
        ("GET", "/v1beta/files/abc:download", Asked("files", "abc", False)),
        ("GET", "/projects/p/locations/l/cachedContents/7", Asked("cachedContents", "7", True)),
        ("GET", "/v1beta/models/veo/operations/op1", Asked("operations", "op1", True)),
        ("GET", "/chat/completions/chatcmpl-1", Asked("chat/completions", "chatcmpl-1", True)),
        ("POST", "/chat/completions", None),
        ("POST", "/models/m:generateContent", None),
        ("GET", "/models", None),
    ],
)
def test_a_path_says_what_is_asked_for(method: str, path: str, found: Asked | None):
    assert asked_for(Resource(method=method, path=path)) == found


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"input_file_id":"file-1"}', ["file-1"]),
        (b'{"file_ids" : ["a-1","b-2"],"tools":[{"vector_store_ids":["vs_1"]}]}', ["a-1", "b-2", "vs_1"]),
        (b'{"fileData":{"fileUri":"https://x.example/v1beta/files/abc"},"cachedContent":"cachedContents/c1"}', ["abc", "c1"]),
        (b'{"source":{"type":"file","file_id":"file_9"}}', ["file_9"]),
        (b'{"messages":[{"content":"my file_id is secret"}]}', []),
    ],
)
def test_a_body_names_what_is_kept(body: bytes, names: list[str]):
    assert named_in(body) == names


def test_answers_tell_what_was_made_and_what_came_of_it_and_never_what_their_owner_wrote():
    assert made_by(b'{"file":{"name":"files/abc","uri":"u"}}') == "abc"
    assert made_by(b'{"name":"cachedContents/c1"}') == "c1"
    assert list(outcomes_of(b'{"output_file_id":"o","error_file_id":null,"result_files":["r"],"metadata":{"output_file_id":"x"}}')) == [
        "o",
        "r",
    ]


@pytest.mark.parametrize(
    ("body", "path", "following"),
    [
        (b'{"object":"list","data":[{"id":"a"},{"id":"b"}],"has_more":true}', "/files?limit=2", "/files?limit=2&after=b"),
        (b'{"data":[{"id":"a"}],"has_more":true,"first_id":"a"}', "/messages/batches", "/messages/batches?after_id=a"),
        (b'{"data":[{"id":"a"},{"id":"b"}],"has_more":true}', "/messages/batches?before_id=z", "/messages/batches?before_id=a"),
        (b'{"files":[{"name":"files/a"}],"nextPageToken":"t&1"}', "/files", "/files?pageToken=t%261"),
        (b'{"object":"list","data":[{"id":"a"}],"has_more":false}', "/files", ""),
    ],
)
def test_a_page_says_where_the_next_one_is(body: bytes, path: str, following: str):
    page = page_of(body)
    assert page is not None
    assert page_after(page, path) == following
