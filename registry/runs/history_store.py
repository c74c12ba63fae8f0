"""Histories of metrics in the telemetry database. All statements read with FINAL: a point that was written twice is one."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from registry.runs.messages import Metric
from registry.runs.points import UnstoredPoint
from storage.telemetry import Telemetry

__all__ = ("PointRecord", "Series", "StoredMetric", "read_histories", "read_history", "sample_histories")


class StoredMetric(Metric):
    """A point of one run as it lies in the database: the message that is sent, unless it stands for what is no number."""

    is_nan: bool = False


class PointRecord(msgspec.Struct, frozen=True):
    """A stored point."""

    run_id: str
    step: int
    timestamp: int
    value: float
    is_nan: bool


class Series(msgspec.Struct, frozen=True):
    """A metric of some runs, with points of it that may not be stored yet."""

    run_ids: Sequence[str]
    key: str
    unstored: Sequence[UnstoredPoint] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """What ``_among`` binds."""
        unstored = {"unstored": msgspec.json.encode(self.unstored).decode()} if self.unstored else {}
        return {"run_ids": list(self.run_ids), "key": self.key, **unstored}


_POINT: Final = "run_id, step, timestamp, value, is_nan"
_STORED: Final = f"SELECT {_POINT} FROM metrics FINAL WHERE run_id IN {{run_ids:Array(String)}} AND key = {{key:String}}"

# JSON is read exactly, as it is on the way into the table, so that a point which has been stored meanwhile is the same point.
_UNSTORED: Final = """SELECT point.1, point.2, point.3, point.4, point.5 FROM (
    SELECT arrayJoin(JSONExtract({unstored:String}, 'Array(Tuple(String, Int64, Int64, Float64, Bool))')) AS point)"""

_HISTORY: Final = """SELECT {{key:String}} AS key, value, timestamp, step, is_nan FROM ({among})
    ORDER BY timestamp, step, value, is_nan LIMIT {{limit:UInt64}} OFFSET {{offset:UInt64}}"""

_HISTORIES: Final = f"SELECT {_POINT} FROM ({{among}}) ORDER BY run_id, timestamp, step, value, is_nan LIMIT {{{{limit:UInt64}}}}"

# The points of a run are cut into `size` slices of equal length (the first ones are longer by one when they cannot be equal); the first
# point of each is taken, and the very last in place of the last slice's. Columns are gathered one by one: tuples cost twice the time.
_SAMPLE: Final = """SELECT run_id, place.1 AS step, place.2 AS timestamp, place.3 AS value, place.4 AS is_nan
    FROM (
        SELECT run_id, arrayJoin(arrayMap(i -> (steps[i], timestamps[i], values[i], nans[i]), places)) AS place
        FROM (
            SELECT run_id, groupArray(step) AS steps, groupArray(timestamp) AS timestamps,
                groupArray(value) AS values, groupArray(is_nan) AS nans, count() AS points, least(points, {{size:UInt64}}) AS slices,
                arrayMap(i -> i * intDiv(points, slices) + least(i, points % slices) + 1, range(toUInt64(slices - 1))) AS firsts,
                arrayPushBack(firsts, points) AS places
            FROM (
                SELECT run_id, step, timestamp, value, is_nan FROM ({among})
                WHERE step BETWEEN {{first:Int64}} AND {{last:Int64}}
                ORDER BY run_id, step, timestamp, value, is_nan
            )
            GROUP BY run_id
        )
    )
    ORDER BY run_id, step, timestamp, value, is_nan"""


async def read_history(telemetry: Telemetry, series: Series, *, limit: int, offset: int) -> list[StoredMetric]:
    """Points of one metric of one run, by time, step and value."""
    values = {**series.parameters, "limit": limit, "offset": offset}
    return await telemetry.query(_HISTORY.format(among=_among(series)), values, StoredMetric)


async def read_histories(telemetry: Telemetry, series: Series, limit: int) -> list[PointRecord]:
    """Points of one metric of several runs, by run, time, step and value."""
    return await telemetry.query(_HISTORIES.format(among=_among(series)), {**series.parameters, "limit": limit}, PointRecord)


async def sample_histories(telemetry: Telemetry, series: Series, *, size: int, first: int, last: int) -> list[PointRecord]:
    """At most ``size`` points of each run, evenly spread over all whose step is from ``first`` to ``last``."""
    values = {**series.parameters, "size": size, "first": first, "last": last}
    return await telemetry.query(_SAMPLE.format(among=_among(series)), values, PointRecord)


def _among(series: Series) -> str:
    return f"{_STORED} UNION DISTINCT {_UNSTORED}" if series.unstored else _STORED
