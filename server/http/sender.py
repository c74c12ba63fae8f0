"""One thread that goes on with whatever a client or a disk has become ready for. It waits for all of them, and never for one."""

import selectors
import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from enum import Enum
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final, Protocol

__all__ = ("Needs", "Sender", "Sending")

READERS: Final = 4
"""Threads that wait for disks."""


class Needs(Enum):
    """What must happen before something can be gone on with."""

    CLIENT = "its client takes more"
    DISK = "a disk has been read"
    NOTHING = "nothing: it has ended"


class Sending(Protocol):
    """Something that is being sent, as the thread sees it. Its methods are called by one thread at a time."""

    @property
    def connection(self) -> socket.socket:
        """Where to; it does not block."""
        ...

    def step(self) -> Needs:
        """Send what can be sent now. What it raises ends it."""
        ...

    def read(self) -> None:
        """Wait for the disk. What it raises ends it."""
        ...

    def end(self, error: BaseException | None) -> None:
        """Nobody goes on with it any more; ``error`` is why, where it is not because of ``Needs.NOTHING``."""
        ...


class Sender:
    """The thread. It begins with the first thing that is sent, and ends with the process."""

    def __init__(self) -> None:
        self._given: SimpleQueue[tuple[Sending, Future[None] | None]] = SimpleQueue()
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._at_clients: set[Sending] = set()
        self._at_disks: set[Sending] = set()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="disk")
        threading.Thread(target=self._run, name="sender", daemon=True).start()

    def look_at(self, sending: Sending) -> None:
        """Begin with something, or see that it is to end. From any thread; for what has ended it does no harm."""
        self._give(sending, None)

    def _give(self, sending: Sending, read: "Future[None] | None") -> None:
        self._given.put((sending, read))
        with suppress(BlockingIOError):  # so many wait already that it is awake
            self._waker.send(b"\0")

    # What the thread does.

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    self._woken.recv(4096)
                else:
                    self._step(key.data)
            with suppress(Empty):
                while True:
                    self._take(*self._given.get_nowait())

    def _take(self, sending: Sending, read: "Future[None] | None") -> None:
        if read is not None:
            self._at_disks.discard(sending)
            if (error := read.exception()) is not None:
                self._end(sending, error)
                return
        if sending not in self._at_disks:
            self._step(sending)

    def _step(self, sending: Sending) -> None:
        try:
            self._wait(sending, sending.step())
        except Exception as error:  # noqa: BLE001  # whatever it is, it ends this one alone
            self._end(sending, error)

    def _wait(self, sending: Sending, needs: Needs) -> None:
        match needs:
            case Needs.CLIENT if sending not in self._at_clients:
                self._selector.register(sending.connection, selectors.EVENT_WRITE, sending)
                self._at_clients.add(sending)
            case Needs.DISK:
                self._leave_client(sending)
                self._readers.submit(sending.read).add_done_callback(partial(self._give, sending))
                self._at_disks.add(sending)
            case Needs.NOTHING:
                self._end(sending, None)

    def _end(self, sending: Sending, error: BaseException | None) -> None:
        self._leave_client(sending)
        sending.end(error)

    def _leave_client(self, sending: Sending) -> None:
        if sending in self._at_clients:
            self._selector.unregister(sending.connection)
            self._at_clients.discard(sending)
