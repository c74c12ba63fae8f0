"""The files of runs and logged models where they come from: on a disk, or behind a tracking server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import msgspec
from typing_extensions import override

from registry.imports.moves import local_path
from registry.imports.types import Experiment, LoggedModel, Run

__all__ = ("File", "Files", "LocalFiles", "NoFolder")

CHUNK: Final = 1024 * 1024


class NoFolder(Exception):
    """A run says that its files are somewhere, and there is no such folder. The message is the place."""


class File(msgspec.Struct, frozen=True):
    """One file: its path below the root of its run, its size in bytes, and its bytes in pieces, each time they are asked for."""

    path: str
    size: int
    read: Callable[[], Iterator[bytes]]


class Files(Protocol):
    """Both raise ``NoFolder``."""

    def of_run(self, run: Run) -> Iterator[File]:
        """All files of a run, however deep."""
        ...

    def of_logged_model(self, model: LoggedModel) -> Iterator[File]:
        """All files of a logged model."""
        ...

    def of_trace(self, experiment: Experiment, trace_id: str) -> Iterator[File]:
        """All files of a trace, which often has none."""
        ...


class LocalFiles(Files):
    """Files of this machine: where the database says, or, should that be another machine's path, below ``directory``."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    @override
    def of_run(self, run: Run) -> Iterator[File]:
        yield from _below(self._root(run.artifact_uri, f"{run.experiment_id}/{run.run_id}/artifacts"))

    @override
    def of_logged_model(self, model: LoggedModel) -> Iterator[File]:
        yield from _below(self._root(model.artifact_location, f"{model.experiment_id}/models/{model.model_id}/artifacts"))

    @override
    def of_trace(self, experiment: Experiment, trace_id: str) -> Iterator[File]:
        place = f"traces/{trace_id}/artifacts"
        yield from _below(self._root(f"{experiment.artifact_location.rstrip('/')}/{place}", f"{experiment.experiment_id}/{place}"))

    def _root(self, uri: str, usual: str) -> Path:
        """``usual`` is where MLflow puts them below its root of artifacts."""
        candidates = []
        if urlsplit(uri).scheme == "mlflow-artifacts" and self._directory is not None:
            candidates.append(self._directory / unquote(urlsplit(uri).path).strip("/"))
        if (path := local_path(uri)) is not None:
            candidates.append(Path(path))
        if self._directory is not None:
            candidates.append(self._directory / usual)
        for candidate in candidates:
            if candidate.is_dir():
                return candidate
        # MLflow makes the folder with the first file, so that none is what a run without files has.
        if self._directory is None or not self._directory.is_dir():
            raise NoFolder(uri)
        return self._directory / usual


def _below(root: Path) -> Iterator[File]:
    """The files below a folder. A link is the file it leads to, unless that lies elsewhere, where it may be anybody's."""
    inside = root.resolve()
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.resolve().is_relative_to(inside):
            yield File(path.relative_to(root).as_posix(), path.stat().st_size, lambda path=path: _pieces(path))  # type: ignore[misc]  # bound as the loop goes


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece
