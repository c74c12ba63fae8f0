"""The changes of the registry: each within the caller's transaction, written to the log of moves, and told to the sink of events.

Everything that changes models or prompts goes through here, whichever API asked for it. What must exist, the caller has made sure of.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from registry.actor import Actor
from registry.events import EventSink, NoEvents
from registry.models import events, store
from registry.models.moves import alias_move, stage_move
from registry.models.moves_store import insert_move
from registry.models.types import Kind, ModelVersion, Move, NewVersion, RegisteredModel, Stage

__all__ = ("Registrar",)


class Registrar:
    """Makes changes. Call it in a worker thread, with the connection of a transaction that writes."""

    def __init__(self, sink: EventSink | None = None) -> None:
        self._sink = sink or NoEvents()

    def create(self, connection: Connection, model: RegisteredModel) -> bool:
        """Take a name; ``False`` when it is taken."""
        if not store.insert_model(connection, model):
            return False
        self._sink.publish(connection, events.created(model))
        return True

    def rename(self, connection: Connection, kind: Kind, name: str, new_name: str, at: datetime) -> None:
        """Rename a model. Raises ``IntegrityError`` when the new name is taken."""
        store.rename_model(connection, name, new_name, at)
        self._sink.publish(connection, events.renamed(kind, name, new_name))

    def delete(self, connection: Connection, model: RegisteredModel, at: datetime, actor: Actor) -> None:
        """Remove a name and everything under it; that its aliases are gone is in the log, too."""
        for alias, version in model.aliases.items():
            self._log(connection, alias_move(model.kind, model.name, alias, version, None, at, actor))
        store.delete_model(connection, model.name)
        self._sink.publish(connection, events.deleted(model.kind, model.name))

    def describe(self, connection: Connection, name: str, version: int | None, description: str, at: datetime) -> None:
        """Change what is said of a name, or of a version of it."""
        if version is None:
            store.describe_model(connection, name, description, at)
        else:
            store.describe_version(connection, name, version, description, at)

    def add_version(self, connection: Connection, new: NewVersion, at: datetime, actor: Actor) -> ModelVersion:
        """Store the next version of a name, and point its aliases at it."""
        number = store.take_number(connection, new.name, at)
        version = ModelVersion(
            **{field: getattr(new, field) for field in new.__struct_fields__},
            version=number,
            kind=new.kind,
            created_at=at,
            updated_at=at,
        )
        moves = [self._alias_move(connection, version, alias, at, actor) for alias in version.aliases]
        store.insert_version(connection, version)
        self._sink.publish(connection, events.version_created(version))
        for move in moves:
            self._log(connection, move)
        return version

    def delete_version(self, connection: Connection, version: ModelVersion, at: datetime, actor: Actor) -> None:
        """Remove a version; aliases that pointed at it are gone, which is in the log, too."""
        for alias in version.aliases:
            self.delete_alias(connection, version, alias, at, actor)
        store.delete_version(connection, version.name, version.version)
        store.touch(connection, version.name, at)
        self._sink.publish(connection, events.version_deleted(version.kind, version.name, version.version))

    def set_alias(self, connection: Connection, version: ModelVersion, alias: str, at: datetime, actor: Actor) -> None:
        """Point an alias at a version."""
        store.touch(connection, version.name, at)
        move = self._alias_move(connection, version, alias, at, actor)
        store.put_alias(connection, version.name, alias, version.version, at)
        self._log(connection, move)

    def delete_alias(self, connection: Connection, version: ModelVersion, alias: str, at: datetime, actor: Actor) -> None:
        """Remove an alias that points at a version."""
        store.delete_alias(connection, version.name, alias)
        store.touch(connection, version.name, at)
        self._log(connection, alias_move(version.kind, version.name, alias, version.version, None, at, actor))

    def set_stage(
        self, connection: Connection, version: ModelVersion, stage: Stage, at: datetime, actor: Actor, *, archive_others: bool
    ) -> None:
        """Move a version to a stage, and all others of that stage to ``Archived`` if asked to."""
        if archive_others:
            for other in store.archive_stage(connection, version.name, stage, version.version, at):
                left = msgspec.structs.replace(version, version=other, stage=stage)
                self._log(connection, stage_move(left, "Archived", at, actor))
        store.set_stage(connection, version.name, version.version, stage, at)
        store.touch(connection, version.name, at)
        self._log(connection, stage_move(version, stage, at, actor))

    def set_tag(self, connection: Connection, kind: Kind, name: str, version: int | None, key: str, value: str) -> None:
        """Set a tag of a name, or of a version of it."""
        if version is None:
            store.put_model_tag(connection, name, key, value)
        else:
            store.put_version_tag(connection, name, version, key, value)
        self._sink.publish(connection, events.tag_set(kind, name, version, key, value))

    def delete_tag(self, connection: Connection, kind: Kind, name: str, version: int | None, key: str) -> None:
        """Remove a tag. The event goes out even when there was none, as MLflow does."""
        if version is None:
            store.delete_model_tag(connection, name, key)
        else:
            store.delete_version_tag(connection, name, version, key)
        self._sink.publish(connection, events.tag_deleted(kind, name, version, key))

    def set_text_config(
        self, connection: Connection, version: ModelVersion, config: Mapping[str, Any], key: str, value: str | None
    ) -> None:
        """Change which model a prompt's version wants; for clients that is the tag ``key``."""
        store.set_text_config(connection, version.name, version.version, config)
        if value is None:
            self._sink.publish(connection, events.tag_deleted(version.kind, version.name, version.version, key))
        else:
            self._sink.publish(connection, events.tag_set(version.kind, version.name, version.version, key, value))

    def _alias_move(self, connection: Connection, version: ModelVersion, alias: str, at: datetime, actor: Actor) -> Move:
        before = store.resolve(connection, version.name, alias)
        return alias_move(version.kind, version.name, alias, before, version.version, at, actor)

    def _log(self, connection: Connection, move: Move) -> None:
        insert_move(connection, move)
        self._sink.publish(connection, events.moved(move))
