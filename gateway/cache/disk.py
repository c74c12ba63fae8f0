"""Answers in files, for as long as there is room: they outlive a restart. Read and written in threads."""

import asyncio
import contextlib
import os
import time
from collections import OrderedDict
from pathlib import Path
from typing import Final

from gateway.cache.background import Background
from gateway.cache.entries import Clearings
from gateway.cache.errors import StoreUnavailable

__all__ = ("DiskStore",)

LOOK_SECONDS: Final = 10.0
ABANDONED_SECONDS: Final = 60.0
_UNFINISHED: Final = ".new"
_EXPIRY: Final = 8
"""Bytes in front of a value: the second of the epoch at which it is too old."""


class DiskStore:
    """Implements ``gateway.cache.entries.Store`` in ``home``, within ``limit`` bytes. Only the user who runs the server may read it.

    ``shared``: other processes keep answers there, too. Then each looks on the disk for what it does not know, and looks again at what is
    there before it counts the room for one more, but not more often than every ``LOOK_SECONDS``.
    """

    def __init__(self, home: Path, limit: int, *, shared: bool = False) -> None:
        self._home = home
        self._limit = limit
        self._shared = shared
        self._looked = 0.0
        self._sizes: OrderedDict[str, int] | None = None
        self._lock = asyncio.Lock()
        self._clearings = Clearings()
        self._background = Background()

    async def get(self, key: str) -> bytes | None:
        """See ``Store.get``."""
        if self._sizes is not None and key not in self._sizes and not self._shared:
            return None
        found = await asyncio.to_thread(_read, self._home / key)
        if found is not None and self._sizes is not None and key in self._sizes:
            self._sizes.move_to_end(key)
        return found

    def put(self, key: str, value: bytes, seconds: int, asked_at: float) -> None:
        """See ``Store.put``."""
        self._background.start(self._put(key, (int(time.time()) + seconds).to_bytes(_EXPIRY) + value, asked_at))

    async def clear(self, prefix: str) -> int:
        """See ``Store.clear``."""
        self._clearings.note(prefix)
        async with self._lock:
            try:
                removed = await asyncio.to_thread(_remove, self._home, prefix)
            except OSError as error:
                hint = "See to the directory and clear the cache again."
                raise StoreUnavailable(f"Kept answers under {self._home} cannot be removed: {error.strerror}.", hint=hint) from error
            if self._sizes is not None:
                for key in removed:
                    self._sizes.pop(key, None)
        return len(removed)

    async def close(self) -> None:
        """See ``Store.close``."""
        await self._background.close()

    async def _put(self, key: str, content: bytes, asked_at: float) -> None:
        async with self._lock:
            if self._clearings.since(key, asked_at):
                return
            with contextlib.suppress(OSError):  # a full disk keeps nothing, and answers go on
                if self._sizes is None or self._outdated():
                    self._looked = time.monotonic()
                    self._sizes = await asyncio.to_thread(_sizes, self._home)
                await asyncio.to_thread(_write, self._home / key, content)
                self._sizes.pop(key, None)
                self._sizes[key] = len(content)
                await self._make_room(self._sizes)

    def _outdated(self) -> bool:
        return self._shared and time.monotonic() - self._looked > LOOK_SECONDS

    async def _make_room(self, sizes: OrderedDict[str, int]) -> None:
        total = sum(sizes.values())
        while total > self._limit:
            key, size = sizes.popitem(last=False)
            total -= size
            await asyncio.to_thread((self._home / key).unlink, missing_ok=True)


def _sizes(home: Path) -> "OrderedDict[str, int]":
    """The size of each answer that is there, the oldest first. Files that killed processes were writing are removed."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    found: list[tuple[float, str, int]] = []
    for entry in os.scandir(home):
        with contextlib.suppress(FileNotFoundError):  # another process needed the room
            status = entry.stat()
            if not entry.name.endswith(_UNFINISHED):
                found.append((status.st_mtime, entry.name, status.st_size))
            elif time.time() - status.st_mtime > ABANDONED_SECONDS:
                Path(entry.path).unlink()
    return OrderedDict((name, size) for _, name, size in sorted(found))


def _remove(home: Path, prefix: str) -> list[str]:
    found = [file for file in home.iterdir() if file.name.startswith(prefix)] if home.is_dir() else []
    for file in found:
        file.unlink(missing_ok=True)
    return [file.name for file in found]


def _read(path: Path) -> bytes | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content[_EXPIRY:] if int.from_bytes(content[:_EXPIRY]) > time.time() else None


def _write(path: Path, content: bytes) -> None:
    """Under another name first, which is this process's alone: nobody reads half of it."""
    new = path.with_suffix(f".{os.getpid()}{_UNFINISHED}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    new.replace(path)
