"""One tree of files: a folder of the blob store, seen as MLflow's client sees it."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Literal

import msgspec

from registry.artifacts.paths import artifact_path, folder_path, joined
from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from storage.blobs import BlobInfo, Blobs, OpenFile
from storage.errors import BlobNotFound, BlobPathRefused

__all__ = ("ArtifactTree", "Entry")


class Entry(msgspec.Struct, frozen=True):
    """A file or a folder, by its name alone. A folder has no size."""

    name: str
    size: int | None

    @property
    def is_folder(self) -> bool:
        """A file of no bytes has a size: 0."""
        return self.size is None


class ArtifactTree:
    """Files under ``folder`` of a blob store. Paths are checked here; methods raise the tree of ``registry.errors``, and ``BlobsUnavailable``."""

    def __init__(self, blobs: Blobs, folder: str = "") -> None:
        self.blobs = blobs
        self._folder = folder

    def place(self, path: str) -> str:
        """The path of a file within the blob store. Raises ``InvalidParameterValue``."""
        return joined(self._folder, artifact_path(path))

    async def write(self, path: str, pieces: AsyncIterable[bytes]) -> None:
        """Store a file, in place of the one that was there. When ``pieces`` raises, nothing is stored and its exception is raised."""
        try:
            await self.blobs.put(self.place(path), pieces)
        except BlobPathRefused as error:
            raise InvalidParameterValue(f"The path '{path}' goes through a file, or names a folder.") from error

    async def find(self, path: str) -> BlobInfo:
        """What is known of a file. Raises ``ResourceDoesNotExist``, and ``InvalidParameterValue`` for a folder."""
        place = self.place(path)
        try:
            return await self.blobs.info(place)
        except (BlobNotFound, BlobPathRefused):
            found = await self.list(path)
        if found:
            raise InvalidParameterValue(f"Artifact path refers to a directory, not a file: '{path}'")
        raise ResourceDoesNotExist(f"No such artifact: '{path}'")

    async def read(self, path: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes of a file from ``start`` up to ``stop``, which ``find`` has said are there."""
        opened = await self.blobs.open_blob(self.place(path), start, stop)
        return opened.pieces

    async def open_file(self, path: str) -> OpenFile | None:
        """The file itself; ``None`` where the store is no directory of this machine, and for what ``find`` refuses."""
        try:
            return await self.blobs.open_file(self.place(path))
        except (BlobNotFound, BlobPathRefused):
            return None

    async def list(self, path: str) -> list[Entry]:
        """The files and folders directly in a folder, by name. Empty when there is no such folder, or when it is a file."""
        place = joined(self._folder, folder_path(path))
        try:
            found = await self.blobs.folder(place)
        except BlobPathRefused:
            return []
        files = [Entry(_name(each.path), each.size) for each in found.blobs if each.path != place]
        return sorted([*files, *(Entry(_name(each), None) for each in found.folders)], key=lambda entry: entry.name)

    async def delete(self, path: str) -> None:
        """Remove a file, or a folder with all in it. What is not there is no error."""
        place = self.place(path.removesuffix("/"))
        try:
            await self.blobs.delete_folder(place)
            await self.blobs.delete(place)
        except BlobPathRefused:
            return

    async def signed(self, method: Literal["GET", "PUT"], path: str, seconds: int) -> str:
        """A URL of the store itself; only where ``blobs.signs``."""
        return await self.blobs.signed(method, self.place(path), seconds)


def _name(path: str) -> str:
    return path.rpartition("/")[2]
