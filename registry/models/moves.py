"""Moves of aliases and stages: asked about before they happen, and written down whether they happen or not."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec
from sqlalchemy import Connection

from registry.actor import Actor
from registry.errors import PermissionDenied
from registry.models.moves_store import insert_move, read_moves
from registry.models.types import Kind, ModelVersion, Move, MoveKind, MovePage, Stage
from registry.workspaces.scope import unscoped

__all__ = ("Metadata", "MoveCheck", "MoveRefused", "Moves", "alias_move", "named_move", "stage_move")

T = TypeVar("T")


class Metadata(Protocol):
    """The metadata database, as the registry needs it."""

    async def run(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` in a worker thread, within one transaction."""
        ...

    async def share(self, work: Callable[[Connection], T]) -> T:
        """The same, in a transaction that others may share; ``work`` may be called more than once, and only its last call counts."""
        ...

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """The same for work that only reads."""
        ...


class MoveCheck(Protocol):
    """Whoever has a say in a move: an evaluation gate, for instance."""

    @property
    def name(self) -> str:
        """The name of the check in the log."""
        ...

    async def refusal(self, move: Move) -> str | None:
        """Why the move may not happen, ``None`` when it may. What is removed is not asked about."""
        ...


class MoveRefused(PermissionDenied):
    """A check has spoken against a move."""


def alias_move(kind: Kind, name: str, alias: str, before: int | None, after: int | None, at: datetime, actor: Actor) -> Move:
    """An alias that goes from one version to another, appears (no ``before``) or is removed (no ``after``)."""
    return Move(
        kind=kind,
        name=name,
        field="alias",
        alias=alias,
        version=after or before or 0,
        before=_said(before),
        after=_said(after),
        actor=actor.name,
        reason=actor.reason,
        at=at,
    )


def named_move(kind: MoveKind, name: str, alias: str, before: str, after: str, at: datetime, actor: Actor) -> Move:
    """The same for versions that are no numbers, or of other things than models and prompts."""
    said = after or before
    return Move(
        kind=kind,
        name=name,
        field="alias",
        alias=alias,
        version=int(said) if kind == "skill" else 0,
        before=before,
        after=after,
        actor=actor.name,
        reason=actor.reason,
        at=at,
    )


def stage_move(version: ModelVersion, stage: Stage, at: datetime, actor: Actor) -> Move:
    """A version that leaves its stage for another."""
    return Move(
        kind=version.kind,
        name=version.name,
        field="stage",
        version=version.version,
        before=version.stage,
        after=stage,
        actor=actor.name,
        reason=actor.reason,
        at=at,
    )


class Moves:
    """The checks, and the log."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata
        self._checks: list[MoveCheck] = []

    @property
    def checked(self) -> bool:
        """Whether anybody is asked at all."""
        return bool(self._checks)

    def register(self, check: MoveCheck) -> None:
        """Ask ``check``, too, from now on."""
        self._checks.append(check)

    async def permit(self, move: Move) -> None:
        """Ask all checks. Raises ``MoveRefused`` when one refuses, which is then in the log."""
        for check in self._checks:
            if (reason := await check.refusal(move)) is not None:
                refused = msgspec.structs.replace(move, refusal=f"{check.name}: {reason}")
                await self._metadata.run(lambda connection, line=refused: insert_move(connection, line))  # type: ignore[misc]
                raise MoveRefused(f"{_described(move)} was refused by the check '{check.name}': {reason}")

    async def log(self, name: str | None = None, cursor: int | None = None, limit: int = 100) -> MovePage:
        """The newest moves of a name, or of all, behind ``cursor``."""
        found = await self._metadata.read(lambda connection: read_moves(connection, name, cursor, limit + 1))
        page = found[:limit]
        return MovePage(moves=page, next_cursor=page[-1].id if len(found) > limit else None)


def _said(version: int | None) -> str:
    return "" if version is None else str(version)


def _described(move: Move) -> str:
    if move.field == "alias":
        return f"Moving the alias '{move.alias}' of {move.kind} '{unscoped(move.name)}' to version {move.after or move.before}"
    return f"Moving version {move.version} of {move.kind} '{unscoped(move.name)}' to stage {move.after}"
