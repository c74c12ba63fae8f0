"""Whether rows that ClickHouse has taken outlive a power cut.

Rows leave the journal when they are stored, and a part that was just written is in the page cache for half a minute. So where the journal is
forced to the disk with every write (``fsync: always``), the tables are told to do the same with every part before the insert returns.
Merged parts need no such word: ClickHouse keeps those they were made of for eight minutes.
"""

from typing import Final

import msgspec

from storage.telemetry import Telemetry

__all__ = ("force_parts",)

SETTINGS: Final = ("fsync_after_insert", "fsync_part_directory")
"""Of MergeTree: the files of a part are forced to the disk, and then its name."""


class _Table(msgspec.Struct, frozen=True):
    name: str
    forced: bool


async def force_parts(telemetry: Telemetry, *, forced: bool) -> None:
    """Have every table force its parts to the disk, or none. Changes nothing where that is so already."""
    tables = await telemetry.query(
        "SELECT name, toBool(engine_full LIKE {setting:String}) AS forced FROM system.tables"
        " WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
        {"setting": f"%{SETTINGS[0]} = 1%"},
        _Table,
    )
    change = f"MODIFY SETTING {', '.join(f'{name} = 1' for name in SETTINGS)}" if forced else f"RESET SETTING {', '.join(SETTINGS)}"
    for table in tables:
        if table.forced != forced:
            await telemetry.command(f"ALTER TABLE {{table:Identifier}} {change}", {"table": table.name})
