"""Edit members of a JSON object in its own text: every byte that is not part of the edit stays what and where it was.

A proxy that decodes a body and encodes it again drops unknown numbers' digits, reorders keys and so defeats the vendors' prompt caches.
Here the text is scanned once, and only the asked values are replaced. What the caller has read of it already is stepped over.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

import msgspec

__all__ = ("Member", "insert", "members", "patch", "replace")

_LARGE: Final = 4096
"""Bytes from which stepping from member to member is cheaper than looking through the whole text."""

_SELF_ENDING: Final = (b"{", b"[", b'"')
"""How values begin whose own text says where they end."""

_SPACE = re.compile(rb"[ \t\n\r]*")
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_SCALAR = re.compile(rb"[^\s,}\]]+")
_STRUCTURE = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]', re.DOTALL)


class Member(msgspec.Struct, frozen=True):
    """A member of the outermost object: its decoded name, and the offsets of its key and of its value (``end`` is after the value)."""

    name: str
    key: int
    value: int
    end: int


def replace(body: bytes, name: str, value: bytes, known: Iterable[msgspec.Raw] = ()) -> bytes:
    """Give one member of the outermost object a new value. ``body`` must be a valid JSON object that has the member; ``known`` as in ``patch``."""
    if len(body) < _LARGE:
        plain = _plain_member(name).search(body)
        if plain is not None and _spelled_once(body, name):
            return body[: plain.start(1)] + value + body[plain.end(1) :]
    return patch(body, {name: value}, known)


def patch(body: bytes, edits: Mapping[str, bytes | None], known: Iterable[msgspec.Raw] = ()) -> bytes:
    """Give the outermost object's members new values; ``None`` removes a member, a member that is absent is put in front.

    ``body`` must be a valid JSON object. A name that occurs more than once is edited at each place, so that no reader of the result, whichever
    of the duplicates it believes, sees the old value. ``known`` are values that were read of the body: large ones are found again by their bytes.
    """
    found = list(members(body, known))
    present = {member.name for member in found}
    absent = {name: value for name, value in edits.items() if value is not None and name not in present}
    return insert(_rewrite(body, found, edits), absent)


def insert(body: bytes, absent: Mapping[str, bytes]) -> bytes:
    """Put members in front. ``body`` must be a valid JSON object that has none of them, which only its reader knows without a scan."""
    if not absent:
        return body
    at = body.index(b"{") + 1
    added = b",".join(msgspec.json.encode(name) + b":" + value for name, value in absent.items())
    after = _after_space(body, at)
    comma = b"" if body[after : after + 1] == b"}" else b","
    return body[:at] + added + comma + body[at:]


def members(body: bytes, known: Iterable[msgspec.Raw] = ()) -> Iterator[Member]:
    """The members of the outermost object of valid JSON, in the order of the text, duplicates included. ``known`` as in ``patch``."""
    large = [raw for raw in known if len(memoryview(raw)) >= _LARGE]
    at = _after_space(body, body.index(b"{") + 1)
    while body[at : at + 1] == b'"':
        key = at
        at = _string_end(body, at)
        name = msgspec.json.decode(body[key:at], type=str)
        at = _after_space(body, body.index(b":", at) + 1)
        end = _known_end(body, at, large) or _value_end(body, at)
        yield Member(name, key, at, end)
        at = _after_space(body, end)
        if body[at : at + 1] == b",":
            at = _after_space(body, at + 1)


def _known_end(body: bytes, at: int, known: list[msgspec.Raw]) -> int:
    """The end of the value at ``at`` where it is one of ``known``, else 0: no value of JSON begins with another that is so long and ends itself."""
    for raw in known:
        if body[at : at + 1] in _SELF_ENDING and body.startswith(raw, at):
            return at + len(memoryview(raw))
    return 0


@cache
def _plain_member(name: str) -> "re.Pattern[bytes]":
    """The name, and its value where that is text without an escape: the usual case, which needs no scan of all that stands before it."""
    return re.compile(b'"%b"[ \\t\\n\\r]*:[ \\t\\n\\r]*("[^"\\\\]*")' % re.escape(name.encode()))


def _spelled_once(body: bytes, name: str) -> bool:
    r"""Whether the text can spell the name of a member that exists in one place alone, which then is its key; only a scan can tell if not.

    Within a string a quote is always escaped, so the quoted name is a whole string of its own, unless a ``\u00xx`` escape spells a letter.
    """
    if body.count(b'"%b"' % name.encode()) != 1:
        return False
    return body.find(b"\\u00") < 0 or not any(b"\\u00%x" % high in body for high in {ord(letter) >> 4 for letter in name})


def _rewrite(body: bytes, found: list[Member], edits: Mapping[str, bytes | None]) -> bytes:
    """Keep a member's bytes, or give it the new value, or leave it out together with one comma."""
    kept = [member for member in found if edits.get(member.name, b"") is not None]
    if len(kept) < len(found):
        return _without(body, found, kept, edits)
    text = memoryview(body)  # a slice of it is no copy
    pieces: list[bytes | memoryview] = []
    copied = 0
    for member in found:
        value = edits.get(member.name)
        if value is not None:
            pieces += (text[copied : member.value], value)
            copied = member.end
    return b"".join((*pieces, text[copied:]))


def _without(body: bytes, found: list[Member], kept: list[Member], edits: Mapping[str, bytes | None]) -> bytes:
    texts = [body[member.key : member.value] + (edits.get(member.name) or body[member.value : member.end]) for member in kept]
    return body[: found[0].key] + b",".join(texts) + body[found[-1].end :]


def _after_space(body: bytes, at: int) -> int:
    match = _SPACE.match(body, at)
    return match.end() if match else at


def _string_end(body: bytes, at: int) -> int:
    match = _STRING.match(body, at)
    if match is None:
        raise ValueError(f"no string at byte {at}")
    return match.end()


def _value_end(body: bytes, at: int) -> int:
    opening = body[at : at + 1]
    if opening == b'"':
        return _string_end(body, at)
    if opening in (b"{", b"["):
        return _container_end(body, at)
    match = _SCALAR.match(body, at)
    if match is None:
        raise ValueError(f"no value at byte {at}")
    return match.end()


def _container_end(body: bytes, at: int) -> int:
    depth = 0
    for match in _STRUCTURE.finditer(body, at):
        byte = body[match.start()]
        if byte in b"{[":
            depth += 1
        elif byte in b"}]":
            depth -= 1
            if depth == 0:
                return match.end()
    raise ValueError(f"no end of the value at byte {at}")
