"""What a detector says of a text."""

from typing import Protocol

import msgspec

__all__ = ("Detector", "Finding", "Scan", "TextTooHard")


class TextTooHard(Exception):
    """A pattern took too long over a text: nobody can say whether it is in there."""


class Finding(msgspec.Struct, frozen=True, order=True):
    """``text[start:end]`` is of a ``kind``: ``EMAIL``, or the name of a pattern, in capitals."""

    start: int
    end: int
    kind: str


class Scan(msgspec.Struct, frozen=True):
    """What was found in a text that may go on. From ``undecided`` on, more text may change what is found."""

    findings: tuple[Finding, ...]
    undecided: int


class Detector(Protocol):
    """Finds one kind of thing."""

    kind: str

    def scan(self, text: str, start: int, *, final: bool) -> Scan:
        """Look from ``start`` on; what stands before it is context. ``final``: the text is whole. Raises ``TextTooHard``."""
        ...
