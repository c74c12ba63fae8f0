"""The table of virtual keys. A key's own text is nowhere: ``digest`` is its SHA-256, ``prefix`` its first letters, for people."""

from typing import Final

from sqlalchemy import Column, Index, Table, Text, text

from storage.metadata_tables import EMPTY, metadata
from storage.metadata_types import Document, Moment

__all__ = ("virtual_keys",)

EMPTY_LIST: Final = text("'[]'")

# A revoked key stays, so that the traces it left can be explained; its name is free again.
virtual_keys: Final = Table(
    "virtual_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("team", Text, nullable=False, server_default=EMPTY),
    Column("user", Text, nullable=False, server_default=EMPTY),
    Column("routes", Document, nullable=False, server_default=EMPTY_LIST),
    Column("models", Document, nullable=False, server_default=EMPTY_LIST),
    Column("limits", Document, nullable=False, server_default=EMPTY_LIST),
    Column("expires_at", Moment),
    Column("disabled_at", Moment),
    Column("revoked_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index(None, "digest", unique=True),
    Index(
        "ix_virtual_keys_name",
        "name",
        unique=True,
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
)
