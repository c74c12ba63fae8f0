"""The files of uploaded skills, as the pages ask for them."""

from collections.abc import Sequence
from typing import Protocol

from registry.artifacts.messages import FileInfo

__all__ = ("SkillFiles",)


class SkillFiles(Protocol):
    """Files below the place that a version of a skill was uploaded to. Raises the tree of ``registry.errors``.

    Whoever was shown the version may read its files: these methods do not ask again.
    """

    async def list(self, source: str, folder: str) -> Sequence[FileInfo]:
        """A folder, by name."""
        ...

    async def head(self, source: str, path: str, limit: int) -> tuple[int, bytes]:
        """The size of a file, and its first bytes."""
        ...

    def saved_at(self, source: str, path: str) -> str:
        """The address that a file is saved from."""
        ...
