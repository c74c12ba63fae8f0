"""What answers tell of an account's things: what was made, what came of it, what is on a list. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from tracing.unreadable import UNREADABLE

__all__ = ("Listed", "made_by", "named", "outcomes_of", "page_after", "page_of", "written")


class Thing(msgspec.Struct):
    """``id`` of OpenAI's and Anthropic's things, ``name`` of Google's; what a batch, a tuning or an upload came to."""

    id: Any = None
    name: Any = None
    file: Any = None
    output_file_id: Any = None
    error_file_id: Any = None
    result_files: Any = None


class Listed(msgspec.Struct):
    """A page of a list: its members as they came, and under ``member`` the things in it."""

    members: dict[str, msgspec.Raw]
    member: str
    things: list[msgspec.Raw]


_THING: Final = msgspec.json.Decoder(Thing)
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_TEXT: Final = msgspec.json.Decoder(str)


def named(thing: bytes) -> str:
    """By what it is asked for again: ``abc`` of Google's ``files/abc``; ``""`` for what has no name."""
    told = _told(thing)
    if isinstance(told.id, str):
        return told.id
    name = told.name if isinstance(told.name, str) else ""
    return name.rpartition("/")[2] if "/" in name else ""


def made_by(body: bytes) -> str:
    """What the answer to a request tells that was made."""
    told = _told(body)
    return named(body) or (named(msgspec.json.encode(told.file)) if isinstance(told.file, dict) else "")


def outcomes_of(thing: bytes) -> Iterator[str]:
    """What the vendor made of it: files of results. Only what the vendor itself says: its owner writes into ``metadata`` what they like."""
    told = _told(thing)
    file = told.file.get("id") if isinstance(told.file, dict) else None
    files = told.result_files if isinstance(told.result_files, list) else []
    yield from (each for each in (told.output_file_id, told.error_file_id, file, *files) if isinstance(each, str) and each)


def page_of(body: bytes) -> Listed | None:
    """The things on a page of a list; ``None`` for what is not a list of things."""
    try:
        members = _MEMBERS.decode(body)
        lists = {name: _RAWS.decode(value) for name, value in members.items() if bytes(value).startswith(b"[")}
    except UNREADABLE:
        return None
    member = next((name for name, things in lists.items() if things and all(bytes(each).startswith(b"{") for each in things)), "data")
    return Listed(members, member, lists.get(member, []))


def written(page: Listed, things: list[msgspec.Raw]) -> bytes:
    """The page with these things alone."""
    members = {**page.members, page.member: things} if page.member in page.members or things else dict(page.members)
    ends = {"first_id": named(bytes(things[0])) if things else None, "last_id": named(bytes(things[-1])) if things else None}
    return msgspec.json.encode(members | {name: value for name, value in ends.items() if name in members})


def page_after(page: Listed, path: str) -> str:
    """The path of the page that follows; ``""`` where none does. Anthropic's go on behind ``after_id``, OpenAI's behind ``after``."""
    place, _, query = path.partition("?")
    asked = dict(parse_qsl(query))
    if token := _text(page.members, "nextPageToken"):
        return f"{place}?{urlencode({**asked, 'pageToken': token})}"
    if bytes(page.members.get("has_more", b"")) != b"true" or not page.things:
        return ""
    if "before_id" in asked:
        return f"{place}?{urlencode({**asked, 'before_id': named(bytes(page.things[0]))})}"
    name = "after" if "object" in page.members else "after_id"
    return f"{place}?{urlencode({**asked, name: named(bytes(page.things[-1]))})}"


def _told(thing: bytes) -> Thing:
    try:
        return _THING.decode(thing)
    except UNREADABLE:
        return Thing()


def _text(members: Mapping[str, msgspec.Raw], name: str) -> str:
    try:
        return _TEXT.decode(members.get(name, msgspec.Raw(b'""')))
    except UNREADABLE:
        return ""
