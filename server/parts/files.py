"""Files of runs, models and skills."""

import logging
import time

from registry.artifacts.direct import DirectTransfers
from server.artifacts import open_artifacts
from server.parts.ground import Ground

__all__ = ("Files",)

logger = logging.getLogger(__name__)


class Files:
    """Where they lie, and the way past us where the store has one."""

    def __init__(self, ground: Ground) -> None:
        self._opened_at = time.time()
        self.artifacts = open_artifacts(ground.settings, ground.metadata)
        self.direct_transfers = DirectTransfers(self.artifacts, allowed=ground.settings.artifacts.presigned)

    async def tidy(self) -> None:
        """Remove what uploads left behind that were cut off before this start."""
        try:
            await self.artifacts.remove_unfinished(self._opened_at)
        except OSError as error:
            logger.warning("what uploads that were cut off left behind is not removed: %s", error)
