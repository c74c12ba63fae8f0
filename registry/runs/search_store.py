"""SQL of a search for runs. Values are bound."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, case, exists, or_, select

from registry.runs.messages import ViewType
from registry.runs.search import Condition, Order, RunSearch
from registry.runs.store import COLUMNS, RunRow, run_row
from registry.search.comparison_store import compared, in_bytes
from storage.run_tables import datasets, latest_metrics, run_input_tags, run_inputs, run_params, run_tags, runs

__all__ = ("search_runs",)

TABLES: Final = {"metric": latest_metrics, "parameter": run_params, "tag": run_tags}
ATTRIBUTE_COLUMNS: Final = {"run_name": "name"}
CONTEXT: Final = "mlflow.data.context"


def search_runs(
    connection: Connection, experiment_ids: Sequence[int], search: RunSearch, view: ViewType, *, offset: int, limit: int
) -> list[RunRow]:
    """The runs that a search finds, in its order."""
    statement = select(*COLUMNS).where(
        runs.c.experiment_id.in_(experiment_ids), *[_where(each) for each in sorted(search.conditions, key=_cost)]
    )
    if view is not ViewType.ALL:
        statement = statement.where(runs.c.lifecycle_stage == ("active" if view is ViewType.ACTIVE_ONLY else "deleted"))
    for number, order in enumerate(search.orders):
        statement = _ordered(connection, statement, order, number)
    statement = statement.order_by(runs.c.start_time.desc(), runs.c.run_id).limit(limit).offset(offset)
    return [run_row(row) for row in connection.execute(statement)]


def _cost(condition: Condition) -> int:
    """What leaves fewest runs for least work comes first: databases ask in the order that is written."""
    if condition.kind == "attribute":
        return 0
    return 1 if condition.operator == "=" else 2


def _column(key: str) -> ColumnElement[Any]:
    return runs.c[ATTRIBUTE_COLUMNS.get(key, key)]


def _where(condition: Condition) -> ColumnElement[bool]:
    if condition.kind == "attribute":
        return compared(_column(condition.key), condition.operator, condition.value)
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


def _ordered(connection: Connection, statement: Select[Any], order: Order, number: int) -> Select[Any]:
    """Values first, in either direction; then what is not a number; then runs that have no value."""
    if order.kind == "attribute":
        column = _column(order.key)
        missing: ColumnElement[int] = case((column.is_(None), 1), else_=0)
    else:
        table = TABLES[order.kind].alias(f"order_{number}")
        statement = statement.outerjoin(table, and_(table.c.run_id == runs.c.run_id, table.c.key == order.key))
        column = table.c.value
        nans = [(table.c.is_nan, 1)] if order.kind == "metric" else []
        missing = case((column.is_(None), 2), *nans, else_=0)
    column = in_bytes(connection, column)
    return statement.order_by(missing, column if order.ascending else column.desc())
