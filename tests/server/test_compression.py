"""Longer texts go out in gzip to who takes it, and to nobody else."""

import gzip
from typing import Any

import httpx
import pytest

from server.compression import LEAST, compressed, takes_gzip
from tests.server.people import KEY

LONG = b'{"what": "' + b"word " * LEAST + b'"}'
ASKED = {"accept-encoding": "gzip, deflate, br"}


def answering(body: bytes = LONG, *, status: int = 200, pieces: int = 1, **headers: str) -> Any:
    """An application that answers with ``body``, in so many messages."""
    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in ({"content_type": "application/json"} | headers).items()]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [*told, (b"content-length", b"%d" % (len(body) * pieces))]})
        for left in range(pieces - 1, -1, -1):
            await send({"type": "http.response.body", "body": body, "more_body": left > 0})

    return compressed(app)


async def get(app: Any, path: str = "/traces", headers: dict[str, str] = ASKED) -> tuple[dict[str, str], bytes]:
    """The headers of an answer and its body as it went over the network."""
    head: dict[str, str] = {}
    body = b""

    async def send(message: Any) -> None:
        nonlocal body
        head.update({name.decode(): value.decode() for name, value in message.get("headers", ())})
        body += message.get("body", b"")

    asked = [(name.encode(), value.encode()) for name, value in headers.items()]
    await app({"type": "http", "path": path, "method": "GET", "headers": asked}, None, send)
    return head, body


@pytest.mark.parametrize("body", [LONG, LONG * 20], ids=["short", "in-a-thread"])
async def test_a_long_text_comes_in_gzip_and_says_so(body):
    head, sent = await get(answering(body, etag='"abc"'))
    assert (head["content-encoding"], head["vary"], head["content-length"]) == ("gzip", "accept-encoding", str(len(sent)))
    assert gzip.decompress(sent) == body
    assert head["etag"] == 'W/"abc"'  # other bytes of the same meaning


@pytest.mark.parametrize(
    "app",
    [
        answering(b'{"short": true}'),
        answering(pieces=3, content_type="text/event-stream"),
        answering(content_type="image/png"),
        answering(content_encoding="br"),
        answering(status=206, content_range="bytes 0-1/2"),
        answering(accept_ranges="bytes", content_type="text/plain"),
    ],
    ids=["short", "stream", "picture", "coded", "part", "file"],
)
async def test_what_gains_nothing_or_streams_or_is_a_file_passes_as_it_is(app):
    head, sent = await get(app)
    assert head.get("content-encoding") in {None, "br"}
    assert "vary" not in head
    assert len(sent) == int(head["content-length"])


@pytest.mark.parametrize("path", ["/v1/models/x", "/anthropic/v1/messages", "/gateway/chat/invocations", "/passthrough/openai/v1/files"])
async def test_the_gateways_bytes_are_left_alone(path):
    assert (await get(answering(), path))[1] == LONG


async def test_who_takes_no_gzip_is_told_that_others_may_get_it():
    head, sent = await get(answering(etag='"abc"'), headers={})
    assert (sent, head["etag"], head["vary"]) == (LONG, '"abc"', "accept-encoding")


async def test_nothing_is_compressed_for_another_sites_page():
    """Lengths would tell it, letter by letter, what stands beside the words that it put into the address."""
    assert (await get(answering(), headers={**ASKED, "sec-fetch-site": "cross-site"}))[1] == LONG
    assert (await get(answering(), headers={**ASKED, "sec-fetch-site": "same-origin"}))[1] != LONG


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        ("gzip", True), ("br;q=1.0, gzip;q=0.8", True), ("*", True), ("GZIP", True), ("gzip ; q=0.001", True),
        ("", False), ("identity", False), ("gzip;q=0", False), ("gzip;q=0, *", False), ("*;q=0", False), ("gzip;q=often", False), ("xgzip", False),
    ],
)  # fmt: skip
def test_the_clients_word_is_read_as_the_standard_says(asked, taken):
    assert takes_gzip([(b"accept-encoding", asked.encode())]) is taken


def test_a_real_server_sends_pages_their_looks_and_both_apis_in_gzip_and_knows_its_tags_again(users_server):
    with httpx.Client(base_url=users_server.url, headers={"authorization": f"Bearer {KEY}", "accept": "text/html"}) as client:
        page = client.get("/welcome")
        looks = next(part for part in page.text.split('"') if part.endswith("app.css"))
        assert [client.get(path).headers.get("content-encoding") for path in ("/welcome", looks, "/api/v1/openapi.json")] == ["gzip"] * 3
        tag = client.get(looks).headers["etag"]
        unchanged = client.get(looks, headers={"if-none-match": tag})
        assert (tag[:2], unchanged.status_code, unchanged.content, unchanged.headers["vary"]) == ("W/", 304, b"", "accept-encoding")
        endpoint = client.post("/api/2.0/mlflow/experiments/create", json={"name": "long", "tags": [{"key": "k", "value": "word " * 500}]})
        found = client.get("/api/2.0/mlflow/experiments/get", params=endpoint.json())
        assert (found.headers["content-encoding"], len(found.json()["experiment"]["tags"][0]["value"])) == ("gzip", 2500)


def test_head_is_answered_as_get_is_and_without_its_body(users_server):
    with httpx.Client(base_url=users_server.url, headers={"authorization": f"Bearer {KEY}", "accept": "text/html"}) as client:
        for path in ("/welcome", "/api/v1/prompts", "/health"):
            head, get = client.head(path), client.get(path)
            assert (head.status_code, head.content) == (200, b"")
            assert {name: head.headers.get(name) for name in ("content-type", "content-encoding", "vary")} == {
                name: get.headers.get(name) for name in ("content-type", "content-encoding", "vary")
            }
        assert client.head("/nothing").status_code == 404
    assert httpx.head(users_server.url + "/api/v1/prompts").status_code == 401
