"""SQL of a search for logged models. Values are bound."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, exists, func, or_, select

from registry.logged_models.search import Condition, ModelSearch, Order
from registry.logged_models.store import COLUMNS, ModelRow
from registry.search.comparison_store import compared, in_bytes
from storage.run_tables import logged_model_metrics, logged_model_params, logged_model_tags, logged_models

__all__ = ("search_models",)

TABLES: Final = {"params": logged_model_params, "tags": logged_model_tags}
Dataset = tuple[str, str | None]


def search_models(connection: Connection, experiment_ids: Sequence[int], search: ModelSearch, *, offset: int, limit: int) -> list[ModelRow]:
    """The models that a search finds, in its order."""
    statement = select(*COLUMNS).where(
        logged_models.c.lifecycle_stage != "deleted",
        logged_models.c.experiment_id.in_(experiment_ids),
        *[_where(each, search.datasets) for each in search.conditions],
    )
    if search.datasets and all(each.kind != "metrics" for each in search.conditions):
        measured = select(logged_model_metrics.c.model_id).where(_on(search.datasets))
        statement = statement.where(exists(measured.where(logged_model_metrics.c.model_id == logged_models.c.model_id)))
    for order in search.orders:
        statement = _ordered(connection, statement, order, search.datasets)
    statement = statement.order_by(logged_models.c.creation_timestamp_ms.desc(), logged_models.c.model_id)
    return [ModelRow(*row[: len(COLUMNS)]) for row in connection.execute(statement.limit(limit).offset(offset))]


def _where(condition: Condition, datasets: Sequence[Dataset]) -> ColumnElement[bool]:
    if condition.kind == "attributes":
        return compared(logged_models.c[condition.key], condition.operator, condition.value)
    if condition.kind == "metrics":
        latest = _latest(condition.key, datasets)
        matches = and_(compared(latest.c.value, condition.operator, condition.value), ~latest.c.is_nan)
        if condition.operator == "!=":
            matches = or_(latest.c.value != condition.value, latest.c.is_nan)
        return logged_models.c.model_id.in_(select(latest.c.model_id).where(matches))
    table = TABLES[condition.kind]
    there = select(table.c.key).where(table.c.model_id == logged_models.c.model_id, table.c.key == condition.key)
    return exists(there.where(compared(table.c.value, condition.operator, condition.value)))


def _on(datasets: Sequence[Dataset]) -> ColumnElement[bool]:
    columns = logged_model_metrics.c
    return or_(
        *[
            columns.dataset_name == name if digest is None else and_(columns.dataset_name == name, columns.dataset_digest == digest)
            for name, digest in datasets
        ]
    )


def _latest(key: str, *restrictions: Sequence[Dataset]) -> Subquery:
    """The latest value of a metric for each model: of the highest step, then time, then value. Every restriction must hold."""
    columns = logged_model_metrics.c
    newest = (columns.step.desc(), columns.timestamp.desc(), columns.value.desc())
    ranked = (
        select(
            columns.model_id,
            columns.value,
            columns.is_nan,
            func.row_number().over(partition_by=columns.model_id, order_by=newest).label("rank"),
        )
        .where(columns.key == key, *[_on(each) for each in restrictions if each])
        .subquery()
    )
    return select(ranked).where(ranked.c.rank == 1).subquery()


def _ordered(connection: Connection, statement: Select[Any], order: Order, datasets: Sequence[Dataset]) -> Select[Any]:
    """Values first, in either direction, then models that have none."""
    if order.kind == "attributes":
        column: ColumnElement[Any] = logged_models.c[order.key]
        missing: ColumnElement[int] = case((column.is_(None), 1), else_=0)
    else:
        latest = _latest(order.key, datasets, [(order.dataset_name, order.dataset_digest)] if order.dataset_name else [])
        statement = statement.outerjoin(latest, latest.c.model_id == logged_models.c.model_id)
        column = latest.c.value
        missing = case((column.is_(None), 2), (latest.c.is_nan, 1), else_=0)
    column = in_bytes(connection, column)
    return statement.order_by(missing, column if order.ascending else column.desc())
