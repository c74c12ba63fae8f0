"""What the gateway's requests used, by whom: the record that budgets are rebuilt from.

A request is one span of the gateway's tracer, and it counts once something was asked of a target, or answered in its place: as the counters
themselves count. Its attempts and shadows are spans too, and left out.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from storage.telemetry import Telemetry

__all__ = ("SpendingStore", "Spent")

_SUBJECTS: Final[Mapping[str, str]] = {
    "all": "''",
    "route": "if(route != '', route, attributes['tidegate.target'])",
    "key": "attributes['tidegate.key.name']",
    "team": "attributes['tidegate.team']",
    "user": "user_id",
}

_QUERY: Final = """
SELECT {subject} AS subject, count() AS requests,
       sum(ifNull(toUInt64(input_tokens), 0) + ifNull(toUInt64(output_tokens), 0)) AS tokens,
       toInt64(round(ifNull(sum(cost_total), 0) * 1000000000)) AS nanodollars
FROM (
    SELECT * FROM spans
    WHERE project_id = 'default' AND is_deleted = 0 AND start_time >= fromUnixTimestamp64Second({{since:Int64}})
      AND scope_name = 'tidegate.gateway' AND (judge_name != '') = {{judges:Bool}} AND attributes['tidegate.attempt'] = ''
      AND attributes['tidegate.shadow'] = '' AND attributes['tidegate.limit'] = '' AND attributes['tidegate.target'] != ''
      AND ({{route:String}} = '' OR route = {{route:String}})
      AND ({{key_id:String}} = '' OR attributes['tidegate.key.id'] = {{key_id:String}})
    ORDER BY version DESC, status LIMIT 1 BY trace_id, span_id
)
GROUP BY subject"""


class Spent(msgspec.Struct, frozen=True):
    """Sums of one subject. Money is in billionths of a dollar; requests without a known price are in ``requests`` alone."""

    subject: str
    requests: int
    tokens: int
    nanodollars: int


class SpendingStore:
    """Reads what was used. ``flush`` makes what was answered before visible."""

    def __init__(self, telemetry: Telemetry, flush: Callable[[], Awaitable[None]]) -> None:
        self._telemetry = telemetry
        self._flush = flush

    async def spent(self, by: str, *, judges: bool, route: str, key_id: str, since: int) -> list[Spent]:
        """Sums since a second of the epoch, by ``all``, ``route``, ``key``, ``team`` or ``user``. Empty ``route`` and ``key_id``: any."""
        await self._flush()
        parameters = {"since": since, "judges": judges, "route": route, "key_id": key_id}
        return await self._telemetry.query(_QUERY.format(subject=_SUBJECTS[by]), parameters, Spent)
