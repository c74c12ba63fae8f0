"""Many runs written straight into MLflow's database, as its server would write them: asked for one by one, they take it minutes."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import MetaData, create_engine

from bench.registry.seeding import SeededRun

__all__ = ("store_runs",)

TABLES: Final = ("runs", "metrics", "latest_metrics", "params", "tags")
AT_ONCE: Final = 1000


def store_runs(database: str, experiment_id: str, artifacts: str, runs: Iterator[SeededRun]) -> None:
    """``database``: its URL for SQLAlchemy; ``artifacts``: the artifact location of the experiment. Raises SQLAlchemy's errors."""
    engine = create_engine(database)
    tables = MetaData()
    tables.reflect(engine, only=list(TABLES))
    while some := list(islice(runs, AT_ONCE)):
        rows = _rows(experiment_id, artifacts, some)
        with engine.begin() as connection:
            for name in TABLES:
                connection.execute(tables.tables[name].insert(), rows[name])
    engine.dispose()


def _rows(experiment_id: str, artifacts: str, runs: Sequence[SeededRun]) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for run in runs:
        run_id = uuid4().hex
        own = {"run_uuid": run_id}
        rows["runs"].append(
            {
                **own,
                "name": run.name,
                "source_type": "UNKNOWN",
                "source_name": "",
                "entry_point_name": "",
                "user_id": "",
                "status": "RUNNING",
                "start_time": run.number,
                "source_version": "",
                "lifecycle_stage": "active",
                "artifact_uri": f"{artifacts}/{run_id}/artifacts",
                "experiment_id": int(experiment_id),
            }
        )
        points = [{**own, "key": key, "value": value, "timestamp": 1, "step": 1, "is_nan": False} for key, value in run.metrics.items()]
        rows["metrics"] += points
        rows["latest_metrics"] += points
        rows["params"] += [{**own, "key": key, "value": value} for key, value in run.params.items()]
        rows["tags"] += [{**own, "key": key, "value": value} for key, value in {**run.tags, "mlflow.runName": run.name}.items()]
    return rows
