"""MLflow's file store, ``./mlruns`` without a database: a folder for each experiment and run, a file for each param, tag and metric."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import yaml
from typing_extensions import override

from registry.imports.source import Source, SourceRefused, Totals
from registry.imports.traces import Trace, trace_of_file
from registry.imports.types import Experiment, History, LoggedModel, ModelPoint, ReadDataset, RegisteredModel, Run, Version
from registry.runs.checks import clamped
from registry.runs.metrics import Point

__all__ = ("MlflowFiles",)

T = TypeVar("T")
META: Final = "meta.yaml"
MODELS: Final = "models"
TRASH: Final = ".trash"
PAGE: Final = 100
TRACES: Final = 50
POINTS: Final = 10_000
STATUSES: Final = ("", "RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
MODEL_STATUSES: Final = (
    "LOGGED_MODEL_STATUS_UNSPECIFIED",
    "LOGGED_MODEL_PENDING",
    "LOGGED_MODEL_READY",
    "LOGGED_MODEL_UPLOAD_FAILED",
)
VERSION: Final = "version-"


class MlflowFiles(Source):
    """Reads only. Folders that a release did not have yet are as if empty."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._experiments = {
            meta["experiment_id"]: path for path, meta in _described([*_folders(root), *_folders(root / TRASH)]) if "experiment_id" in meta
        }

    @classmethod
    def open(cls, root: Path) -> "MlflowFiles":
        """Open a folder such as ``./mlruns``. Raises ``SourceRefused``."""
        if not root.is_dir():
            raise SourceRefused(f"There is no directory {root}, and {str(root)!r} is no URL of a database or a server either.")
        source = cls(root)
        if not source._experiments:
            raise SourceRefused(f"{root} is no folder of MLflow's: no folder in it has a {META} that names an experiment.")
        return source

    @override
    def totals(self) -> Totals:
        folders = self._experiments.values()
        runs = sum(1 for folder in folders for _ in _runs(folder))
        models = sum(1 for folder in folders for _ in _folders(folder / MODELS))
        return Totals(len(self._experiments), runs, models, sum(1 for _ in _described(_folders(self._root / MODELS))))

    @override
    def experiments(self) -> Iterator[Experiment]:
        for path, meta in _described(self._experiments.values()):
            yield Experiment(
                experiment_id=str(meta["experiment_id"]),
                name=meta["name"],
                artifact_location=meta.get("artifact_location") or "",
                lifecycle_stage=meta.get("lifecycle_stage") or "active",
                creation_time=meta.get("creation_time") or 0,
                last_update_time=meta.get("last_update_time") or meta.get("creation_time") or 0,
                tags=_texts(path / "tags"),
            )

    @override
    def runs(self, experiment_id: str) -> Iterator[list[Run]]:
        yield from _pages((_run(path, meta) for path, meta in _runs(self._experiments[experiment_id])), PAGE)

    @override
    def point_counts(self, run_ids: list[str]) -> dict[str, int]:
        folders = (experiment / run_id for experiment in self._experiments.values() for run_id in run_ids)
        return {folder.name: sum(1 for _ in _points(folder)) for folder in folders if folder.is_dir()}

    @override
    def histories(self, run: Run) -> Iterator[History]:
        folder = self._experiments[run.experiment_id] / run.run_id
        for page in _pages(_points(folder), POINTS):
            yield History(run.run_id, page)

    @override
    def logged_models(self, experiment_id: str) -> Iterator[LoggedModel]:
        for path, meta in _described(_folders(self._experiments[experiment_id] / MODELS)):
            yield _logged_model(path, meta)

    @override
    def traces(self, experiment_id: str) -> Iterator[list[Trace]]:
        yield from _pages(_traces(self._experiments[experiment_id] / "traces"), TRACES)

    @override
    def registered_models(self) -> Iterator[RegisteredModel]:
        for path, meta in _described(_folders(self._root / MODELS)):
            yield RegisteredModel(
                name=meta["name"],
                description=meta.get("description") or "",
                created_at=meta.get("creation_timestamp") or 0,
                updated_at=meta.get("last_updated_timestamp") or 0,
                tags=_texts(path / "tags"),
                aliases={alias: int(version) for alias, version in _texts(path / "aliases").items()},
                versions=[_version(folder, found) for folder, found in _described(_folders(path)) if folder.name.startswith(VERSION)],
            )


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if path.is_dir() and not path.is_symlink()) if parent.is_dir() else []


def _files(parent: Path) -> Iterator[tuple[str, Path]]:
    """Files below a folder by their names, in which a slash makes a folder."""
    if parent.is_dir():
        for path in sorted(parent.rglob("*")):
            if path.is_file():
                yield path.relative_to(parent).as_posix(), path


def _texts(parent: Path) -> dict[str, str]:
    return {name: path.read_text(encoding="utf-8").removesuffix("\n") for name, path in _files(parent)}


def _described(folders: Any) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Folders with what their description says; those without one are none of MLflow's."""
    for folder in folders:
        meta = _yaml(folder / META)
        if meta:
            yield folder, meta


def _yaml(file: Path) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SourceRefused(f"{file} cannot be read: {error}") from error
    return found if isinstance(found, dict) else {}


def _pages(things: Iterator[T], size: int) -> Iterator[list[T]]:
    page: list[T] = []
    for each in things:
        page.append(each)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page


