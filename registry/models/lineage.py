"""What the registry asks of runs and logged models: where their files lie, and that a logged model remembers its versions."""

from typing import Protocol

import msgspec
from sqlalchemy import Connection
from typing_extensions import override

__all__ = ("Lineage", "LoggedModelSource", "NoLineage")


class LoggedModelSource(msgspec.Struct, frozen=True):
    """A logged model, as far as a version that comes from it needs to know."""

    artifact_uri: str
    source_run_id: str


class Lineage(Protocol):
    """Runs and logged models, in the transaction of the registry. ``None`` stands for "there is none of this identifier"."""

    def run_artifact_uri(self, connection: Connection, run_id: str) -> str | None:
        """The place of a run's files."""
        ...

    def logged_model(self, connection: Connection, model_id: str) -> LoggedModelSource | None:
        """The place of a logged model's files, and the run that it came from."""
        ...

    def link_version(self, connection: Connection, model_id: str, name: str, version: int) -> None:
        """Note on a logged model (tag ``mlflow.modelVersions``) that a version was made of it."""
        ...


class NoLineage(Lineage):
    """For a registry that stands alone."""

    @override
    def run_artifact_uri(self, connection: Connection, run_id: str) -> str | None:
        """There are no runs."""
        return None

    @override
    def logged_model(self, connection: Connection, model_id: str) -> LoggedModelSource | None:
        """There are no logged models."""
        return None

    @override
    def link_version(self, connection: Connection, model_id: str, name: str, version: int) -> None:
        """Nothing to note it on."""
