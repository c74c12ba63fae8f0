"""The table of counters that outlive the process. ``used`` is requests, tokens, or billionths of a dollar, as ``metric`` says."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text

from storage.metadata_tables import metadata
from storage.metadata_types import Moment

__all__ = ("limit_counters",)

limit_counters: Final = Table(
    "limit_counters",
    metadata,
    Column("ceiling", Text, primary_key=True),
    Column("window_start", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", Text, primary_key=True),
    Column("window_end", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index(None, "window_end"),
)
