"""``Cache-Control`` of a request (RFC 9111, section 5.2.1)."""

from collections.abc import Iterable

import msgspec

__all__ = ("Directives", "directives_of")


class Directives(msgspec.Struct, frozen=True):
    """``look``: a kept answer may be given, unless it is older than ``max_age`` seconds; ``keep``: the new one may be kept."""

    look: bool = True
    keep: bool = True
    max_age: int | None = None


_NONE = Directives()


def directives_of(headers: Iterable[tuple[bytes, bytes]]) -> Directives:
    """What the client asks for. ``no-cache`` and ``max-age=0`` want a new answer, ``no-store`` one that is not kept; others mean nothing here."""
    values = [value for name, value in headers if name == b"cache-control"]
    if not values:
        return _NONE
    words = {word.strip().lower() for value in values for word in value.decode("latin-1").split(",")}
    ages = [int(age) for word in words if word.startswith("max-age=") and (age := word[8:].strip('"')).isascii() and age.isdigit()]
    max_age = min(ages, default=None)
    return Directives(look="no-cache" not in words and max_age != 0, keep="no-store" not in words, max_age=max_age)
