"""Runs in the metadata database: each function is one step of a transaction. SQLite and PostgreSQL alike."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    union_all,
    update,
)

from registry.runs.messages import Metric, Param, RunData, RunTag
from storage.prepared import Prepared, together
from storage.run_tables import latest_metrics, run_inputs, run_model_inputs, run_model_outputs, run_params, run_tags, runs
from storage.upserts import Upsert

__all__ = (
    "ByRun",
    "RunRow",
    "change_run",
    "delete_tag",
    "insert_run",
    "params_of",
    "put_latest",
    "put_params",
    "put_tags",
    "read_data",
    "read_run",
    "read_tag",
    "run_row",
)

T = TypeVar("T")


class RunRow(msgspec.Struct, frozen=True):
    """A row of ``runs``, in the order of ``COLUMNS``."""

    run_id: str
    experiment_id: int
    name: str
    user_id: str
    status: str
    start_time: int
    end_time: int | None
    artifact_uri: str
    lifecycle_stage: str


COLUMNS: Final = tuple(runs.c[name] for name in RunRow.__struct_fields__)
_BY_ID: Final = Prepared(select(*COLUMNS).where(runs.c.run_id == bindparam("run_id")))
_INSERT: Final = Prepared(runs.insert(), RunRow.__struct_fields__)


def run_row(row: Row[Any]) -> RunRow:
    """The first columns of a result as a row."""
    return RunRow(*row[: len(COLUMNS)])


def read_run(connection: Connection, run_id: str) -> RunRow | None:
    """One run."""
    found = _BY_ID.first(connection, {"run_id": run_id})
    return None if found is None else RunRow(*found)


def insert_run(connection: Connection, run: RunRow) -> None:
    """Store a new run."""
    _INSERT.later(connection, [msgspec.structs.asdict(run)])


def change_run(connection: Connection, run_id: str, changes: Mapping[str, Any]) -> None:
    """Set some columns of a run."""
    connection.execute(update(runs).where(runs.c.run_id == run_id).values(**changes))


_latest: Final = Upsert(
    latest_metrics,
    ("value", "is_nan", "timestamp", "step"),
    when=lambda new, old: tuple_(new.step, new.timestamp, new.value) > tuple_(old.c.step, old.c.timestamp, old.c.value),
)
_params: Final = Upsert(run_params)
_tags: Final = Upsert(run_tags, ("value",))


def put_latest(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the latest value of each metric: the one of the highest step, then time, then value."""
    _latest.later(connection, rows)


def put_params(connection: Connection, run_id: str, params: Mapping[str, str]) -> None:
    """Add params; those that are there stay as they are."""
    _params.later(connection, [{"run_id": run_id, "key": key, "value": value} for key, value in params.items()])


def put_tags(connection: Connection, run_id: str, tags: Mapping[str, str]) -> None:
    """Set tags."""
    _tags.later(connection, [{"run_id": run_id, "key": key, "value": value} for key, value in tags.items()])


def params_of(connection: Connection, run_id: str, keys: Iterable[str]) -> dict[str, str]:
    """The values of some params of a run."""
    found = connection.execute(
        select(run_params.c.key, run_params.c.value).where(run_params.c.run_id == run_id, run_params.c.key.in_(list(keys)))
    )
    return {row.key: row.value for row in found}


def read_tag(connection: Connection, run_id: str, key: str) -> str | None:
    """The value of one tag."""
    return connection.scalar(select(run_tags.c.value).where(run_tags.c.run_id == run_id, run_tags.c.key == key))


def delete_tag(connection: Connection, run_id: str, key: str) -> bool:
    """Remove a tag; whether there was one."""
    return connection.execute(delete(run_tags).where(run_tags.c.run_id == run_id, run_tags.c.key == key)).rowcount > 0


class ByRun:
    """Rows of runs: a statement over one run, and over many. The many travel as one value, so that the statement is always the same.

    Each part is a SELECT and its column of run ids; the rows of all parts are given together.
    """

    def __init__(self, *parts: tuple[Select[Any], ColumnElement[str]]) -> None:
        one: BindParameter[str] = bindparam("run_id")
        listed = select(func.json_each(bindparam("run_ids")).table_valued("value"))
        array = func.any(bindparam("run_ids", type_=ARRAY(Text)))
        self._one = _together([part.where(run_id == one) for part, run_id in parts])
        self._many = {
            "sqlite": _together([part.where(run_id.in_(listed)) for part, run_id in parts]),
            "postgresql": _together([part.where(run_id == array) for part, run_id in parts]),
        }

    def rows(self, connection: Connection, ids: Sequence[str]) -> Iterable[Any]:
        """The rows of these runs; none for no runs."""
        return together(connection, self.asked(connection, ids))[0] if ids else ()

    def asked(self, connection: Connection, ids: Sequence[str]) -> tuple[Prepared, Mapping[str, Any]]:
        """The statement of ``rows``, to be sent together with others. ``ids`` is not empty."""
        if len(ids) == 1:
            return self._one, {"run_id": ids[0]}
        dialect = connection.dialect.name
        return self._many[dialect], {"run_ids": msgspec.json.encode(ids).decode() if dialect == "sqlite" else list(ids)}


def _together(parts: Sequence[Select[Any]]) -> Prepared:
    return Prepared(parts[0] if len(parts) == 1 else union_all(*parts))


_LATEST_OF: Final = ByRun(
    (
        select(
            latest_metrics.c.run_id,
            latest_metrics.c.key,
            latest_metrics.c.value,
            latest_metrics.c.is_nan,
            latest_metrics.c.timestamp,
            latest_metrics.c.step,
        ).order_by(latest_metrics.c.run_id, latest_metrics.c.key),
        latest_metrics.c.run_id,
    )
)
_PARAMS_OF: Final = ByRun(
    (
        select(run_params.c.run_id, run_params.c.key, run_params.c.value).order_by(run_params.c.run_id, run_params.c.key),
        run_params.c.run_id,
    ),
)
_TAGS_OF: Final = ByRun(
    (select(run_tags.c.run_id, run_tags.c.key, run_tags.c.value).order_by(run_tags.c.run_id, run_tags.c.key), run_tags.c.run_id),
)
_ANY_OF: Final = ByRun(*[(select(table.c.run_id), table.c.run_id) for table in (run_inputs, run_model_inputs, run_model_outputs)])
NAN: Final = float("nan")


def read_data(connection: Connection, run_ids: Sequence[str]) -> tuple[dict[str, RunData], list[str]]:
    """The latest metrics, params and tags of each run; and those of the runs that read or made anything, of which most have not."""
    found = {run_id: RunData() for run_id in run_ids}
    if not found:
        return found, []
    parts = (_LATEST_OF, _PARAMS_OF, _TAGS_OF, _ANY_OF)
    latest, params, tags, some = together(connection, *(part.asked(connection, run_ids) for part in parts))
    for run_id, key, value, is_nan, timestamp, step in latest:
        found[run_id].metrics.append(Metric(key=key, value=NAN if is_nan else value, timestamp=timestamp, step=step))
    for run_id, key, value in params:
        found[run_id].params.append(Param(key=key, value=value))
    for run_id, key, value in tags:
        found[run_id].tags.append(RunTag(key=key, value=value))
    return found, list(dict.fromkeys(run_id for (run_id,) in some))
