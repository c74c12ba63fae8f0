"""SQL of a search for experiments."""

from sqlalchemy import ColumnElement, Connection, exists, select

from registry.runs.experiment_search import Condition, ExperimentSearch
from registry.runs.experiment_store import COLUMNS, ExperimentRow
from registry.runs.messages import ViewType
from registry.search.comparison_store import compared, in_bytes
from storage.run_tables import experiment_tags, experiments

__all__ = ("search_experiments",)


def search_experiments(
    connection: Connection, search: ExperimentSearch, view: ViewType, workspace: str | None, *, offset: int, limit: int
) -> list[ExperimentRow]:
    """The experiments that a search finds in a workspace, or in all of them, in its order."""
    statement = select(*COLUMNS).where(*[_where(condition) for condition in search.conditions])
    if workspace is not None:
        statement = statement.where(experiments.c.workspace == workspace)
    if view is not ViewType.ALL:
        statement = statement.where(experiments.c.lifecycle_stage == ("active" if view is ViewType.ACTIVE_ONLY else "deleted"))
    orders = [in_bytes(connection, experiments.c[key]) for key, _ in search.order]
    statement = statement.order_by(*[column if up else column.desc() for column, (_, up) in zip(orders, search.order, strict=True)])
    return [ExperimentRow(*row) for row in connection.execute(statement.limit(limit).offset(offset))]


def _where(condition: Condition) -> ColumnElement[bool]:
    if condition.kind == "attribute":
        return compared(experiments.c[condition.key], condition.operator, condition.value)
    there = select(experiment_tags.c.key).where(
        experiment_tags.c.experiment_id == experiments.c.experiment_id, experiment_tags.c.key == condition.key
    )
    if condition.operator == "IS NULL":
        return ~exists(there)
    if condition.operator == "IS NOT NULL":
        return exists(there)
    return exists(there.where(compared(experiment_tags.c.value, condition.operator, condition.value)))
