"""The files of a journal directory: names, locks, and who is alive.

Each process writes a log of its own: ``<log>-<number>.seg``, numbered from 1, ``<log>.cursor`` (how far it is stored), and
``<log>.lock``, which the process keeps locked until it dies; the kernel lets go of the lock even when nobody else can.
"""

import fcntl
import os
import secrets
import time
from pathlib import Path
from typing import Final

import msgspec

from storage.journal_cursor import Position

__all__ = ("Log", "create_log", "directory_bytes", "list_logs", "lock_file", "log_ends", "unfinished")

_SEGMENT: Final = ".seg"
_LOCK: Final = ".lock"
_CURSOR: Final = ".cursor"
_UNFINISHED: Final = ".new"


class Log(msgspec.Struct, frozen=True, order=True):
    """The log of one process, dead or alive. Ids sort by the time of their start."""

    directory: Path
    id: str

    @property
    def lock(self) -> Path:
        return self.directory / f"{self.id}{_LOCK}"

    @property
    def cursor(self) -> Path:
        return self.directory / f"{self.id}{_CURSOR}"

    def segment(self, number: int) -> Path:
        """The file of a segment."""
        return self.directory / f"{self.id}-{number:08d}{_SEGMENT}"

    def segments(self) -> list[int]:
        """The numbers of the segments there are, ascending."""
        start, stop = len(self.id) + 1, -len(_SEGMENT)
        return sorted(int(path.name[start:stop]) for path in self.directory.glob(f"{self.id}-*{_SEGMENT}"))

    def bytes_from(self, number: int) -> int:
        """Size of the segments from this one on, in bytes. Raises ``OSError``."""
        first = self.segment(number).name
        return sum(
            entry.stat().st_size
            for entry in os.scandir(self.directory)
            if entry.name >= first and entry.name.startswith(f"{self.id}-") and entry.name.endswith(_SEGMENT)
        )

    def remove(self) -> None:
        """Delete every file; the lock goes last, so that a half-removed log is still seen as one."""
        for path in self.directory.glob(f"{self.id}-*"):
            path.unlink(missing_ok=True)
        self.cursor.unlink(missing_ok=True)
        self.lock.unlink(missing_ok=True)


def unfinished(segment: Path) -> Path:
    """The file in which a segment is written until its head is whole."""
    return segment.with_name(segment.name + _UNFINISHED)


def create_log(directory: Path) -> tuple[Log, int]:
    """Begin a log for this process and hold its lock: the descriptor must stay open as long as the process appends.

    The file is locked before it gets its name, so that nobody ever sees a living log without a lock.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = Log(directory, f"{time.time_ns():016x}{os.getpid() & 0xFFFFFFFF:08x}{secrets.token_hex(2)}")
    nameless = unfinished(log.lock)
    lock = os.open(nameless, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    nameless.rename(log.lock)
    return log, lock


def list_logs(directory: Path) -> list[Log]:
    """All logs that left a file in the directory, oldest first."""
    names = [entry.name for entry in os.scandir(directory) if entry.name.endswith((_SEGMENT, _LOCK, _CURSOR))]
    return [Log(directory, name) for name in sorted({name.partition(".")[0].partition("-")[0] for name in names} - {"writer"})]


def log_ends(directory: Path) -> dict[str, Position]:
    """The end of each log that has a segment, by the log's id."""
    names = sorted(entry.name for entry in os.scandir(directory) if entry.name.endswith(_SEGMENT))
    last = {name[: -len(_SEGMENT)].rpartition("-")[0]: name for name in names}
    return {log: Position(int(name[len(log) + 1 : -len(_SEGMENT)]), (directory / name).stat().st_size) for log, name in last.items()}


def lock_file(path: Path) -> int | None:
    """Take the lock of a file without waiting; ``None`` when a living process holds it. Closing the descriptor gives it back."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def directory_bytes(directory: Path, *, without: str) -> int:
    """Size of all segments but the one named."""
    total = 0
    for entry in os.scandir(directory):
        if entry.name.endswith(_SEGMENT) and entry.name != without:
            try:
                total += entry.stat().st_size
            except FileNotFoundError:  # the writer was done with it
                continue
    return total
