"""What the cache tells people."""

import msgspec

__all__ = ("Cleared",)


class Cleared(msgspec.Struct, frozen=True):
    """How many kept answers were removed."""

    removed: int
