"""How many points runs have, in the telemetry database."""

from collections.abc import Sequence
from typing import Final

import msgspec

from storage.telemetry import Telemetry

__all__ = ("count_points",)

_COUNT: Final = "SELECT run_id, count() AS points FROM metrics FINAL WHERE run_id IN {run_ids:Array(String)} GROUP BY run_id"


class _Counted(msgspec.Struct, frozen=True):
    run_id: str
    points: int


async def count_points(telemetry: Telemetry, run_ids: Sequence[str]) -> dict[str, int]:
    """Points of each run that has any; one that was written twice counts once."""
    found = await telemetry.query(_COUNT, {"run_ids": list(run_ids)}, _Counted)
    return {each.run_id: each.points for each in found}
