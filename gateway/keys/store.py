"""Virtual keys in the metadata database: each function is one step of a transaction. SQLite and PostgreSQL alike."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, update

from config.schema import LimitSettings
from gateway.keys.types import VirtualKey
from storage.key_tables import virtual_keys

__all__ = ("fingerprint", "insert_key", "read_all", "read_key", "set_disabled", "set_revoked")

Fingerprint = tuple[int, datetime | None]


def insert_key(connection: Connection, key: VirtualKey, digest: bytes) -> None:
    """Store a new key. Raises SQLAlchemy's ``IntegrityError`` when a living key has its name."""
    connection.execute(
        insert(virtual_keys).values(
            id=key.id,
            name=key.name,
            digest=digest.hex(),
            prefix=key.prefix,
            team=key.team,
            user=key.user,
            routes=list(key.routes),
            models=list(key.models),
            limits=msgspec.to_builtins(key.limits),
            expires_at=key.expires_at,
            created_at=key.created_at,
            updated_at=key.created_at,
        )
    )


def read_all(connection: Connection) -> dict[bytes, VirtualKey]:
    """Every key by its digest, living ones first, by name."""
    order = (virtual_keys.c.revoked_at.is_not(None), virtual_keys.c.name, virtual_keys.c.created_at)
    return {bytes.fromhex(row.digest): _key(row) for row in connection.execute(select(virtual_keys).order_by(*order))}


def read_key(connection: Connection, name: str) -> VirtualKey | None:
    """The key with this id, or the living one of this name."""
    living = (virtual_keys.c.name == name) & virtual_keys.c.revoked_at.is_(None)
    row = connection.execute(select(virtual_keys).where((virtual_keys.c.id == name) | living)).first()
    return _key(row) if row else None


def set_disabled(connection: Connection, key_id: str, disabled_at: datetime | None, at: datetime) -> None:
    """Switch a key off, or on again."""
    connection.execute(update(virtual_keys).where(virtual_keys.c.id == key_id).values(disabled_at=disabled_at, updated_at=at))


def set_revoked(connection: Connection, key_id: str, at: datetime) -> None:
    """Take a key back for good."""
    unrevoked = (virtual_keys.c.id == key_id, virtual_keys.c.revoked_at.is_(None))
    connection.execute(update(virtual_keys).where(*unrevoked).values(revoked_at=at, updated_at=at))


def fingerprint(connection: Connection) -> Fingerprint:
    """Changes whenever another process has changed a key."""
    row = connection.execute(select(func.count(), func.max(virtual_keys.c.updated_at)).select_from(virtual_keys)).one()
    return row[0], row[1]


def _key(row: Row[Any]) -> VirtualKey:
    return VirtualKey(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        team=row.team,
        user=row.user,
        routes=tuple(row.routes),
        models=tuple(row.models),
        limits=msgspec.convert(row.limits, tuple[LimitSettings, ...]),
        expires_at=row.expires_at,
        disabled_at=row.disabled_at,
        revoked_at=row.revoked_at,
        created_at=row.created_at,
    )
