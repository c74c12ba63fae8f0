"""The table of workspaces, but for ``default``, which is always there."""

from typing import Final

from sqlalchemy import Column, Table, Text

from storage.metadata_tables import EMPTY, metadata
from storage.metadata_types import Moment

__all__ = ("workspaces",)

workspaces: Final = Table(
    "workspaces",
    metadata,
    Column("name", Text, primary_key=True),
    Column("description", Text, nullable=False, server_default=EMPTY),
    Column("artifact_root", Text, nullable=False, server_default=EMPTY),
    Column("created_at", Moment, nullable=False),
)
