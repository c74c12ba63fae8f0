"""Media by address, for models that take them as data alone: found in a request of any dialect, fetched, and put in their places.

Who fetches is passed in: an address comes from a client, and may lead where the client could not go itself.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import replace

from gateway.errors import ClientMistake, InvalidRequest
from gateway.types import Inbound
from gateway.wire.patch import members, patch

__all__ = ("Fetched", "MediaSource", "NoMedia", "inlined")

MOST: Final = 20
"""Addresses in one request."""

HOLDERS: Final = frozenset({"messages", "input", "contents", "system"})
"""Members of a request, in all dialects, in which media are."""

SAID: Final = frozenset({"arguments", "args", "function", "functionCall", "function_call", "functionResponse", "function_response"})
"""Members that a model or a tool wrote: what looks like media there is none. ``input`` is one, too, within a call."""

_ANY: Final = msgspec.json.Decoder()


class Fetched(msgspec.Struct, frozen=True):
    """What was at an address; ``data`` is base64."""

    media_type: str
    data: str


class MediaSource(Protocol):
    """Gets what is at an address."""

    async def fetch(self, url: str) -> Fetched:
        """Get what is at an address. Raises ``InvalidRequest`` for an address that may not be fetched, or has nothing of use."""
        ...


class NoMedia:
    """A ``MediaSource`` that fetches nothing."""

    async def fetch(self, url: str) -> Fetched:
        """See ``MediaSource.fetch``."""
        raise InvalidRequest("This model takes images and documents as data, not by address: send them in base64.", param="messages")


async def inlined(inbound: Inbound, source: MediaSource) -> Inbound:
    """The request with data in place of addresses, or the same request where it has none. Raises ``InvalidRequest``."""
    if b"http" not in inbound.body:
        return inbound
    holders = {
        member.name: _ANY.decode(inbound.body[member.value : member.end]) for member in members(inbound.body) if member.name in HOLDERS
    }
    named = {url: name for name, value in holders.items() for url in _links(value)}
    if not named:
        return inbound
    if len(named) > MOST:
        param = next(iter(named.values()))
        raise InvalidRequest(
            f"The request names {len(named)} addresses of media; at most {MOST} are fetched. Send data instead.", param=param
        )
    found = await _fetched(named, source)
    edits = {name: msgspec.json.encode(_with(value, found)) for name, value in holders.items()}
    return replace(inbound, body=patch(inbound.body, edits))


async def _fetched(urls: Mapping[str, str], source: MediaSource) -> Mapping[str, Fetched]:
    """What is at each of ``urls``, which are told with the member of the request that names them."""
    refused: ClientMistake | None = None
    tasks: dict[str, asyncio.Task[Fetched]] = {}
    try:
        async with asyncio.TaskGroup() as group:
            tasks |= {url: group.create_task(_fetch(url, member, source)) for url, member in urls.items()}
    except* ClientMistake as failures:
        refused = next(each for each in failures.exceptions if isinstance(each, ClientMistake))
    if refused is not None:
        raise refused
    return {url: task.result() for url, task in tasks.items()}


async def _fetch(url: str, member: str, source: MediaSource) -> Fetched:
    """What is at ``url``; a refusal names the member of the request that named it."""
    try:
        return await source.fetch(url)
    except ClientMistake as error:
        error.param = member
        raise


def _links(value: Any) -> Iterator[str]:
    """The addresses of media within a value."""
    if isinstance(value, list):
        for each in value:
            yield from _links(each)
    elif isinstance(value, dict):
        if (url := _address(value)) is not None:
            yield url
        for name, each in value.items():
            if name not in SAID and not (name == "input" and "name" in value):
                yield from _links(each)


def _with(value: Any, found: Mapping[str, Fetched]) -> Any:
    """The value with data in place of addresses."""
    if isinstance(value, list):
        return [_with(each, found) for each in value]
    if not isinstance(value, dict):
        return value
    url = _address(value)
    if url is not None and url in found:
        return _placed(value, found[url])
    kept = (name in SAID or (name == "input" and "name" in value) for name in value)
    return {name: each if keep else _with(each, found) for (name, each), keep in zip(value.items(), kept, strict=True)}


def _address(value: dict[str, Any]) -> str | None:
    """The address that an object holds, in whichever dialect: the object is the part, or its source."""
    image = value.get("image_url")
    if isinstance(image, dict):
        image = image.get("url")
    file = value.get("fileData", value.get("file_data"))
    candidates = (
        image if value.get("type") in _IMAGES else None,
        value.get("url") if value.get("type") == "url" else None,
        value.get("file_url") if value.get("type") == "input_file" else None,
        file.get("fileUri", file.get("file_uri")) if isinstance(file, dict) else None,
    )
    return next((url for url in candidates if isinstance(url, str) and url.startswith(("http://", "https://"))), None)


_IMAGES: Final = ("image_url", "input_image")  # not a set, as what is looked for may be a list, which has no hash


def _placed(value: dict[str, Any], fetched: Fetched) -> dict[str, Any]:
    """The object with the data, as its dialect writes it."""
    inline = f"data:{fetched.media_type};base64,{fetched.data}"
    match value.get("type"):
        case "image_url":
            more = value["image_url"] if isinstance(value["image_url"], dict) else {}
            return {**value, "image_url": {**more, "url": inline}}
        case "input_image":
            return {**value, "image_url": inline}
        case "input_file":
            return {**{name: each for name, each in value.items() if name != "file_url"}, "file_data": inline}
        case "url":
            return {"type": "base64", "media_type": fetched.media_type, "data": fetched.data}
        case _:
            kept = {name: each for name, each in value.items() if name not in {"fileData", "file_data"}}
            return {**kept, "inlineData": {"mimeType": fetched.media_type, "data": fetched.data}}
