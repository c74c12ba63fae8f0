"""What is written in directories, as the kernel tells it. See inotify(7)."""

import ctypes
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from struct import Struct
from typing import Final

__all__ = ("IN_CREATE", "IN_MODIFY", "IN_MOVED_TO", "watching")

IN_MODIFY: Final = 0x02
IN_MOVED_TO: Final = 0x80
IN_CREATE: Final = 0x100

_EVENT: Final = Struct("iIII")


@contextmanager
def watching(directories: Mapping[Path, int]) -> Iterator[Callable[[], list[str]]]:
    """What happened since it was last asked: names of files, in the order of the events. The kernel keeps one queue for all directories."""
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.inotify_init1(os.O_NONBLOCK)
    for directory, events in directories.items():
        assert libc.inotify_add_watch(queue, str(directory).encode(), events) > 0
    try:
        yield lambda: list(_names(queue))
    finally:
        os.close(queue)


def _names(queue: int) -> Iterator[str]:
    try:
        data = os.read(queue, 1 << 20)
    except BlockingIOError:
        return
    while data:
        _, _, _, length = _EVENT.unpack_from(data)
        yield data[_EVENT.size : _EVENT.size + length].rstrip(b"\0").decode()
        data = data[_EVENT.size + length :]
