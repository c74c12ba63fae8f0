"""Settings that change while the server runs: read again on SIGHUP and when a file changes, checked, then swapped.

What does not pass the checks leaves what runs in place.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Final

from config.errors import ConfigError, Problem
from config.load import Loaded, load_with_report
from config.schema import Settings

__all__ = ("OnChange", "OnError", "Watcher", "watch")

LOOK_MILLISECONDS: Final = 3000
STEP_MILLISECONDS: Final = 200
"""Between looks at what has happened. Each takes Python's lock from whoever answers requests."""

OnChange = Callable[[Settings], Awaitable[None]]
OnError = Callable[[ConfigError], Awaitable[None]]


async def watch(loaded: Loaded, on_change: OnChange, on_error: OnError, environ: Mapping[str, str] | None = None) -> None:
    """Keep ``loaded`` up to date until cancelled; SIGHUP reads everything again, changed or not.

    ``on_change`` gets settings that passed every check, and may still refuse them by raising. ``on_error`` gets the reasons.
    """
    watcher = Watcher(loaded, on_change, on_error, environ)
    with _on_hangup(watcher.request_reload):
        await watcher.run()


class Watcher:
    """As ``watch``, for a caller that has signals of its own to look after: ``request_reload`` may be called from a signal handler."""

    def __init__(self, loaded: Loaded, on_change: OnChange, on_error: OnError, environ: Mapping[str, str] | None = None) -> None:
        self._loaded = loaded
        self._on_change = on_change
        self._on_error = on_error
        self._environ = environ
        self._seen = _fingerprint(loaded.sources)
        self._wanted = asyncio.Event()
        self._reloading = asyncio.Lock()

    @property
    def loaded(self) -> Loaded:
        """What runs now, with its warnings."""
        return self._loaded

    def request_reload(self) -> None:
        """Have ``run`` read everything again."""
        self._wanted.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self._until_something_happens()
            asked = self._wanted.is_set()
            self._wanted.clear()
            if asked or await asyncio.to_thread(_fingerprint, self._loaded.sources) != self._seen:
                await self.reload()

    async def reload(self) -> bool:
        """Read, check and swap now. ``False``: what ran before runs on, and ``on_error`` has the reasons."""
        async with self._reloading:
            self._seen = await asyncio.to_thread(_fingerprint, self._loaded.sources)
            try:
                # The file that runs is asked for by name: an editor that removes it for a moment must not bring the defaults up.
                loaded = await asyncio.to_thread(_load_again, self._loaded, self._environ)
                await self._apply(loaded)
            except ConfigError as error:
                await self._on_error(error)
                return False
            return True

    async def _apply(self, loaded: Loaded) -> None:
        try:
            await self._on_change(loaded.settings)
        except ConfigError:
            raise
        except Exception as error:
            raise ConfigError([_refused(loaded, error)]) from error
        self._loaded = loaded
        self._seen = await asyncio.to_thread(_fingerprint, loaded.sources)

    async def _until_something_happens(self) -> None:
        """Return when a directory of a source changed, or a reload is wanted.

        Directories rather than files: editors replace a file by another, and Kubernetes swaps a symbolic link beside it. A directory
        that is not there yet is looked at by its nearest parent. Every few seconds it returns anyway, for what changed while nobody
        looked, and for file systems that report no changes.
        """
        from watchfiles import awatch

        directories = {_nearest_directory(source) for source in self._loaded.sources}
        changes = awatch(
            *directories,
            recursive=False,
            stop_event=self._wanted,
            debounce=400,
            step=STEP_MILLISECONDS,
            rust_timeout=LOOK_MILLISECONDS,
            yield_on_timeout=True,
        )
        async with aclosing(changes):
            await anext(changes, None)


def _load_again(loaded: Loaded, environ: Mapping[str, str] | None) -> Loaded:
    """Load the same file again. An empty file keeps what runs: it is being written, or was emptied by mistake."""
    again = load_with_report(loaded.file, environ, loaded.arguments, loaded.further)
    if loaded.file is not None and not loaded.file.read_bytes().strip():
        subject = f"the file {str(loaded.file)!r}"
        hint = "save it again with its settings; {} alone is a file without any"
        raise ConfigError(
            [Problem(file=str(loaded.file), line=0, column=0, path="", subject=subject, message=f"{subject} is empty", hint=hint)]
        )
    return again


@contextmanager
def _on_hangup(callback: Callable[[], None]) -> Iterator[None]:
    """Call back on SIGHUP, where there is such a signal and this is the main thread."""
    try:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, callback)
    except (AttributeError, NotImplementedError, RuntimeError, ValueError):  # Windows; a thread beside the main one
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


def _nearest_directory(path: Path) -> Path:
    return next(parent for parent in path.absolute().parents if parent.is_dir())


def _fingerprint(sources: tuple[Path, ...]) -> bytes:
    """A digest of what the sources hold now; a source that cannot be read counts as a content of its own."""
    digest = blake2b(digest_size=16)
    for source in sources:
        try:
            digest.update(b"\1" + blake2b(source.read_bytes()).digest())
        except OSError as error:
            digest.update(b"\0" + type(error).__name__.encode())
    return digest.digest()


def _refused(loaded: Loaded, error: Exception) -> Problem:
    """A problem met while applying. Its text stays out: it is not known to be free of secrets."""
    subject = "the new settings"
    return Problem(
        file=str(loaded.file or "the built-in defaults"),
        line=0,
        column=0,
        path="",
        subject=subject,
        message=f"{subject} could not be applied: {type(error).__name__}",
        hint="see the cause in the log, or restart with them",
    )
