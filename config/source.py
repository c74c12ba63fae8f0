"""Places in what the user wrote: a file or an environment variable, and a range of characters in it."""

from pathlib import Path

import msgspec

__all__ = ("Source", "Span")


class Source(msgspec.Struct, frozen=True):
    """Where settings were written. ``text`` is empty for an environment variable, whose content is never quoted back.

    ``name`` is what an error calls it: the path as given, or the variable's name.
    """

    name: str
    text: str = ""
    path: Path | None = None


class Span(msgspec.Struct, frozen=True):
    """The characters ``start`` to ``end`` (exclusive) of a source. Lines and columns count from 1, as editors do."""

    source: Source
    start: int = 0
    end: int = 0

    def narrowed(self, fragment: str) -> "Span":
        """The first place of ``fragment`` within; the whole span where the text is not written out as it is meant."""
        found = self.source.text.find(fragment, self.start, self.end)
        return self if found < 0 else Span(self.source, found, found + len(fragment))

    @property
    def line(self) -> int:
        """Line of the first character; 0 where the source is no file."""
        return self.source.text.count("\n", 0, self.start) + 1 if self.source.path else 0

    @property
    def column(self) -> int:
        """Column of the first character; 0 where the source is no file."""
        return self.start - self._line_start + 1 if self.source.path else 0

    @property
    def location(self) -> str:
        """``tidegate.yaml:14:7``, or the name of the variable."""
        return f"{self.source.name}:{self.line}:{self.column}" if self.source.path else self.source.name

    @property
    def line_bounds(self) -> tuple[int, int]:
        """First character of the line and the one after its last, the line break left out."""
        end = self.source.text.find("\n", self.start)
        return self._line_start, len(self.source.text) if end < 0 else end

    @property
    def _line_start(self) -> int:
        return self.source.text.rfind("\n", 0, self.start) + 1
