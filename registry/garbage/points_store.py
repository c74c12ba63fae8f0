"""Points of runs that go, in the telemetry database."""

from collections.abc import Sequence
from typing import Final

from storage.telemetry import Telemetry

__all__ = ("delete_points",)

_DELETE: Final = "DELETE FROM metrics WHERE run_id IN {run_ids:Array(String)}"


async def delete_points(telemetry: Telemetry, run_ids: Sequence[str]) -> None:
    """Remove all points of runs."""
    await telemetry.command(_DELETE, {"run_ids": list(run_ids)})
