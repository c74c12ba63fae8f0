"""``GuardedMedia``, loaded for the first address that is fetched: an HTTP client takes a quarter of a second, and most servers need none."""

from functools import cached_property
from typing import TYPE_CHECKING

from gateway.media import Fetched
from registry.outbound.guard import AddressGuard

if TYPE_CHECKING:
    from server.media import GuardedMedia

__all__ = ("MediaOnDemand",)


class MediaOnDemand:
    """Implements ``gateway.media.MediaSource``."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard

    @cached_property
    def _media(self) -> "GuardedMedia":
        from server.media import GuardedMedia

        return GuardedMedia(self._guard)

    async def fetch(self, url: str) -> Fetched:
        """See ``MediaSource.fetch``."""
        return await self._media.fetch(url)

    async def close(self) -> None:
        """Close the connections, if there ever were any."""
        if "_media" in self.__dict__:
            await self._media.close()
