"""Where the files of a run, a logged model or a version begin: URIs, read from the metadata database."""

from sqlalchemy import Connection

from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.logged_models import store as logged_models
from registry.models.names import read_version
from registry.models.reading_store import read_version as find_version
from registry.models.uris import parse_run_uri
from registry.runs.reading import find_run
from registry.runs.types import Metadata

__all__ = ("ArtifactRoots",)


class ArtifactRoots:
    """Each method raises ``ResourceDoesNotExist`` for what is not there."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    async def of_run(self, run_id: str) -> str:
        """The ``artifact_uri`` of a run, deleted or not."""
        return await self._metadata.read(lambda connection: find_run(connection, run_id).artifact_uri)

    async def of_logged_model(self, model_id: str) -> str:
        """The ``artifact_uri`` of a logged model that is not deleted."""
        return await self._metadata.read(lambda connection: _of_logged_model(connection, model_id))

    async def of_version(self, name: str, version: str) -> str:
        """The place of a version's files, with ``runs:/`` resolved."""
        return await self._metadata.read(lambda connection: _of_version(connection, name, version))


def _of_logged_model(connection: Connection, model_id: str) -> str:
    row = logged_models.read_model(connection, model_id)
    if row is None or row.lifecycle_stage == "deleted":
        raise ResourceDoesNotExist(f"Logged model with ID '{model_id}' not found.")
    return row.artifact_location


def _of_version(connection: Connection, name: str, version: str) -> str:
    found = find_version(connection, name, read_version(version))
    if found is None:
        raise ResourceDoesNotExist(f"Model Version (name={name}, version={version}) not found")
    location = found.storage_location or found.source
    if not location:
        raise InvalidParameterValue(f"Model Version (name={name}, version={version}) has no files.")
    if location.startswith("runs:"):
        run_id, path = parse_run_uri(location)
        return f"{find_run(connection, run_id).artifact_uri}/{path}"
    return location
