"""Images by address for models that take data alone: fetched from where a client could go itself, and put where the dialect wants them."""

import base64
import json

import pytest

from config.schema import ProviderSettings, Settings
from config.secrets import Secret
from gateway.dialects.types import DialectName
from gateway.errors import InvalidRequest
from gateway.media import Fetched, NoMedia, inlined
from gateway.prompts import NoPrompts
from gateway.service import Gateway
from gateway.types import Inbound, Operation
from registry.outbound.guard import AddressGuard
from server.media import MOST_BYTES, GuardedMedia
from tests.cloud import Said, Sent, scripted_cloud
from tracing.live import LiveTracer
from tracing.types import Scope

URL = "https://pictures.example/a.png"
PNG = "iVBORw0KGgo="


class Pictures:
    def __init__(self) -> None:
        self.asked: list[str] = []

    async def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        return Fetched("image/png", PNG)


def inbound(body: dict, dialect: DialectName = DialectName.OPENAI_CHAT) -> Inbound:
    return Inbound(operation=Operation.CHAT, body=json.dumps(body).encode(), headers=[], received_ns=1, started=1, dialect=dialect)


CALL = {"id": "1", "type": "function", "function": {"name": "look", "arguments": json.dumps({"type": "image_url", "image_url": URL})}}
CASES = {
    "chat": (
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": URL, "detail": "low"}}]},
                {"role": "assistant", "tool_calls": [CALL]},
            ]
        },
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}},
    ),
    "responses": (
        {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": URL}]}]},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
    ),
    "anthropic": (
        {
            "messages": [
                {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": URL}}]},
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "name": "look", "input": {"type": "url", "url": "https://not.example"}}],
                },
            ]
        },
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    ),
    "gemini": (
        {"contents": [{"parts": [{"fileData": {"mimeType": "image/png", "fileUri": URL}}]}]},
        {"inlineData": {"mimeType": "image/png", "data": PNG}},
    ),
}


@pytest.mark.parametrize("dialect", CASES)
async def test_an_address_becomes_data_in_its_own_dialect_and_nothing_else_changes(dialect: str):
    body, part = CASES[dialect]
    pictures = Pictures()
    made = json.loads((await inlined(inbound({"model": "m", **body, "knob": 1.5}), pictures)).body)
    turn = next(iter(body.values()))
    found = next(iter(made[name] for name in body))
    assert (found[0].get("content") or found[0].get("parts"))[0] == part
    assert found[1:] == turn[1:]
    assert (made["model"], made["knob"], pictures.asked) == ("m", 1.5, [URL])


async def test_a_request_without_addresses_is_the_very_same():
    sent = inbound({"messages": [{"role": "user", "content": f"see {URL}"}]})
    assert await inlined(sent, NoMedia()) is sent


async def test_too_many_addresses_and_none_who_may_fetch_are_refused():
    part = {"type": "image_url", "image_url": {"url": URL}}
    with pytest.raises(InvalidRequest, match="base64"):
        await inlined(inbound({"messages": [{"content": [part]}]}), NoMedia())
    many = [{"type": "image_url", "image_url": {"url": f"{URL}?{number}"}} for number in range(21)]
    with pytest.raises(InvalidRequest, match="at most 20"):
        await inlined(inbound({"messages": [{"content": many}]}), Pictures())


@pytest.mark.parametrize("model", ["amazon.nova-pro-v1:0", "anthropic.claude-sonnet-4-5-v1:0"])
@pytest.mark.parametrize("dialect", [DialectName.OPENAI_CHAT, DialectName.ANTHROPIC])
async def test_bedrock_gets_the_picture_itself_from_every_client(model: str, dialect: DialectName):
    part = (
        {"type": "image_url", "image_url": {"url": URL}}
        if dialect is DialectName.OPENAI_CHAT
        else {"type": "image", "source": {"type": "url", "url": URL}}
    )
    async with scripted_cloud(lambda _: Said(400, (b'{"message":"enough"}',))) as cloud:
        settings = ProviderSettings(kind="bedrock", base_url=cloud.url, api_key=Secret("k"), region="eu-west-1")
        gateway = Gateway.build(Settings(providers={"up": settings}), LiveTracer({}, Scope("test"), None, lambda _: None), NoPrompts())
        gateway.fetch_media_from(Pictures())
        body = {"model": f"up/{model}", "max_tokens": 5, "messages": [{"role": "user", "content": [part]}]}
        reply = await gateway.handle(inbound(body, dialect))
        await gateway.close()
    assert reply.status == 400
    assert (PNG.encode() in cloud.sent[0].body, URL.encode() in cloud.sent[0].body) == (True, False)


def pictures():
    def answer(sent: Sent) -> Said:
        return {
            "/a.png": Said(pieces=(b"\x89PNG",), content_type="image/png"),
            "/page": Said(pieces=(b"<html>",), content_type="application/json"),
            "/moved": Said(302, (b"",), "image/png", (("location", "http://169.254.169.254/latest"),)),
            "/huge": Said(pieces=(b"x" * (MOST_BYTES // 2),) * 3, content_type="image/png"),
        }[sent.target]

    return answer


async def test_a_guarded_fetch_gives_type_and_data():
    async with scripted_cloud(pictures()) as cloud:
        media = GuardedMedia(AddressGuard(lambda: True))
        assert await media.fetch(f"{cloud.url}/a.png") == Fetched("image/png", base64.b64encode(b"\x89PNG").decode())
        await media.close()


@pytest.mark.parametrize(("path", "word"), [("/page", "no medium"), ("/moved", "302"), ("/huge", "larger")])
async def test_what_is_no_medium_moved_or_huge_is_not_taken(path: str, word: str):
    async with scripted_cloud(pictures()) as cloud:
        media = GuardedMedia(AddressGuard(lambda: True))
        with pytest.raises(InvalidRequest, match=word):
            await media.fetch(cloud.url + path)
        await media.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://10.0.0.7/x",
        "https://localhost/x",
        "http://example.com/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://:x",
    ],
)
async def test_no_address_of_ours_is_asked_for_a_client(url: str):
    media = GuardedMedia(AddressGuard(lambda: False))
    with pytest.raises(InvalidRequest, match=r"not fetched|cannot be fetched"):
        await media.fetch(url)
    await media.close()


@pytest.mark.parametrize("odd", [[], {}, [[]], None, 1, True])
async def test_a_part_whose_type_is_none_has_no_address(odd: object):
    asked = inbound({"model": "m", "messages": [{"role": odd, "content": [{"type": odd, "image_url": URL, "url": URL}]}]})
    assert await inlined(asked, Pictures()) is asked
