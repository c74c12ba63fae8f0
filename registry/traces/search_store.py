"""Which traces a search means: one statement over what clients said of traces and what their spans say. Values are bound."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import msgspec

from registry.errors import InvalidParameterValue
from registry.traces.conditions_store import Values, condition_sql
from registry.traces.known import DEFAULT_EXPERIMENT
from registry.traces.search import Order, TraceSearch
from storage.errors import QueryFailed
from storage.telemetry import Telemetry
from tracing.barrier import settled

__all__ = ("TraceFinder", "with_traces")

T = TypeVar("T")
BAD_REGEXP: Final = 427
"""ClickHouse's code for it."""

_PLACED: Final = "FROM trace_properties FINAL WHERE project_id = 'default' AND kind = 'INFO' AND key = 'experiment_id'"

_INFOS: Final = """SELECT trace_id, anyIf(value, kind = 'INFO' AND key = 'experiment_id') AS said_experiment, anyIf(value, key = 'state') AS said_state,
        anyIf(value, key = 'id') AS said_id, anyIf(value, key = 'client_request_id') AS client_request_id,
        toInt64OrNull(anyIf(value, key = 'request_ms')) AS said_request, toInt64OrNull(anyIf(value, key = 'duration_ms')) AS said_duration,
        anyIf(value, kind = 'TAG') AS said_name, anyIf(value, kind = 'METADATA') AS run_id
    FROM trace_properties FINAL
    WHERE project_id = 'default' AND trace_id IN (SELECT trace_id FROM candidates) AND (
        (kind = 'INFO' AND key IN ('experiment_id', 'state', 'id', 'client_request_id', 'request_ms', 'duration_ms'))
        OR (kind = 'TAG' AND key = 'mlflow.traceName') OR (kind = 'METADATA' AND key = 'mlflow.sourceRun'))
    GROUP BY trace_id"""

_HEADS: Final = """SELECT trace_id, count() AS stored, max(is_root) AS rooted,
        argMin((name, toString(status)), (NOT is_root, start_time, status = 'INTERRUPTED')) AS head,
        toUnixTimestamp64Milli(min(start_time)) AS began, toUnixTimestamp64Milli(max(end_time)) AS ended
    FROM spans WHERE project_id = 'default' AND is_deleted = 0 AND trace_id IN (SELECT trace_id FROM candidates)
    GROUP BY trace_id"""

_STATE: Final = """multiIf(said_state != '', said_state, stored = 0, 'STATE_UNSPECIFIED',
        NOT rooted AND said_experiment != '', 'IN_PROGRESS', head.2 IN ('ERROR', 'INTERRUPTED'), 'ERROR', 'OK')"""

_TRACES: Final = f"""SELECT candidates.trace_id AS trace_id, if(said_id != '', said_id, concat('tr-', toString(candidates.trace_id))) AS request_id,
        client_request_id, if(said_experiment != '', said_experiment, '{DEFAULT_EXPERIMENT}') AS experiment_id, {_STATE} AS status,
        ifNull(said_request, began) AS timestamp_ms,
        if(said_duration IS NULL AND (stored = 0 OR status = 'IN_PROGRESS'), NULL, ifNull(said_duration, ended - began)) AS execution_time_ms,
        timestamp_ms + execution_time_ms AS end_time_ms, if(said_name != '', said_name, head.1) AS name, run_id
    FROM candidates LEFT JOIN infos USING (trace_id) LEFT JOIN heads USING (trace_id)"""

_COLUMNS: Final = {
    "experiment_id": "toInt64OrZero(experiment_id)",
    "timestamp_ms": "timestamp_ms",
    "execution_time_ms": "execution_time_ms",
    "end_time_ms": "end_time_ms",
    "status": "status",
    "request_id": "request_id",
    "name": "nullIf(name, '')",
    "run_id": "nullIf(run_id, '')",
}


class _Found(msgspec.Struct, frozen=True):
    trace_id: str


class _Count(msgspec.Struct, frozen=True):
    traces: int


