"""Rows leave the journal when ClickHouse has them: then they must be as safe there as they were."""

import msgspec
import pytest
from sqlalchemy import text

import storage
from config.schema import JournalSettings, StorageSettings


class Table(msgspec.Struct):
    name: str
    engine_full: str


async def tables(settings, fsync):
    """The tables with rows, by name, as they are after an opening."""
    opened = await storage.open_telemetry(msgspec.structs.replace(settings, journal=JournalSettings(fsync=fsync)))
    try:
        found = await opened.query(
            "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'", None, Table
        )
    finally:
        await opened.close()
    return {table.name: table.engine_full for table in found}


def are_forced(found: dict[str, str]) -> bool:
    return all("fsync_after_insert = 1, fsync_part_directory = 1" in engine for engine in found.values())


async def test_a_part_is_forced_to_the_disk_where_the_journal_is(telemetry_settings):
    usual = await tables(telemetry_settings, "interval")
    assert {"spans", "span_content", "traces", "metrics", "assessments"} <= set(usual)
    assert not any("fsync" in engine for engine in usual.values())
    assert are_forced(await tables(telemetry_settings, "always"))


async def test_a_disk_of_our_own_is_not_waited_for_any_longer_than_is_asked_for(tmp_storage):
    usual = await tables(tmp_storage, "interval")
    await tables(tmp_storage, "always")
    assert await tables(tmp_storage, "never") == usual


async def test_what_the_owner_of_a_server_set_stays(clickhouse_dsn):
    settings = StorageSettings(clickhouse=clickhouse_dsn)
    await tables(settings, "always")
    assert are_forced(await tables(settings, "interval"))


@pytest.mark.parametrize(("fsync", "level"), [("never", 1), ("interval", 1), ("always", 2)])
async def test_a_commit_is_forced_to_the_disk_where_the_journal_is(tmp_path, fsync, level):
    """``PRAGMA synchronous``: 1 is NORMAL, 2 is FULL."""
    metadata = await storage.open_metadata(StorageSettings(path=str(tmp_path), journal=JournalSettings(fsync=fsync)))
    try:
        assert await metadata.run(lambda connection: connection.execute(text("PRAGMA synchronous")).scalar()) == level
    finally:
        await metadata.close()
