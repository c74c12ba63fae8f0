"""What is removed, as it is counted and told."""

import msgspec

__all__ = ("Collected", "Doomed")


class Doomed(msgspec.Struct, frozen=True):
    """A thing that is to go, and where its files lie."""

    id: str
    location: str


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """How much was removed, or would be. ``files_left``: of how many things the files lie where this server does not reach. ``more``: ask again."""

    runs: int = 0
    logged_models: int = 0
    experiments: int = 0
    traces: int = 0
    points: int = 0
    files_left: int = 0
    more: bool = False

    def __add__(self, other: "Collected") -> "Collected":
        """The sum of both; ``more`` is that of ``other``."""
        counts = {name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__ if name != "more"}
        return Collected(**counts, more=other.more)
