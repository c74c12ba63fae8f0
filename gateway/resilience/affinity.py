"""Which target made a response: a conversation that is kept upstream, or whose thoughts are sealed, can only go on where it began.

What an account keeps, a file that a request names, is known to that account alone, too.
"""

import re
from collections import OrderedDict
from hashlib import sha256
from typing import Final

import msgspec

from gateway.types import Target

__all__ = ("Affinity", "kept_in", "seal_of", "sealed_in")

REMEMBERED: Final = 10_000
_KEPT: Final = re.compile(rb'"(?:file_id|fileUri|file_uri|cachedContent|cached_content)"\s*:\s*"([^"\\]{1,500})"')
_ENCRYPTED: Final = re.compile(rb'"encrypted_content"\s*:\s*("(?:[^"\\]|\\.)+")')


def seal_of(encrypted: str) -> str:
    """A digest by which a sealed thought is remembered, since the thought itself is long."""
    return sha256(encrypted.encode()).hexdigest()


def sealed_in(body: bytes) -> str:
    """The last sealed thought in a request of OpenAI's Responses, as ``seal_of`` has it; ``""`` where there is none."""
    found = _ENCRYPTED.findall(body)
    return seal_of(msgspec.json.decode(found[-1], type=str)) if found else ""


def kept_in(body: bytes) -> list[str]:
    """The ids of files and cached contents that a request names."""
    return [_name_of(value.decode(errors="replace")) for value in _KEPT.findall(body)]


def _name_of(value: str) -> str:
    """Google's files are named by their address."""
    return f"files/{value.rpartition('/files/')[2]}" if "/files/" in value else value


class Affinity:
    """The newest responses by their ids, and their sealed thoughts, a bounded number of them."""

    __slots__ = ("_limit", "_targets")

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._targets: OrderedDict[str, Target] = OrderedDict()
        self._limit = limit

    def __len__(self) -> int:
        return len(self._targets)

    def note(self, response: str, target: Target) -> None:
        """``target`` made ``response``."""
        self._targets[response] = target
        self._targets.move_to_end(response)
        if len(self._targets) > self._limit:
            self._targets.popitem(last=False)

    def target(self, response: str) -> Target | None:
        """The target that made a response; ``None`` when that is not known any more."""
        return self._targets.get(response)
