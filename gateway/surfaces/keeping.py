"""What of a request and its response is kept, read from their own text."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from gateway.dialects.openai_responses.response import OWN
from gateway.errors import InvalidRequest
from gateway.kept import Kept
from gateway.sse import EventParser
from tracing.unreadable import UNREADABLE

__all__ = (
    "ITEMS",
    "Sent",
    "asked_items",
    "is_through",
    "kept_of",
    "own_items",
    "read_sent",
    "status_of",
    "stream_asked",
    "watched",
)


class Sent(msgspec.Struct):
    """What of a request decides whether and how its response is kept."""

    input: msgspec.Raw = msgspec.Raw()
    store: bool | None = None
    previous_response_id: str | None = None


class Outcome(msgspec.Struct):
    """What of a response is kept."""

    id: str
    status: str = ""
    output: list[msgspec.Raw] = []


class LastEvent(msgspec.Struct):
    """The last event of a stream."""

    type: str = ""
    response: msgspec.Raw = msgspec.Raw()


_SENT: Final = msgspec.json.Decoder(Sent)
_OUTCOME: Final = msgspec.json.Decoder(Outcome)
ENDED: Final = frozenset({"completed", "incomplete", "failed", "cancelled"})
_LAST: Final = msgspec.json.Decoder(LastEvent)
ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECTS: Final = msgspec.json.Decoder(list[dict[str, Any]])
_ENDS: Final = (b'"response.completed"', b'"response.incomplete"')


def asked_items(kept: Kept, query: bytes) -> bytes:
    """The list of what a response was asked with, the last first unless the query says ``order=asc``; ``after`` an item, ``limit`` of them.

    Raises ``InvalidRequest``. https://platform.openai.com/docs/api-reference/responses/input-items
    """
    asked = dict(parse_qsl(query.decode("latin-1")))
    items = [_listed(item, f"{kept.id}_{number}") for number, item in enumerate(_OBJECTS.decode(kept.items)[: kept.asked])]
    if asked.get("order", "desc") != "asc":
        items.reverse()
    names = [item["id"] for item in items]
    if (after := asked.get("after")) in names:
        items = items[names.index(after) + 1 :]
    limit = asked.get("limit", "100")
    if not limit.isdecimal():
        raise InvalidRequest(f"'limit' is a number of items, not {limit!r}.", param="limit")
    page = items[: int(limit)]
    ends = {"first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}
    return msgspec.json.encode({"object": "list", "data": page, "has_more": len(page) < len(items), **ends})


def _listed(item: dict[str, Any], identity: str) -> dict[str, Any]:
    """An item as it is listed: what a client may leave out of a message is said."""
    if item.get("type", "message") == "message":
        kind = "output_text" if item.get("role") == "assistant" else "input_text"
        content = item.get("content")
        parts = [{"type": kind, "text": content}] if isinstance(content, str) else content
        item = {"type": "message", "status": "completed", **item, "content": parts}
    return {"id": f"item_{identity}", **item}


def _last_response(data: bytes) -> bytes:
    """The response in the event that ends a stream; ``b""`` in all others."""
    if not any(end in data[:200] for end in _ENDS):
        return b""
    try:
        return bytes(_LAST.decode(data).response)
    except UNREADABLE:
        return b""


async def watched(stream: AsyncIterator[bytes], keep: Callable[[bytes], Awaitable[None]]) -> AsyncIterator[bytes]:
    """A stream whose last event is kept before the client sees it, so that whoever goes on from it at once finds it."""
    parser = EventParser()
    try:
        async for chunk in stream:
            for event in parser.feed(chunk):
                if event.data is not None and (response := _last_response(event.data)):
                    await keep(response)
            yield chunk
    finally:
        await stream.aclose()  # type: ignore[attr-defined]  # a generator, declared as what its readers need


def kept_of(response: bytes, owner: str, asked: list[msgspec.Raw], provider: str) -> Kept | None:
    """A response with what it was ``asked``, as it is kept; ``None`` for one that cannot be read."""
    try:
        outcome = _OUTCOME.decode(response)
    except UNREADABLE:
        return None
    items = msgspec.Raw(msgspec.json.encode([*asked, *outcome.output]))
    return Kept(
        id=outcome.id,
        owner=owner,
        items=items,
        asked=len(asked),
        response=msgspec.Raw(response),
        native=not outcome.id.startswith(OWN),
        provider=provider,
    )


def own_items(sent: msgspec.Raw) -> list[msgspec.Raw]:
    """``input`` as items: a text is what the user says."""
    raw = bytes(sent)
    if raw.startswith(b'"'):
        return [msgspec.Raw(b'{"role":"user","content":' + raw + b"}")]
    return ITEMS.decode(raw) if raw.startswith(b"[") else []


def read_sent(body: bytes) -> Sent | None:
    """What a request says of keeping its response; ``None`` for a body that cannot be read, which is refused elsewhere."""
    try:
        return _SENT.decode(body)
    except UNREADABLE:
        return None


def status_of(kept: Kept) -> str:
    """``status`` of a response, when it was kept."""
    return _OUTCOME.decode(kept.response).status


def stream_asked(query: bytes) -> int | None:
    """The number behind which events of a response are wanted, -1 for all of them; ``None`` where it is wanted whole. Raises ``InvalidRequest``."""
    asked = dict(parse_qsl(query.decode("latin-1")))
    if asked.get("stream", "false").lower() not in {"true", "1"}:
        return None
    after = asked.get("starting_after", "-1")
    if not after.removeprefix("-").isdecimal():
        raise InvalidRequest(f"'starting_after' is the number of an event, not {after!r}.", param="starting_after")
    return int(after)


def is_through(kept: Kept) -> bool:
    """Whether nothing more will become of it."""
    return status_of(kept) in ENDED
