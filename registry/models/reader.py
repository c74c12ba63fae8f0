"""Models as our own API, the command line and the pages read them."""

from collections.abc import Sequence

from sqlalchemy import Connection

from registry.models import reading_store, store
from registry.models.finding import find_model, no_version
from registry.models.moves import Metadata
from registry.models.names import read_stage
from registry.models.search import parse_model_search
from registry.models.search_store import search_models
from registry.models.types import LATEST, STAGES, ModelVersion, Page, RegisteredModel
from registry.workspaces.scope import current

__all__ = ("ModelReader",)


class ModelReader:
    """Reads names and versions. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    async def search(self, filter: str | None = None, *, offset: int = 0, limit: int = 100) -> Page:
        """A page of models by name, or of those that a filter in MLflow's language finds."""
        search, workspace = parse_model_search(filter, ()), current()
        found = await self._metadata.read(lambda connection: search_models(connection, search, workspace, offset=offset, limit=limit + 1))
        return Page(models=found[:limit], next_offset=offset + limit if len(found) > limit else None)

    async def model(self, name: str) -> RegisteredModel:
        """One name."""
        return await self._metadata.read(lambda connection: find_model(connection, name))

    async def versions(self, name: str, limit: int = 100) -> Sequence[ModelVersion]:
        """The newest versions of a name, newest first."""

        def read(connection: Connection) -> Sequence[ModelVersion]:
            find_model(connection, name)
            return reading_store.read_newest(connection, name, limit)

        return await self._metadata.read(read)

    async def version(self, name: str, selector: str) -> ModelVersion:
        """One version, by number, alias, ``latest``, or as the newest of a stage."""

        def read(connection: Connection) -> ModelVersion:
            number = _number(connection, name, selector)
            found = None if number is None else reading_store.read_version(connection, name, number)
            if found is None:
                find_model(connection, name)
                raise no_version(name, selector)
            return found

        return await self._metadata.read(read)


def _number(connection: Connection, name: str, selector: str) -> int | None:
    if selector.isascii() and selector.isdigit():
        return int(selector) if len(selector) < 10 else None
    if (pointed := store.resolve(connection, name, selector)) is not None or selector == LATEST:
        return pointed
    if selector.capitalize() not in STAGES:
        return None
    stage = read_stage(selector)
    return next((each.version for each in find_model(connection, name).latest_versions if each.stage == stage), None)
