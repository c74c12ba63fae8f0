"""Which configuration runs, as ``/health`` tells it."""

import logging

from config import Settings
from config.restart import restart_needed

__all__ = ("Reloads",)

logger = logging.getLogger(__name__)


class Reloads:
    """Counts the configurations that were taken, and remembers why the newest was not.

    ``restart_needed`` are changed keys that take effect at a restart, since what they describe was opened as ``started`` says.
    """

    def __init__(self, started: Settings) -> None:
        self._started = started
        self.version = 1
        self.error: str | None = None
        self.restart_needed: tuple[str, ...] = ()

    def taken(self, settings: Settings) -> None:
        """Note that these settings run now."""
        self.version += 1
        self.error = None
        self.restart_needed = restart_needed(self._started, settings)
        logger.info("configuration %d is running", self.version)
        if self.restart_needed:
            logger.warning("these settings were changed and need a restart: %s", ", ".join(self.restart_needed))

    def refused(self, error: Exception) -> None:
        """Note why a configuration was refused. The one before it goes on."""
        self.error = str(error)
        logger.error("the new configuration is not taken, the one before it goes on running:\n%s", error)
