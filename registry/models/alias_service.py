"""Aliases and stages as MLflow's clients know them. What moves here is asked about first, and written down."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from registry.actor import CURRENT
from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.models import store
from registry.models.clock import now
from registry.models.finding import find_model, find_version, hold, hold_version
from registry.models.messages import (
    DeleteRegisteredModelAlias,
    GetModelVersionByAlias,
    SetRegisteredModelAlias,
    WithVersion,
)
from registry.models.moves import Metadata, Moves, alias_move, stage_move
from registry.models.names import check_alias, check_model_name, check_movable, read_stage
from registry.models.registrar import Registrar
from registry.models.types import ACTIVE_STAGES, LATEST, ModelVersion, Move
from registry.models.version_messages import TransitionModelVersionStage
from registry.models.views import version_view

__all__ = ("AliasService",)

NO_STAGE_TO_CLEAR: Final = (
    "Model version transition cannot archive existing model versions because '{}' is not an Active stage. Valid stages are {}"
)


class AliasService:
    """What points at versions. Methods raise the tree of ``registry.errors``, ``MoveRefused`` when a check refuses.

    ``changed`` is told the name of each that changed: what is remembered of it elsewhere is stale.
    """

    def __init__(self, metadata: Metadata, registrar: Registrar, moves: Moves, changed: Callable[[str], None]) -> None:
        self._metadata = metadata
        self._registrar = registrar
        self._moves = moves
        self._changed = changed

    async def set(self, request: SetRegisteredModelAlias) -> None:
        """Point an alias at a version."""
        check_model_name(request.name)
        check_movable(request.alias)
        actor = CURRENT.get()

        def intended(connection: Connection) -> Move:
            version = find_version(connection, request.name, request.version)
            before = store.resolve(connection, request.name, request.alias)
            return alias_move(version.kind, version.name, request.alias, before, version.version, now(), actor)

        def write(connection: Connection) -> None:
            version = hold_version(connection, request.name, request.version)
            self._registrar.set_alias(connection, version, request.alias, now(), actor)

        await self._permit(intended)
        await self._metadata.run(write)
        self._changed(request.name)

    async def delete(self, request: DeleteRegisteredModelAlias) -> None:
        """Remove an alias. One that is not there is no error."""
        check_model_name(request.name)
        check_alias(request.alias)
        actor = CURRENT.get()

        def write(connection: Connection) -> None:
            hold(connection, request.name)
            number = store.resolve(connection, request.name, request.alias)
            if number is not None and request.alias.lower() != LATEST:
                version = find_version(connection, request.name, str(number))
                self._registrar.delete_alias(connection, version, request.alias, now(), actor)

        await self._metadata.run(write)
        self._changed(request.name)

    async def get(self, request: GetModelVersionByAlias) -> WithVersion:
        """The version that an alias points at, or the newest for ``latest``."""
        check_model_name(request.name)
        check_alias(request.alias)

        def read(connection: Connection) -> ModelVersion:
            alias = LATEST if request.alias.lower() == LATEST else request.alias
            number = store.resolve(connection, request.name, alias)
            if number is not None:
                return find_version(connection, request.name, str(number))
            find_model(connection, request.name)
            if alias == LATEST:
                raise ResourceDoesNotExist(f"Latest version not found for model {request.name}.")
            raise InvalidParameterValue(f"Registered model alias {request.alias} not found.")

        return WithVersion(model_version=version_view(await self._metadata.read(read)))

    async def transition(self, request: TransitionModelVersionStage) -> WithVersion:
        """Move a version to a stage; what is there goes to ``Archived``, if that is asked for."""
        stage = read_stage(request.stage)
        archive = bool(request.archive_existing_versions)
        if archive and stage not in ACTIVE_STAGES:
            raise InvalidParameterValue(NO_STAGE_TO_CLEAR.format(request.stage, list(ACTIVE_STAGES)))
        actor = CURRENT.get()

        def write(connection: Connection) -> ModelVersion:
            version = hold_version(connection, request.name, request.version)
            self._registrar.set_stage(connection, version, stage, now(), actor, archive_others=archive)
            return find_version(connection, request.name, request.version)

        await self._permit(lambda connection: stage_move(find_version(connection, request.name, request.version), stage, now(), actor))
        moved = await self._metadata.run(write)
        self._changed(request.name)
        return WithVersion(model_version=version_view(moved))

    async def _permit(self, intended: Callable[[Connection], Move]) -> None:
        if self._moves.checked:
            await self._moves.permit(await self._metadata.read(intended))
