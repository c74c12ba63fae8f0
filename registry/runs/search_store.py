"""SQL of a search for runs. Values are bound."""

import sys
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, and_, bindparam, case, exists, func, or_, select, true

from registry.runs.messages import ViewType
from registry.runs.search import Condition, Order, RunSearch
from registry.runs.store import COLUMNS, RunRow, run_row
from registry.search.comparison_store import compared, in_bytes
from storage.prepared import Prepared
from storage.run_tables import datasets, latest_metrics, run_input_tags, run_inputs, run_params, run_tags, runs
from storage.statistics import learn

__all__ = ("search_runs",)

TABLES: Final = {"metric": latest_metrics, "parameter": run_params, "tag": run_tags}
ATTRIBUTE_COLUMNS: Final = {"run_name": "name"}
CONTEXT: Final = "mlflow.data.context"
_STAGES: Final = {ViewType.ACTIVE_ONLY: "active", ViewType.DELETED_ONLY: "deleted"}
MANY: Final = 1000
"""Runs of an experiment from which on the best are looked for before all."""

LOOKED_AT: Final = 3000
LARGEST: Final = sys.float_info.max
_BEST: Final = latest_metrics.alias("best")
_COUNTED: Final = Prepared(
    select(func.count()).select_from(select(runs.c.run_id).where(runs.c.experiment_id == bindparam("experiment_id")).limit(MANY).subquery())
)


def search_runs(
    connection: Connection, experiment_ids: Sequence[int], search: RunSearch, view: ViewType, *, offset: int, limit: int
) -> list[RunRow]:
    """The runs that a search finds, in its order."""
    if _by_metric(search, offset + limit) and _are_many(connection, experiment_ids):
        best = _best_runs(connection, experiment_ids[0], search, view).limit(limit).offset(offset)
        if len(found := connection.execute(best).all()) == limit or _are_few(connection, search):
            return [run_row(row) for row in found]
        learn(connection, (latest_metrics, runs, run_params, run_tags))
    statement = select(*COLUMNS).where(runs.c.experiment_id.in_(experiment_ids), *_wheres(search.conditions, view))
    statement = _in_order(connection, statement, runs, search.orders).limit(limit).offset(offset)
    return [run_row(row) for row in connection.execute(statement)]


def _wheres(conditions: Sequence[Condition], view: ViewType) -> list[ColumnElement[bool]]:
    found = [_where(each) for each in sorted(conditions, key=_cost)]
    return found if view is ViewType.ALL else [*found, runs.c.lifecycle_stage == _STAGES[view]]


def _by_metric(search: RunSearch, wanted: int) -> bool:
    return bool(search.orders) and search.orders[0].kind == "metric" and wanted <= LOOKED_AT


def _best_runs(connection: Connection, experiment_id: int, search: RunSearch, view: ViewType) -> Select[Any]:
    """The best by a metric, read off its index until there are enough; if they are too few, all must be looked at.

    Databases are led along it, and not further than ``LOOKED_AT`` values: no other run has as good a one. Whether it is the shorter way they
    would judge by how many runs each condition leaves, as if one had nothing to do with the other.
    """
    first = search.orders[0]
    others = _wheres([each for each in search.conditions if (each.kind, each.key) != ("metric", first.key)], view)
    led = _led_by_bound if connection.dialect.name == "sqlite" else _led_by_loop
    statement, columns = led(experiment_id, search, others)
    return _in_order(connection, statement, columns, search.orders[1:])


def _led_by_bound(experiment_id: int, search: RunSearch, others: list[ColumnElement[bool]]) -> tuple[Select[Any], FromClause]:
    """SQLite loops in the order that is written, where nothing tempts it to begin elsewhere: a sum has no index."""
    ranked, order = _ranked(search)
    last, value = _last(search).correlate(None).scalar_subquery(), _BEST.c.value
    bound = value <= func.coalesce(last, LARGEST) if search.orders[0].ascending else value >= func.coalesce(last, -LARGEST)
    found = select(*COLUMNS).join(_BEST, _BEST.c.run_id == runs.c.run_id).where(bound, runs.c.experiment_id + 0 == experiment_id)
    return found.where(*ranked, *others).order_by(order), runs


def _led_by_loop(experiment_id: int, search: RunSearch, others: list[ColumnElement[bool]]) -> tuple[Select[Any], FromClause]:
    """PostgreSQL looks each value's run up by itself when the query for it has an OFFSET, which it may not take apart."""
    ranked, order = _ranked(search)
    best = select(_BEST.c.run_id, _BEST.c.value).where(*ranked).order_by(order).fetch(LOOKED_AT, with_ties=True).subquery("ranked")
    of_value = select(*COLUMNS).where(runs.c.run_id == best.c.run_id, runs.c.experiment_id == experiment_id, *others)
    found = of_value.correlate(best).offset(0).lateral("found")
    value = best.c.value if search.orders[0].ascending else best.c.value.desc()
    return select(*(found.c[column.name] for column in COLUMNS)).select_from(best.join(found, true())).order_by(value), found