class TraceFinder:
    """Finds traces. ``flush`` returns when everything journalled before is stored."""

    def __init__(self, telemetry: Telemetry, flush: Callable[[], Awaitable[None]]) -> None:
        self._telemetry = telemetry
        self._flush = flush

    async def find(self, experiments: Sequence[str], search: TraceSearch, *, offset: int, limit: int) -> list[str]:
        """Stored ids of the traces of these experiments that match, in order."""
        if not experiments:
            return []
        values = Values()
        matching, order = _where(experiments, search, values), _order(search.orders, values)
        await settled(self._flush)
        sql = f"{matching} ORDER BY {order} LIMIT {limit:d} OFFSET {offset:d}"
        return [found.trace_id for found in await self._query(sql, values, _Found)]

    async def count(self, experiments: Sequence[str], searches: Sequence[TraceSearch]) -> int:
        """The number of traces of these experiments that match all of the searches."""
        if not experiments:
            return 0
        values = Values()
        together = TraceSearch(tuple(condition for search in searches for condition in search.conditions))
        sql = f"SELECT count() AS traces FROM ({_where(experiments, together, values)})"
        await settled(self._flush)
        return (await self._query(sql, values, _Count))[0].traces

    async def older(self, experiment: str, until_ms: int, limit: int | None) -> list[str]:
        """Stored ids of the traces of an experiment that began at a time or before it, the oldest first."""
        values = Values()
        where = _where([experiment], TraceSearch(), values)
        sql = f"{where} AND timestamp_ms <= {values.bind(until_ms)} ORDER BY timestamp_ms, request_id"
        if limit is not None:
            sql += f" LIMIT {limit:d}"
        await settled(self._flush)
        return [found.trace_id for found in await self._telemetry.query(sql, values.parameters, _Found)]

    async def _query(self, sql: str, values: Values, row: type[T]) -> list[T]:
        try:
            return await self._telemetry.query(sql, values.parameters, row)
        except QueryFailed as error:
            if error.number != BAD_REGEXP:
                raise
            raise InvalidParameterValue(f"A pattern after RLIKE is no regular expression that is understood here (RE2): {error}") from error


def with_traces(experiments: Sequence[str], values: Values) -> str:
    """``WITH candidates, ..., found``: the traces of these experiments, for a statement that follows."""
    listed = values.bind(tuple(experiments))
    candidates = f"SELECT trace_id {_PLACED} AND value IN {listed}"
    if DEFAULT_EXPERIMENT in experiments:
        unplaced = f"SELECT DISTINCT trace_id FROM traces WHERE project_id = 'default' AND trace_id NOT IN (SELECT trace_id {_PLACED})"
        candidates = f"{candidates} UNION ALL {unplaced}"
    tables = ((candidates, "candidates"), (_INFOS, "infos"), (_HEADS, "heads"), (_TRACES, "found"))
    return f"WITH {', '.join(f'{name} AS ({sql})' for sql, name in tables)}"


def _where(experiments: Sequence[str], search: TraceSearch, values: Values) -> str:
    """A SELECT that ends in its WHERE."""
    having = with_traces(experiments, values)
    return f"{having} SELECT trace_id FROM found WHERE {' AND '.join(['1', *condition_sql(search.conditions, values)])}"


def _order(orders: Sequence[Order], values: Values) -> str:
    """What is missing comes last in both directions."""
    parts = []
    for order in orders:
        column = _COLUMNS[order.key] if order.kind == "attribute" else _said(order, values)
        parts += [f"isNull({column})", f"{column} {'ASC' if order.ascending else 'DESC'}"]
    return ", ".join([*parts, "timestamp_ms DESC", "request_id"])


def _said(order: Order, values: Values) -> str:
    """A tag or a piece of metadata as something to order by."""
    known = (
        "SELECT groupArray((toString(trace_id), value)) FROM trace_properties FINAL WHERE project_id = 'default' "
        f"AND kind = '{'TAG' if order.kind == 'tag' else 'METADATA'}' AND key = {values.bind(order.key)} "
        "AND trace_id IN (SELECT trace_id FROM candidates)"
    )
    return f"nullIf(CAST(({known}), 'Map(String, String)')[toString(trace_id)], '')"
