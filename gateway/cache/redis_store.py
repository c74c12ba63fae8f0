"""Answers in Redis, where several gateways share them. Redis bounds its own memory (``maxmemory`` with ``allkeys-lru``)."""

import logging
from time import monotonic, time
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from config.secrets import Secret
from gateway.cache.background import Background
from gateway.cache.errors import StoreUnavailable

__all__ = ("RedisStore",)

logger = logging.getLogger(__name__)

PREFIX: Final = "tidegate-cache:"
MARK: Final = "tidegate-cache-cleared:"
MARKED: Final = 24 * 3600
"""Seconds that a mark of clearing stays: longer than any request is under way."""

# KEYS: the answer's, the mark of clearing all, the mark of clearing its route. ARGV: the answer, how long it is kept, when it was asked for.
KEEP: Final = """
for at = 2, 3 do
  local cleared = redis.call('GET', KEYS[at])
  if cleared and tonumber(cleared) >= tonumber(ARGV[3]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""

PAUSE: Final = 5.0
"""Seconds without asking Redis after it failed: requests go to their models meanwhile."""

SECONDS: Final = 0.5
"""Longest wait for Redis."""


class RedisStore:
    """Implements ``gateway.cache.entries.Store``."""

    def __init__(self, url: Secret) -> None:
        self._redis: Redis = Redis.from_url(url.reveal(), socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
        self._away_until = 0.0
        self._background = Background()
        self._keep = self._redis.register_script(KEEP)

    async def get(self, key: str) -> bytes | None:
        """See ``Store.get``."""
        if monotonic() < self._away_until:
            return None
        try:
            found = await self._redis.get(PREFIX + key)
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)
            return None
        return found if isinstance(found, bytes) else None

    def put(self, key: str, value: bytes, seconds: int, asked_at: float) -> None:
        """See ``Store.put``."""
        if monotonic() >= self._away_until:
            self._background.start(self._put(key, value, seconds, asked_at))

    async def clear(self, prefix: str) -> int:
        """See ``Store.clear``. Looks through the keys in steps, so that nobody else waits for Redis meanwhile."""
        removed = 0
        try:
            await self._redis.set(MARK + prefix, time(), ex=MARKED)
            found = [key async for key in self._redis.scan_iter(match=f"{PREFIX}{prefix}*", count=1000)]
            for at in range(0, len(found), 1000):
                removed += await self._redis.unlink(*found[at : at + 1000])
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)
            raise StoreUnavailable(
                "Redis does not answer: what it keeps is still there.", hint="Clear the cache again when it does."
            ) from error
        return removed

    async def close(self) -> None:
        """See ``Store.close``."""
        await self._background.close()
        await self._redis.aclose()

    async def _put(self, key: str, value: bytes, seconds: int, asked_at: float) -> None:
        try:
            await self._keep(keys=[PREFIX + key, MARK, MARK + key.partition("-")[0] + "-"], args=[value, seconds, asked_at])
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        if monotonic() >= self._away_until:
            logger.warning("Redis does not answer, so that nothing is taken from its cache: %s", type(error).__name__)
        self._away_until = monotonic() + PAUSE