def _ranked(search: RunSearch) -> tuple[list[ColumnElement[bool]], ColumnElement[Any]]:
    """Which values of the first order's metric can be found at all, and in which order the best come first."""
    first = search.orders[0]
    own = [each for each in search.conditions if (each.kind, each.key) == ("metric", first.key)]
    where = [_BEST.c.key == first.key, ~_BEST.c.is_nan, *[compared(_BEST.c.value, each.operator, each.value) for each in own]]
    return where, _BEST.c.value if first.ascending else _BEST.c.value.desc()


def _last(search: RunSearch) -> Select[Any]:
    """The last of the values that are looked at; none where there are fewer."""
    where, order = _ranked(search)
    return select(_BEST.c.value).where(*where).order_by(order).limit(1).offset(LOOKED_AT - 1)


def _are_few(connection: Connection, search: RunSearch) -> bool:
    """Whether every run that the condition leaves has been looked at.

    That is so when the condition excludes runs without the metric, and all that have it were looked at.
    """
    first = search.orders[0]
    excluding = any((each.kind, each.key) == ("metric", first.key) and each.operator != "!=" for each in search.conditions)
    return excluding and connection.scalar(_last(search)) is None


def _are_many(connection: Connection, experiment_ids: Sequence[int]) -> bool:
    """Whether there are so many runs that an index is quicker. Of fewer, all values are looked up in less time."""
    if len(experiment_ids) != 1:
        return False
    ((count,),) = _COUNTED.rows(connection, {"experiment_id": experiment_ids[0]})
    return bool(count == MANY)


def _in_order(connection: Connection, statement: Select[Any], found: FromClause, orders: Sequence[Order]) -> Select[Any]:
    """``found``: what has the columns of ``runs``."""
    for number, order in enumerate(orders):
        statement = _ordered(connection, statement, found, order, number)
    return statement.order_by(found.c.start_time.desc(), found.c.run_id)


def _cost(condition: Condition) -> int:
    """What leaves fewest runs for least work comes first: databases ask in the order that is written."""
    if condition.kind == "attribute":
        return 0
    return 1 if condition.operator == "=" else 2


def _column(found: FromClause, key: str) -> ColumnElement[Any]:
    return found.c[ATTRIBUTE_COLUMNS.get(key, key)]


def _where(condition: Condition) -> ColumnElement[bool]:
    if condition.kind == "attribute":
        return compared(_column(runs, condition.key), condition.operator, condition.value)
    if condition.kind == "dataset":
        return _read_dataset(condition)
    table = TABLES[condition.kind]
    there = select(table.c.key).where(table.c.run_id == runs.c.run_id, table.c.key == condition.key)
    if condition.operator == "IS NULL":
        return ~exists(there)
    if condition.operator == "IS NOT NULL":
        return exists(there)
    return exists(there.where(_matches(table, condition)))


def _matches(table: Table, condition: Condition) -> ColumnElement[bool]:
    """A metric that is not a number is unequal to every number, and nothing else."""
    matches = compared(table.c.value, condition.operator, condition.value)
    if table is not latest_metrics:
        return matches
    return or_(matches, table.c.is_nan) if condition.operator == "!=" else and_(matches, ~table.c.is_nan)


def _read_dataset(condition: Condition) -> ColumnElement[bool]:
    if condition.key == "context":
        tagged = select(run_input_tags.c.run_id).where(run_input_tags.c.run_id == runs.c.run_id, run_input_tags.c.key == CONTEXT)
        return exists(tagged.where(compared(run_input_tags.c.value, condition.operator, condition.value)))
    read = select(run_inputs.c.run_id).join(datasets, datasets.c.dataset_id == run_inputs.c.dataset_id)
    matches = compared(datasets.c[condition.key], condition.operator, condition.value)
    return exists(read.where(run_inputs.c.run_id == runs.c.run_id, matches))


def _ordered(connection: Connection, statement: Select[Any], found: FromClause, order: Order, number: int) -> Select[Any]:
    """Values first, in either direction; then what is not a number; then runs that have no value."""
    if order.kind == "attribute":
        column: ColumnElement[Any] = _column(found, order.key)
        missing: ColumnElement[int] = case((column.is_(None), 1), else_=0)
    else:
        table = TABLES[order.kind].alias(f"order_{number}")
        statement = statement.outerjoin(table, and_(table.c.run_id == found.c.run_id, table.c.key == order.key))
        column = table.c.value
        nans = [(table.c.is_nan, 1)] if order.kind == "metric" else []
        missing = case((column.is_(None), 2), *nans, else_=0)
    column = in_bytes(connection, column)
    return statement.order_by(missing, column if order.ascending else column.desc())
