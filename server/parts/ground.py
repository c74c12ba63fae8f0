"""What all parts are built on."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from config import Settings
from storage.journal import Journal
from storage.metadata import Metadata
from storage.process.parent import Store
from storage.sealing import Seal

__all__ = ("Ground", "home", "nobody_else")


async def nobody_else() -> None:
    """Tell no other process of a change, as there is none."""


class Ground:
    """What was opened before the parts are built, and the settings in force: a reload puts others in their place."""

    def __init__(self, settings: Settings, metadata: Metadata, journal: Journal, telemetry: Store, seal: Seal) -> None:
        self.settings = settings
        self.metadata = metadata
        self.journal = journal
        self.telemetry = telemetry
        self.flush = telemetry.flush
        self.seal = seal
        self.changed: Callable[[], Awaitable[None]] = nobody_else
        """Awaited after keys, settings, or what was set up through the API have changed, and before whoever changed them is answered."""


def home(settings: Settings) -> Path:
    """The directory of everything embedded."""
    return Path(settings.storage.path).absolute()
