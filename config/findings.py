"""What a check finds: a place in the file, and what is wrong there."""

from typing import Literal

import msgspec

from config.source import Span

__all__ = ("Finding",)


class Finding(msgspec.Struct, frozen=True):
    """A problem before it is made presentable.

    ``predicate`` continues ``subject`` to a sentence without a full stop: ``server.port`` + ``must be a whole number, not text 'x'``.
    """

    span: Span
    path: str
    subject: str
    predicate: str
    hint: str = ""
    suggestion: str | None = None
    severity: Literal["error", "warning"] = "error"
