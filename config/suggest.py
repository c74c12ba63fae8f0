"""The allowed word nearest to a wrong one, for "did you mean …?", if any is near enough."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ("closest", "listing")


def closest(word: str, options: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The option most like ``word``, compared without regard to case; ``None`` when none is like it."""
    by_fold = {option.casefold(): option for option in sorted(options, reverse=True)}
    # difflib is quadratic in the length of its words; nothing as long as this is a typing error of a name.
    found = get_close_matches(word.casefold(), by_fold, n=1, cutoff=cutoff) if len(word) <= 128 else []
    return by_fold[found[0]] if found else None


def listing(options: Iterable[str]) -> str:
    """``'a', 'b'``: what is allowed, sorted; ``none`` when nothing is."""
    return ", ".join(repr(option) for option in sorted(options)) or "none"
