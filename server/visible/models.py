"""Registered models and the log of moves of the request's workspace, without those whose names may not be read."""

from collections.abc import Sequence

import msgspec

from registry.access.checks import may, require
from registry.models.moves import Moves
from registry.models.reader import ModelReader
from registry.models.types import ModelVersion, Move, MovePage, Page, RegisteredModel
from registry.workspaces.scope import is_here, scoped
from server.visible.names import said

__all__ = ("VisibleModels", "VisibleMoves")


class VisibleModels:
    """As ``ModelReader``. Methods raise ``PermissionDenied``, too."""

    def __init__(self, models: ModelReader) -> None:
        self._models = models

    async def search(self, filter: str | None = None, *, offset: int = 0, limit: int = 100) -> Page:
        """A page of those that may be read, filled as far as there are any."""
        found: list[RegisteredModel] = []
        while True:
            page = await self._models.search(filter, offset=offset, limit=limit - len(found))
            found += [said(model) for model in page.models if may("read", "registered_model", model.name)]
            if page.next_offset is None or len(found) >= limit:
                return msgspec.structs.replace(page, models=found)
            offset = page.next_offset

    async def model(self, name: str) -> RegisteredModel:
        """A model, by its name."""
        kept = scoped(name)
        require("read", "registered_model", kept)
        return said(await self._models.model(kept))

    async def versions(self, name: str, limit: int = 100) -> Sequence[ModelVersion]:
        """The newest versions of a name."""
        kept = scoped(name)
        require("read", "registered_model_version", kept)
        return [said(version) for version in await self._models.versions(kept, limit)]

    async def version(self, name: str, selector: str) -> ModelVersion:
        """One version of a model."""
        kept = scoped(name)
        require("read", "registered_model_version", kept)
        return said(await self._models.version(kept, selector))


class VisibleMoves:
    """As ``Moves.log``."""

    def __init__(self, moves: Moves) -> None:
        self._moves = moves

    async def log(self, name: str | None = None, cursor: int | None = None, limit: int = 100) -> MovePage:
        """The newest moves of a name, or of all names that may be read."""
        kept = None if name is None else scoped(name)
        if kept is not None and not any(may("read", kind, kept) for kind in ("registered_model", "mcp_server", "skill")):
            require("read", "registered_model", kept)
        found: list[Move] = []
        while True:
            page = await self._moves.log(kept, cursor, limit - len(found))
            found += [said(move) for move in page.moves if _is_here(move) and may("read", _resource_of(move), move.name)]
            cursor = page.next_cursor
            if cursor is None or len(found) >= limit:
                return MovePage(moves=found, next_cursor=cursor)


def _resource_of(move: Move) -> str:
    return "registered_model" if move.kind in {"model", "prompt"} else move.kind


def _is_here(move: Move) -> bool:
    return is_here(move.name, slashes=1 if move.kind == "mcp_server" else 0)
