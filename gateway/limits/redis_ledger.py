"""The counters in Redis, for gateways that count together. One script reserves, one settles; each is atomic.

A counter is a hash (``used``, ``reserved``) and a sorted set of the reservations on it, by the time they lapse: those of a gateway that died
are given back when they do. Everything about a window lapses with it. While Redis is away, each gateway counts for itself, from what it knew
last, and tells what it counted when Redis is back. A Redis that comes back without its memory is told what was used.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from typing_extensions import override

from config.secrets import Secret
from gateway.limits.ledger import Count, Ledger, LocalLedger
from gateway.limits.recollection import Recollection
from gateway.limits.types import Amounts, Charge, Counter, Granted, Refused, Tally

__all__ = ("RedisLedger",)

logger = logging.getLogger(__name__)

PREFIX: Final = "{tidegate-limits}"
"""The braces keep all keys on one node of a cluster, as a script needs them."""

LAPSES: Final = 3600
"""Seconds after which a reservation that nobody settled is given back; longer than any request lasts."""

KEPT: Final = 300
"""Seconds that a counter stays after its window, for requests that began in it."""

PAUSE: Final = 5.0
"""Seconds without asking Redis after it failed."""

SECONDS: Final = 1.0
"""Longest wait for Redis."""

# KEYS: hash and set of each charge. ARGV: reservation, now, lapse, then limit, least, most, expiry of each charge.
RESERVE: Final = """
local reservation, now, lapse = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local count = #KEYS / 2
local left = {}
for i = 1, count do
  local hash, set, at = KEYS[2 * i - 1], KEYS[2 * i], 3 + (i - 1) * 4
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', set, '-inf', now, 'LIMIT', 0, 100)) do
    redis.call('ZREM', set, member)
    redis.call('HINCRBY', hash, 'reserved', string.format('%d', -tonumber(string.match(member, ':(%d+)$'))))
  end
  local used = tonumber(redis.call('HGET', hash, 'used') or '0')
  local reserved = tonumber(redis.call('HGET', hash, 'reserved') or '0')
  left[i] = tonumber(ARGV[at + 1]) - used - reserved
  if left[i] < tonumber(ARGV[at + 2]) then
    return {0, i, used, reserved}
  end
end
local answer = {1}
for i = 1, count do
  local hash, set, at = KEYS[2 * i - 1], KEYS[2 * i], 3 + (i - 1) * 4
  local amount = math.max(tonumber(ARGV[at + 2]), math.min(tonumber(ARGV[at + 3]), left[i]))
  redis.call('HINCRBY', hash, 'reserved', string.format('%d', amount))
  redis.call('ZADD', set, lapse, reservation .. ':' .. string.format('%d', amount))
  redis.call('EXPIREAT', hash, ARGV[at + 4])
  redis.call('EXPIREAT', set, ARGV[at + 4])
  answer[2 * i] = string.format('%d', amount)
  answer[2 * i + 1] = string.format('%d', left[i] - amount)
end
return answer
"""

# KEYS: as above. ARGV: reservation, then what was granted and what was used of each charge. Answers used before and after, -1 for none.
SETTLE: Final = """
local answer = {}
for i = 1, #KEYS / 2 do
  local hash, set = KEYS[2 * i - 1], KEYS[2 * i]
  local granted, used = ARGV[2 * i], ARGV[2 * i + 1]
  local before, after = '-1', '-1'
  if redis.call('ZREM', set, ARGV[1] .. ':' .. granted) == 1 then
    redis.call('HINCRBY', hash, 'reserved', string.format('%d', -tonumber(granted)))
    after = redis.call('HINCRBY', hash, 'used', used)
    before = after - tonumber(used)
  end
  answer[2 * i - 1], answer[2 * i] = before, after