def _runs(experiment: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    return ((path, meta) for path, meta in _described(_folders(experiment)) if "run_id" in meta or "run_uuid" in meta)


def _points(run: Path) -> Iterator[Point]:
    """Each once: what was logged twice is two lines there, and one point here."""
    for key, path in _files(run / "metrics"):
        yield from dict.fromkeys(_point(key, line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def _point(key: str, line: str) -> Point:
    """A line is time, value, and, since MLflow 1.0, step."""
    time, value, *rest = line.split(" ")
    number, is_nan = clamped(float(value))
    return Point(key, int(rest[0]) if rest else 0, int(time), number, is_nan)


def _latest(run: Path) -> list[Point]:
    latest: dict[str, Point] = {}
    for point in _points(run):
        latest[point.key] = max(point, latest.get(point.key, point))
    return list(latest.values())


def _run(path: Path, meta: Mapping[str, Any]) -> Run:
    tags = _texts(path / "tags")
    status = meta.get("status")
    return Run(
        run_id=path.name,
        experiment_id=str(meta["experiment_id"]),
        name=meta.get("run_name") or tags.get("mlflow.runName", ""),
        user_id=meta.get("user_id") or "",
        status=(STATUSES[status] if isinstance(status, int) and 0 < status < len(STATUSES) else "") or "RUNNING",
        start_time=meta.get("start_time") or 0,
        end_time=meta.get("end_time"),
        deleted_time=meta.get("deleted_time"),
        artifact_uri=meta.get("artifact_uri") or "",
        lifecycle_stage=meta.get("lifecycle_stage") or "active",
        params=_texts(path / "params"),
        tags=tags,
        metrics=_latest(path),
        datasets=[dataset for link in _links(path, "DATASET") if (dataset := _dataset(path.parent, link)) is not None],
        model_inputs=[link["source_id"] for link in _links(path, "MODEL")],
        model_outputs=[(folder.name, meta.get("step") or 0) for folder, meta in _described(_folders(path / "outputs"))],
    )


def _links(run: Path, kind: str) -> list[Mapping[str, Any]]:
    return [meta for _, meta in _described(_folders(run / "inputs")) if meta.get("source_type") == kind]


def _dataset(experiment: Path, link: Mapping[str, Any]) -> ReadDataset | None:
    meta = _yaml(experiment / "datasets" / str(link["source_id"]) / META)
    if not meta:
        return None
    named = {name: meta[name] for name in ("name", "digest", "source_type", "source")}
    return ReadDataset(**named, schema=meta.get("schema"), profile=meta.get("profile"), tags=link.get("tags") or {})


def _logged_model(path: Path, meta: Mapping[str, Any]) -> LoggedModel:
    return LoggedModel(
        model_id=path.name,
        experiment_id=str(meta["experiment_id"]),
        name=meta["name"],
        model_type=meta.get("model_type") or "",
        source_run_id=meta.get("source_run_id") or "",
        status=MODEL_STATUSES[meta.get("status") or 0],
        status_message=meta.get("status_message"),
        artifact_location=meta["artifact_location"],
        lifecycle_stage=meta.get("lifecycle_stage") or "active",
        creation_timestamp_ms=meta["creation_timestamp"],
        last_updated_timestamp_ms=meta["last_updated_timestamp"],
        params=_texts(path / "params"),
        tags=_texts(path / "tags"),
        metrics=[
            _model_point(key, line) for key, file in _files(path / "metrics") for line in file.read_text(encoding="utf-8").splitlines()
        ],
    )


def _model_point(key: str, line: str) -> ModelPoint:
    """A line is time, value, step, run, and the name and digest of a dataset if there is one."""
    time, value, step, run_id, *dataset = line.split(" ")
    number, is_nan = clamped(float(value))
    name, digest = dataset if len(dataset) == 2 else (None, None)
    return ModelPoint(
        key=key, value=number, is_nan=is_nan, timestamp=int(time), step=int(step), run_id=run_id, dataset_name=name, dataset_digest=digest
    )


def _version(path: Path, meta: Mapping[str, Any]) -> Version:
    return Version(
        version=int(meta["version"]),
        stage=meta.get("current_stage") or "None",
        description=meta.get("description") or "",
        source=meta.get("source") or "",
        storage_location=meta.get("storage_location") or "",
        run_id=meta.get("run_id") or "",
        run_link=meta.get("run_link") or "",
        created_by=meta.get("user_id") or "",
        created_at=meta.get("creation_timestamp") or 0,
        updated_at=meta.get("last_updated_timestamp") or 0,
        tags=_texts(path / "tags"),
    )


def _traces(parent: Path) -> Iterator[Trace]:
    for folder in _folders(parent):
        info = _yaml(folder / "trace_info.yaml")
        if info:
            assessments = [_yaml(path) for name, path in _files(folder / "assessments") if name.endswith(".yaml")]
            yield trace_of_file(info, _texts(folder / "tags"), _texts(folder / "request_metadata"), _spans(folder), assessments)


def _spans(trace: Path) -> list[dict[str, Any]]:
    try:
        return msgspec.json.decode((trace / "artifacts" / "traces.json").read_bytes(), type=_Spans).spans
    except (OSError, msgspec.MsgspecError):  # spans that were never written, or by a release that wrote them in another form
        return []


class _Spans(msgspec.Struct):
    spans: list[dict[str, Any]] = []
