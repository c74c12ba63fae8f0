"""Files that are being written: under a name of their own, in place when they are whole, removed when whoever wrote them was killed."""

import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

__all__ = ("UnfinishedFile", "is_unfinished", "remove_unfinished")

BUFFERS: Final = 1024
"""Pieces that the system takes in one call."""

ATTEMPTS: Final = 5
OF_A_PROCESS: Final = 1_000_000
FORGOTTEN_SECONDS: Final = 24 * 3600.0
"""For so long nothing was written to a file that somebody still writes."""

RESERVED: Final = 64 * 1024 * 1024
"""Bytes of a new file for which the disk is asked before they come. A client may say that it sends more, and never do so."""

_NAME: Final = re.compile(r".+#(\d+)")
"""What the object store keeps out of its listings, too."""

_numbers: Final = count(os.getpid() * OF_A_PROCESS)


class UnfinishedFile:
    """A file that is being written, by one thread at a time: its methods wait for the disk."""

    def __init__(self, path: Path, size: int = 0) -> None:
        """``path``: its place; ``size``: how many bytes will come, where that is known."""
        self._path = path
        self._name = path.with_name(f"{path.name}#{next(_numbers)}")
        self._size = size
        self._descriptor: int | None = None

    def begin(self) -> int:
        """The descriptor to write to; the first call makes the file, and folders. Raises ``OSError``."""
        if self._descriptor is None:
            self._descriptor = self._created()
            if self._size:
                # Bytes that have their place on the disk are written at less cost, and ext4 does not wait for all of them when the file takes
                # the place of another: ten megabytes took it 12 ms. A file system that cannot do this, or a disk that is full, is told by the writes.
                with suppress(OSError):
                    os.posix_fallocate(self._descriptor, 0, min(self._size, RESERVED))
        return self._descriptor

    def write(self, pieces: Sequence[bytes]) -> None:
        """Write all of them. Raises ``OSError``."""
        descriptor = self.begin()
        left = [memoryview(piece) for piece in pieces if piece]
        while left:
            written = os.writev(descriptor, left[:BUFFERS])
            while left and written >= len(left[0]):
                written -= len(left.pop(0))
            if written:
                left[0] = left[0][written:]

    def finish(self, last: Sequence[bytes] = ()) -> None:
        """Write the last of it, which may be the whole, and take the place of what was there. Raises ``OSError``."""
        self._size = self._size or sum(map(len, last))
        self.write(last)
        self._keep_what_came()
        self._name.replace(self._path)
        self._close()

    def abandon(self) -> None:
        """Leave nothing of a file that was begun and not finished."""
        if self._descriptor is not None:
            self._close()
            self._name.unlink(missing_ok=True)

    def _created(self) -> int:
        for _ in range(ATTEMPTS):
            with suppress(FileNotFoundError):  # whoever deletes the last file of a folder removes the folder, perhaps just now
                return os.open(self._name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            self._path.parent.mkdir(parents=True, exist_ok=True)
        raise OSError(f"the folder {self._path.parent} is removed as often as it is made")

    def _keep_what_came(self) -> None:
        """The place that was asked for reads as zeros where nothing was written."""
        descriptor = self.begin()
        if (end := os.lseek(descriptor, 0, os.SEEK_CUR)) < self._size:
            os.ftruncate(descriptor, end)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def is_unfinished(name: str) -> bool:
    """Whether a file of this name is still being written."""
    return _NAME.fullmatch(name) is not None


def remove_unfinished(directory: Path, before: float) -> int:
    """Remove what killed processes were writing below a directory, and say how many files it was.

    ``before``: seconds since the epoch at which this process began. A file that is younger, or that a living process may still write, stays.
    """
    removed = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            found = _NAME.fullmatch(name)
            if found is not None and _is_left(Path(folder, name), int(found[1]) // OF_A_PROCESS, before):
                Path(folder, name).unlink(missing_ok=True)
                removed += 1
    return removed


def _is_left(file: Path, process: int, before: float) -> bool:
    """Whether a file belongs to a process that has ended.

    In a container every process may have the same number, so our own says nothing.
    """
    try:
        changed = file.stat().st_mtime
    except FileNotFoundError:
        return False
    gone = process == os.getpid() or (process > 0 and not Path(f"/proc/{process}").exists() and Path("/proc/self").exists())
    return changed < (before if gone else min(before, time.time() - FORGOTTEN_SECONDS))
