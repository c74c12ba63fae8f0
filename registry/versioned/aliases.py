"""Aliases that people point at versions: a check may refuse it, and what happens is written down."""

from collections.abc import Callable

from sqlalchemy import Connection

from registry.models.moves import Moves
from registry.models.moves_store import insert_move
from registry.models.types import Move
from registry.runs.types import Metadata
from registry.versioned.store import VersionedStore
from registry.versioned.types import Number, ThingT, VersionT

__all__ = ("point_alias",)


async def point_alias(
    metadata: Metadata,
    moves: Moves,
    store: VersionedStore[ThingT, VersionT, Number],
    version: Number,
    intended: Callable[[Connection], tuple[ThingT, Move]],
) -> None:
    """Make the move that ``intended`` finds, which raises where there is nothing to point at. Raises ``MoveRefused``."""

    def write(connection: Connection) -> None:
        store.hold(connection, intended(connection)[0])
        thing, move = intended(connection)  # as it is now that nobody else changes it
        store.put_alias(connection, thing.id, move.alias, version)
        if move.before != move.after:
            insert_move(connection, move)

    if moves.checked:
        _, move = await metadata.read(intended)
        await moves.permit(move)
    await metadata.run(write)
