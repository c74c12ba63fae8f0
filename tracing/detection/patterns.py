"""Detection by regular expression, in whole texts and in ones that are still being written.

``regex`` rather than ``re``: it can tell the beginning of a match at the end of a text, so that a stream is held back for as long as it must
be and no longer, and it stops when a pattern meets a text that it would chew on for ever.
"""

from collections.abc import Callable, Iterable, Iterator

import regex

from tracing.detection.types import Finding, Scan, TextTooHard

__all__ = ("PatternDetector",)

Confirm = Callable[[str], Iterable[tuple[int, int]]]
"""Of a candidate: the parts of it that are what is looked for."""

LONGEST_SECONDS = 0.25

LARGE = 16 * 1024
"""Characters from which on other threads go on while a text is looked at: to change over costs something, too."""


class PatternDetector:
    """Implements ``tracing.detection.types.Detector``. ``confirm`` looks at each match again; default: each is one.

    ``sign`` is a text without which there is no match, and how many characters of a match may stand before it: looking for it costs next to nothing.
    """

    def __init__(
        self, kind: str, pattern: "regex.Pattern[str]", confirm: Confirm | None = None, sign: tuple[str, int] | None = None
    ) -> None:
        self.kind = kind
        self._sign = sign
        self._pattern = pattern
        self._confirm = confirm

    def scan(self, text: str, start: int, *, final: bool) -> Scan:
        """See ``Detector.scan``."""
        try:
            return self._scan(text, self._from(text, start), final=final)
        except TimeoutError:
            raise TextTooHard(f"The pattern {self.kind} took longer than {LONGEST_SECONDS} s.") from None

    def _from(self, text: str, start: int) -> int:
        """From where on there may be a match."""
        if self._sign is None:
            return start
        sign, before = self._sign
        first = text.find(sign, start)
        return max(start, (len(text) if first < 0 else first) - before)

    def _scan(self, text: str, start: int, *, final: bool) -> Scan:
        found: list[Finding] = []
        for match in self._pattern.finditer(text, start, partial=not final, timeout=LONGEST_SECONDS, concurrent=len(text) > LARGE):
            if not final and (match.partial or match.end() == len(text)):
                return Scan(tuple(found), match.start())
            found += self._confirmed(match.group(), match.start())
        return Scan(tuple(found), len(text))

    def _confirmed(self, candidate: str, at: int) -> Iterator[Finding]:
        if not candidate:
            return
        parts = [(0, len(candidate))] if self._confirm is None else self._confirm(candidate)
        for start, end in parts:
            yield Finding(at + start, at + end, self.kind)
