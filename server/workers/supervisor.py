"""Keeps a core and its workers: one port, one signal to stop them all, and whoever ends by itself is started again.

It forks, so a worker costs no second start of the interpreter, and shares the pages of what was loaded before. For that it stays a
plain loop without threads.
"""

import logging
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from config import Loaded
from server.banner import banner
from server.http.acceptor import listening_on
from server.workers.place import Place, Ready, telling

__all__ = ("supervise",)

logger = logging.getLogger(__name__)

Run = Callable[[Loaded, Place, Ready], int]
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 5.0
STEADY_SECONDS: Final = 10.0
"""Who ran for so long is started again after the first pause."""

MARGIN_SECONDS: Final = 20.0
"""Beyond ``server.stop_seconds``, before a process that does not end is killed."""

_STOPS: Final = frozenset({signal.SIGTERM, signal.SIGINT})
_HEARD: Final = (*_STOPS, signal.SIGHUP, signal.SIGCHLD)


class Child:
    """A process that should run. ``pid`` is 0 while it does not."""

    def __init__(self, name: str, run: Run, number: int = 0) -> None:
        self.name = name
        self.number = number
        self.run = run
        self.pid = 0
        self.ready = False
        self.pipe = -1
        self.began = 0.0
        self.start_at = 0.0
        self.pause = FIRST_PAUSE


def supervise(loaded: Loaded, workers: int, core: Run, worker: Run) -> int:
    """Run them until SIGINT or SIGTERM; the exit code. SIGHUP is the core's. Raises ``OSError``: the address cannot be bound."""
    address = loaded.settings.server
    listening = listening_on(address.host, address.port)
    lifeline, end = os.pipe()
    place = Place(Path(tempfile.mkdtemp(prefix="tidegate-")), lifeline, tuple(listening), workers)
    try:
        return Supervisor(loaded, place, core, worker, end).run()
    finally:
        shutil.rmtree(place.directory, ignore_errors=True)


class Supervisor:
    """Starts a core and its workers, and starts those again that end. ``run`` is called once."""

    def __init__(self, loaded: Loaded, place: Place, core: Run, worker: Run, end: int) -> None:
        self._loaded = loaded
        self._place = place
        self._end = end
        self._core = Child("core", core)
        self._workers = [Child(f"worker {number}", worker, number) for number in range(1, place.workers + 1)]
        self._selector = selectors.DefaultSelector()
        self._woken, self._waking = socket.socketpair()
        self._stopping = self._up = False

    def run(self) -> int:
        """See ``supervise``."""
        self._listen_to_signals()
        while not self._stopping:
            self._turn(self._patience())
            if (code := self._reap()) is not None:
                self._stop()
                return code
            self._start_due()
            if not self._up and all(child.ready for child in self._all):
                self._up = True
                print(banner(self._loaded, self._place.listening[0].getsockname()[1]), file=sys.stderr, flush=True)  # noqa: T201 - what the user started this for
        self._stop()
        return 0

    @property
    def _all(self) -> list[Child]:
        return [self._core, *self._workers]

    def _listen_to_signals(self) -> None:
        for end in (self._woken, self._waking):
            end.setblocking(False)
        signal.set_wakeup_fd(self._waking.fileno(), warn_on_full_buffer=False)
        for number in _HEARD:
            signal.signal(number, lambda *_: None)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def _turn(self, seconds: float | None) -> None:
        for key, _ in self._selector.select(seconds):
            if key.fileobj is self._woken:
                self._hear(self._woken.recv(4096))
            else:
                self._learn(key.data)

    def _hear(self, numbers: bytes) -> None:
        if _STOPS & set(numbers):
            self._stopping = True
        if signal.SIGHUP in numbers and self._core.pid:
            os.kill(self._core.pid, signal.SIGHUP)

    def _learn(self, child: Child) -> None:
        child.ready = os.read(child.pipe, 1) == b"1"
        self._forget_pipe(child)

    def _forget_pipe(self, child: Child) -> None:
        if child.pipe >= 0:
            self._selector.unregister(child.pipe)
            os.close(child.pipe)
            child.pipe = -1

    def _patience(self) -> float | None:
        due = [child.start_at for child in self._all if not child.pid]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _start_due(self) -> None:
        for child in self._all:
            if not child.pid and time.monotonic() >= child.start_at:
                self._start(child)

    def _reap(self) -> int | None:
        """Take note of those that ended; the exit code, its own, when one ended before all were up: then its reason is told, and would be again."""
        for child in self._all:
            if not child.pid:
                continue
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if not pid:
                continue
            if child.pipe >= 0:
                self._learn(child)
            failed_at_once = not self._up and not self._stopping
            self._note_end(child)
            if failed_at_once:
                return max(1, os.waitstatus_to_exitcode(status))
        return None

    def _note_end(self, child: Child) -> None:
        now = time.monotonic()
        child.pause = FIRST_PAUSE if now - child.began > STEADY_SECONDS else min(2 * child.pause, LONGEST_PAUSE)
        child.pid, child.ready, child.start_at = 0, False, now + child.pause
        if not self._stopping:
            logger.error("the %s has ended by itself%s", child.name, ", and is started again" if self._up else "")

    def _start(self, child: Child) -> None:
        reading, writing = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._become(child, reading, writing)
        os.close(writing)
        child.pid, child.pipe, child.began = pid, reading, time.monotonic()
        self._selector.register(reading, selectors.EVENT_READ, child)

    def _become(self, child: Child, reading: int, writing: int) -> None:
        """The child's life. It never returns into the supervisor's code."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in _HEARD:
                signal.signal(number, signal.SIG_DFL)
            os.setpgid(0, 0)  # an interrupt from the terminal reaches the supervisor alone
            os.close(self._end)
            os.close(reading)
            self._selector.close()
            code = child.run(self._loaded, msgspec.structs.replace(self._place, number=child.number), telling(writing))
        except BaseException:  # told here, as nobody is above
            logger.exception("the %s has failed", child.name)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _stop(self) -> None:
        """The workers first: what they forward, and what they settle, is the core's to end."""
        self._stopping = True
        for listening in self._place.listening:
            listening.close()
        self._end_all(self._workers)
        self._end_all([self._core])

    def _end_all(self, children: list[Child]) -> None:
        running = [child for child in children if child.pid]
        for child in running:
            os.kill(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + self._loaded.settings.server.stop_seconds + MARGIN_SECONDS
        while running and time.monotonic() < deadline:
            running = [child for child in running if os.waitpid(child.pid, os.WNOHANG) == (0, 0)]
            time.sleep(0.02)
        for child in running:
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
