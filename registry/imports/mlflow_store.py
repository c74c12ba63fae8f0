"""A database of MLflow's, read without MLflow: its tables as they are found, since their columns differ from release to release."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, func, inspect, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from typing_extensions import override

from registry.imports import mlflow_genai
from registry.imports.genai_types import DatasetRecord, EvaluationDataset, Scorer
from registry.imports.mlflow_rows import Row, logged_model_of, pairs, point_of, read_dataset_of, run_of, version_of, workspace_of
from registry.imports.mlflow_schema import check_revision
from registry.imports.source import Source, SourceRefused, Totals
from registry.imports.traces import Trace, trace_of
from registry.imports.types import Experiment, History, LoggedModel, ReadDataset, RegisteredModel, Run, Version, Webhook

__all__ = ("MlflowDatabase",)

PAGE: Final = 200
"""Runs that are read at once."""

TRACES: Final = 50
"""Traces that are read at once, with their spans."""

POINTS: Final = 10_000
"""Points that are read at once."""

TABLES: Final = (
    "experiments", "experiment_tags", "runs", "tags", "params", "latest_metrics", "metrics", "datasets", "inputs", "input_tags",
    "logged_models", "logged_model_params", "logged_model_tags", "logged_model_metrics", "registered_models", "registered_model_tags",
    "registered_model_aliases", "model_versions", "model_version_tags", "trace_info",
    "trace_tags", "trace_request_metadata", "spans", "assessments", "webhooks", "webhook_events", *mlflow_genai.TABLES,
)  # fmt: skip


class MlflowDatabase(Source):
    """Reads only. Tables that a release did not have yet are as if empty."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tables = _reflected(engine)

    @classmethod
    def open(cls, url: str) -> "MlflowDatabase":
        """Open a database by its SQLAlchemy URL. Raises ``SourceRefused``."""
        try:
            engine = create_engine(url, poolclass=NullPool)
            _refuse_absent_file(engine)
            with engine.connect() as connection:
                check_revision(_revision(connection))
            return cls(engine)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise SourceRefused(f"The source is no URL of a database that can be read here: {error}.") from error
        except SQLAlchemyError as error:
            raise SourceRefused(f"The database cannot be read: {str(error).partition(chr(10))[0]}") from error

    @override
    def totals(self) -> Totals:
        return Totals(*(self._count(name) for name in ("experiments", "runs", "logged_models", "registered_models")))

    @override
    def experiments(self) -> Iterator[Experiment]:
        tags = self._grouped("experiment_tags", "experiment_id")
        for row in self._rows("experiments", order=("experiment_id",)):
            number = row["experiment_id"]
            yield Experiment(
                experiment_id=str(number),
                name=row["name"],
                artifact_location=row["artifact_location"] or "",
                lifecycle_stage=row["lifecycle_stage"] or "active",
                creation_time=row.get("creation_time") or 0,
                last_update_time=row.get("last_update_time") or row.get("creation_time") or 0,
                tags=pairs(tags.get(number, [])),
                workspace=workspace_of(row),
            )

    @override
    def runs(self, experiment_id: str) -> Iterator[list[Run]]:
        rows = self._rows("runs", {"experiment_id": [int(experiment_id)]}, order=("run_uuid",))
        for page in _pages(rows, PAGE):
            yield self._whole_runs(page)

    @override
    def point_counts(self, run_ids: list[str]) -> dict[str, int]:
        metrics = self._tables["metrics"]
        query = select(metrics.c.run_uuid, func.count()).where(metrics.c.run_uuid.in_(run_ids)).group_by(metrics.c.run_uuid)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    @override
    def histories(self, run: Run) -> Iterator[History]:
        for page in _pages(self._rows("metrics", {"run_uuid": [run.run_id]}, order=("key", "step")), POINTS):
            yield History(run.run_id, [point_of(row) for row in page])

    @override
    def logged_models(self, experiment_id: str) -> Iterator[LoggedModel]:
        rows = self._rows("logged_models", {"experiment_id": [int(experiment_id)]}, order=("model_id",))
        for page in _pages(rows, PAGE):
            of = {"model_id": [row["model_id"] for row in page]}
            params, tags, metrics = (
                self._grouped(name, "model_id", of) for name in ("logged_model_params", "logged_model_tags", "logged_model_metrics")
            )
            for row in page:
                yield logged_model_of(row, *(found.get(row["model_id"], []) for found in (params, tags, metrics)))

    @override
    def traces(self, experiment_id: str) -> Iterator[list[Trace]]:
        rows = self._rows("trace_info", {"experiment_id": [int(experiment_id)]}, order=("timestamp_ms", "request_id"))
        for page in _pages(rows, TRACES):
            ids = [row["request_id"] for row in page]
            tags, said = (self._grouped(name, "request_id", {"request_id": ids}) for name in ("trace_tags", "trace_request_metadata"))
            spans, assessed = (self._grouped(name, "trace_id", {"trace_id": ids}) for name in ("spans", "assessments"))
            runs, prompts = (self._linked(ids, kind) for kind in ("run", "prompt_version"))
            yield [
                msgspec.structs.replace(
                    trace_of(row, *(found.get(trace_id, []) for found in (tags, said, spans, assessed))),
                    runs=runs.get(trace_id, []),
                    prompts=prompts.get(trace_id, []),
                )
                for row, trace_id in zip(page, ids, strict=True)
            ]

    def _linked(self, trace_ids: Sequence[str], kind: str) -> dict[str, list[str]]:
        """What traces were linked to."""
        of = {"source_type": ["trace"], "source_id": trace_ids, "destination_type": [kind]}
        found = self._grouped("entity_associations", "source_id", of)
        return {trace_id: [row["destination_id"] for row in rows] for trace_id, rows in found.items()}

    @override
    def registered_models(self) -> Iterator[RegisteredModel]:
        tags, aliases = self._of_names("registered_model_tags"), self._of_names("registered_model_aliases")
        for row in self._rows("registered_models", order=("name",)):
            name, named = row["name"], (workspace_of(row), row["name"])
            yield RegisteredModel(
                name=name,
                description=row["description"] or "",
                created_at=row["creation_time"] or 0,
                updated_at=row["last_updated_time"] or row["creation_time"] or 0,
                tags=pairs(tags.get(named, [])),
                aliases={each["alias"]: each["version"] for each in aliases.get(named, [])},
                versions=self._versions(*named),
                workspace=named[0],
            )

    @override
    def scorers(self, experiment_id: str) -> Iterator[Scorer]:
        for row in self._rows("scorers", {"experiment_id": [int(experiment_id)]}, order=("scorer_name",)):
            of = {"scorer_id": [row["scorer_id"]]}
            yield mlflow_genai.scorer_of(row, [*self._rows("scorer_versions", of, order=("scorer_version",))])

    @override
    def evaluation_datasets(self) -> Iterator[EvaluationDataset]:
        tags = self._grouped("evaluation_dataset_tags", "dataset_id")
        shared = self._grouped(
            "entity_associations", "source_id", {"source_type": ["evaluation_dataset"], "destination_type": ["experiment"]}
        )
        for row in self._rows("evaluation_datasets", order=("dataset_id",)):
            dataset_id = row["dataset_id"]
            experiments = [each["destination_id"] for each in shared.get(dataset_id, [])]
            yield mlflow_genai.dataset_of(row, tags.get(dataset_id, []), experiments)

    @override
    def dataset_records(self, dataset_id: str) -> Iterator[list[DatasetRecord]]:
        rows = self._rows("evaluation_dataset_records", {"dataset_id": [dataset_id]}, order=("created_time", "dataset_record_id"))
        for page in _pages(rows, PAGE):
            yield [mlflow_genai.record_of(row) for row in page]

    @override
    def webhooks(self) -> Iterator[Webhook]:
        events = self._grouped("webhook_events", "webhook_id")
        for row in self._rows("webhooks", order=("creation_timestamp", "webhook_id")):
            if row["deleted_timestamp"] is None:
                told = sorted((each["entity"].upper(), each["action"].upper()) for each in events.get(row["webhook_id"], []))
                yield Webhook(name=row["name"], description=row["description"] or "", url=row["url"], events=told)

    def _of_names(self, table: str) -> dict[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self._rows(table):
            found.setdefault((workspace_of(row), row["name"]), []).append(row)
        return found

    def _versions(self, workspace: str, name: str) -> list[Version]:
        tags: dict[int, list[Row]] = {}
        for tag in self._rows("model_version_tags", {"name": [name]}):
            if workspace_of(tag) == workspace:
                tags.setdefault(tag["version"], []).append(tag)
        rows = [row for row in self._rows("model_versions", {"name": [name]}, order=("version",)) if workspace_of(row) == workspace]
        # A deleted version leaves its row behind, so that its number is not given again.
        return [version_of(row, tags.get(row["version"], [])) for row in rows if row["current_stage"] != "Deleted_Internal"]

    def _whole_runs(self, rows: Sequence[Row]) -> list[Run]:
        of = {"run_uuid": [row["run_uuid"] for row in rows]}
        params, tags, metrics = (self._grouped(name, "run_uuid", of) for name in ("params", "tags", "latest_metrics"))
        datasets, inputs, outputs = self._links(of["run_uuid"])
        return [
            run_of(
                row,
                params=pairs(params.get(row["run_uuid"], [])),
                tags=pairs(tags.get(row["run_uuid"], [])),
                metrics=[point_of(each) for each in metrics.get(row["run_uuid"], [])],
                datasets=datasets.get(row["run_uuid"], []),
                model_inputs=inputs.get(row["run_uuid"], []),
                model_outputs=outputs.get(row["run_uuid"], []),
            )
            for row in rows
        ]

    def _links(self, run_ids: list[str]) -> tuple[dict[str, list[ReadDataset]], dict[str, list[str]], dict[str, list[tuple[str, int]]]]:
        """Datasets, model inputs and model outputs by run; MLflow keeps them all in one table of associations."""
        read = self._rows("inputs", {"destination_id": run_ids, "destination_type": ["RUN"]})
        links = [*read, *self._rows("inputs", {"source_id": run_ids, "source_type": ["RUN_INPUT", "RUN_OUTPUT"]})]
        facts = {row["dataset_uuid"]: row for row in self._rows("datasets", {"dataset_uuid": _sources(links, "DATASET")})}
        tags = self._grouped("input_tags", "input_uuid", {"input_uuid": [link["input_uuid"] for link in links]})
        datasets: dict[str, list[ReadDataset]] = {}
        inputs: dict[str, list[str]] = {}
        outputs: dict[str, list[tuple[str, int]]] = {}
        for link in links:
            if link["source_type"] == "DATASET" and link["source_id"] in facts:
                found = read_dataset_of(facts[link["source_id"]], tags.get(link["input_uuid"], []))
                datasets.setdefault(link["destination_id"], []).append(found)
            elif link["source_type"] == "RUN_OUTPUT":
                outputs.setdefault(link["source_id"], []).append((link["destination_id"], link.get("step") or 0))
            elif link["source_type"] == "RUN_INPUT":
                inputs.setdefault(link["source_id"], []).append(link["destination_id"])
        return datasets, inputs, outputs

    def _count(self, name: str) -> int:
        if name not in self._tables:
            return 0
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(self._tables[name])).scalar_one()

    def _rows(self, name: str, of: Mapping[str, Sequence[Any]] | None = None, order: Sequence[str] = ()) -> Iterator[Row]:
        """Rows whose columns have one of the values that are named, a few at a time."""
        table = self._tables.get(name)
        if table is None or (of is not None and not all(of.values())):
            return
        query = select(table).order_by(*(table.c[column] for column in order))
        for column, values in (of or {}).items():
            query = query.where(table.c[column].in_(values))
        with self._engine.connect() as connection:
            yield from connection.execution_options(yield_per=1000).execute(query).mappings()

    def _grouped(self, name: str, key: str, of: Mapping[str, Sequence[Any]] | None = None) -> dict[Any, list[Row]]:
        found: dict[Any, list[Row]] = {}
        for row in self._rows(name, of):
            found.setdefault(row[key], []).append(row)
        return found


def _refuse_absent_file(engine: Engine) -> None:
    """SQLite would make the file: a misspelt path would be an empty database, there from then on."""
    file = engine.url.database
    if engine.url.get_backend_name() == "sqlite" and file and not Path(file).exists():
        raise SourceRefused(f"There is no file {file}.")


def _reflected(engine: Engine) -> dict[str, Table]:
    there = set(inspect(engine).get_table_names())
    metadata = MetaData()
    return {name: Table(name, metadata, autoload_with=engine, resolve_fks=False) for name in TABLES if name in there}


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(select(Table("alembic_version", MetaData(), autoload_with=connection).c.version_num))
    return found


def _pages(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    page: list[Row] = []
    for row in rows:
        page.append(row)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page


def _sources(links: Sequence[Row], kind: str) -> list[str]:
    return list({link["source_id"] for link in links if link["source_type"] == kind})