end
return answer
"""

# KEYS: a hash. ARGV: what is used at least, what is used beside, expiry. Answers what is used.
RECALL: Final = """
local used = math.max(tonumber(redis.call('HGET', KEYS[1], 'used') or '0'), tonumber(ARGV[1])) + tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'used', string.format('%d', used))
redis.call('EXPIREAT', KEYS[1], ARGV[3])
return string.format('%d', used)
"""


class RedisLedger(Ledger):
    """Counters that several gateways share. ``local`` counts while Redis is away."""

    def __init__(self, url: Secret, local: LocalLedger, clock: Callable[[], float] = monotonic) -> None:
        self._redis: Redis = Redis.from_url(url.reveal(), socket_timeout=SECONDS, socket_connect_timeout=SECONDS, protocol=2)
        self._reserve = self._redis.register_script(RESERVE)
        self._settle = self._redis.register_script(SETTLE)
        self._recall = self._redis.register_script(RECALL)
        self._recollection = Recollection()
        self._open: set[str] = set()
        self._local = local
        self._clock = clock
        self._away_until = 0.0

    @override
    async def reserve(self, reservation: str, charges: Sequence[Charge], now: float) -> Granted | Refused:
        if self._clock() >= self._away_until:
            try:
                return await self._reserved(reservation, charges, now)
            except RedisError as error:
                self._away(error)
        for charge in charges:
            self._local.stand_at(charge.counter, self._recollection.of(charge).total, charge.ends)
        return self._local.take(_local(reservation), charges, now)

    async def _reserved(self, reservation: str, charges: Sequence[Charge], now: float) -> Granted | Refused:
        """Reserve in Redis, which is first told what it does not know. Raises ``RedisError``."""
        await self._tell([charge for charge in charges if self._recollection.of(charge).alone])
        outcome = _read(reservation, charges, await self._reserve(_keys(charges), _asked(reservation, charges, now)))
        if isinstance(outcome, Granted) and (forgotten := self._forgotten(outcome)):
            await self._settle(_keys(charges), [reservation, *(figure for amount in outcome.amounts for figure in (amount, 0))])
            await self._tell(forgotten)
            outcome = _read(reservation, charges, await self._reserve(_keys(charges), _asked(reservation, charges, now)))
        if isinstance(outcome, Granted):
            self._open.add(reservation)
        return outcome

    def _forgotten(self, granted: Granted) -> list[Charge]:
        """Charges on counters of which Redis knows less than was known here: what is used only grows."""
        found = zip(granted.charges, granted.amounts, granted.left, strict=True)
        return [charge for charge, amount, left in found if charge.ceiling.limit - left - amount < self._recollection.of(charge).used]

    async def _tell(self, charges: Sequence[Charge]) -> None:
        for charge in charges:
            known = self._recollection.of(charge)
            alone, known.alone = known.alone, 0  # at once: whoever else tells must not tell it again
            try:
                known.used = int(await self._recall(_keys([charge])[:1], [known.used, alone, charge.ends + KEPT]))
            except BaseException:
                known.alone += alone
                raise

    @override
    async def settle(self, granted: Granted, amounts: Amounts, now: float) -> Sequence[Tally]:
        if granted.id.startswith(_LOCAL):
            tallies = self._local.give_back(granted, amounts)
            for tally in tallies:
                self._recollection.of(tally.charge).alone += tally.after - tally.before
            return tallies
        first = granted.id in self._open
        self._open.discard(granted.id)
        used = [amounts.get(charge.ceiling.metric, 0) for charge in granted.charges]
        pairs = [figure for pair in zip(granted.amounts, used, strict=True) for figure in pair]
        try:
            answer = await self._settle(_keys(granted.charges), [granted.id, *pairs])
        except RedisError as error:
            self._away(error)
            answer = ["-1"] * len(pairs)
        moves = [Tally(*move) for move in zip(granted.charges, map(int, answer[::2]), map(int, answer[1::2]), strict=True)]
        for move, amount in zip(moves, used, strict=True):
            known = self._recollection.of(move.charge)
            if move.after < 0 and first:  # Redis has forgotten the reservation, or cannot be told
                known.alone += amount
            known.used = max(known.used, move.after)
        return [move for move in moves if move.after >= 0]

    @override
    async def counts(self, now: float) -> Mapping[Counter, Count]:
        """Also those of other gateways. Empty while Redis is away."""
        found: dict[Counter, Count] = {}
        try:
            async for key in self._redis.scan_iter(match=f"{PREFIX}:*:count", count=500):
                counter, ends = _counter(key.decode())
                used, reserved = await self._redis.hmget(key, ["used", "reserved"])
                if ends > now:
                    found[counter] = Count(int(used or 0), int(reserved or 0), ends)
        except RedisError as error:
            self._away(error)
            return await self._local.counts(now)
        return found

    @override
    async def raise_to(self, counter: Counter, used: int, ends: int) -> None:
        """Redis keeps what it was told; a record of the past adds nothing."""

    @override
    async def close(self) -> None:
        await self._redis.aclose()

    def _away(self, error: RedisError) -> None:
        if self._clock() >= self._away_until:
            logger.warning("Redis is away (%s): limits are counted in this process alone for now", type(error).__name__)
        self._away_until = self._clock() + PAUSE


_LOCAL: Final = "local:"


def _local(reservation: str) -> str:
    return _LOCAL + reservation


def _keys(charges: Sequence[Charge]) -> list[str]:
    bases = [f"{PREFIX}:{charge.ends}:{charge.counter[1]}:{charge.counter[0]}:{charge.counter[2]}" for charge in charges]
    return [key for base in bases for key in (f"{base}:count", f"{base}:open")]


def _counter(key: str) -> tuple[Counter, int]:
    ends, start, rest = key.removeprefix(f"{PREFIX}:").removesuffix(":count").split(":", 2)
    ceiling, _, subject = rest.partition(":")
    return (ceiling, int(start), subject), int(ends)


def _asked(reservation: str, charges: Sequence[Charge], now: float) -> list[Any]:
    figures = [(charge.ceiling.limit, charge.demand.least, charge.demand.most, charge.ends + KEPT) for charge in charges]
    return [reservation, int(now), int(now) + LAPSES, *(figure for each in figures for figure in each)]


def _read(reservation: str, charges: Sequence[Charge], answer: Sequence[Any]) -> Granted | Refused:
    if int(answer[0]) == 0:
        return Refused(charges[int(answer[1]) - 1], int(answer[2]), int(answer[3]))
    figures = [int(each) for each in answer[1:]]
    return Granted(reservation, tuple(charges), tuple(figures[::2]), tuple(figures[1::2]))
