"""What is typed into the search field over a list: MLflow's filter language, or plain words."""

import re
from typing import Final

__all__ = ("expression",)

_COMPARES: Final = re.compile(r"""[=<>]|\bI?LIKE\s*['"]|\bIN\s*\(""", re.IGNORECASE)
"""An expression has one of these, or it compares nothing."""


def expression(typed: str, field: str) -> str | None:
    """A filter: as typed, or, where that compares nothing, words that are looked for in ``field``. ``None`` for nothing typed."""
    words = typed.strip()
    if not words or _COMPARES.search(words):
        return words or None
    return f"{field} ILIKE '%{words.replace(chr(39), chr(39) * 2)}%'"
