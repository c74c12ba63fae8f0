import asyncio

import msgspec
import pytest

import storage
from storage.errors import EditedMigration, NewerSchema, QueryFailed
from storage.migration_ledger import Migration
from storage.telemetry_migrations import migrate_telemetry, telemetry_migrations


class Line(msgspec.Struct):
    name: str
    checksum: str
    applied_at: str


@pytest.fixture
async def telemetry(tmp_storage):
    """A database of its own: its ledger is written to."""
    opened = await storage.open_telemetry(tmp_storage)
    yield opened
    await opened.command("DROP DATABASE {name:Identifier}", {"name": tmp_storage.clickhouse_database})
    await opened.close()


@pytest.fixture
async def telemetry_any(telemetry_settings):
    """The same, embedded and on a server."""
    opened = await storage.open_telemetry(telemetry_settings)
    yield opened
    await opened.close()


async def ledger(telemetry):
    return await telemetry.query("SELECT name, checksum, applied_at FROM schema_migrations ORDER BY name", None, Line)


async def tables(telemetry):
    rows = await telemetry.query(
        "SELECT name, create_table_query AS sql FROM system.tables WHERE database = currentDatabase() ORDER BY name", None, dict
    )
    return {row["name"]: row["sql"] for row in rows}


async def test_opening_applies_every_migration_and_writes_each_down(telemetry_any):
    expected = [(migration.name, migration.checksum) for migration in telemetry_migrations()]
    assert [(line.name, line.checksum) for line in await ledger(telemetry_any)] == expected
    assert {"spans", "span_content", "traces", "traces_mv", "usage_1m", "usage_1m_mv", "assessments"} <= (
        await tables(telemetry_any)
    ).keys()


async def test_applying_twice_changes_nothing(telemetry_any):
    before = await tables(telemetry_any), await ledger(telemetry_any)
    assert await migrate_telemetry(telemetry_any, telemetry_migrations()) == []
    assert (await tables(telemetry_any), await ledger(telemetry_any)) == before


async def test_a_process_killed_anywhere_in_a_migration_is_no_obstacle(telemetry):
    """Every statement can be run again over what the last attempt left."""
    before = await tables(telemetry)
    await telemetry.command("TRUNCATE TABLE schema_migrations")
    assert await migrate_telemetry(telemetry, telemetry_migrations()) == [migration.name for migration in telemetry_migrations()]
    assert await tables(telemetry) == before


async def test_two_processes_that_start_together_both_succeed(telemetry):
    await telemetry.command("DROP TABLE schema_migrations")
    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(migrate_telemetry(telemetry, telemetry_migrations()))
    assert len({line.name for line in await ledger(telemetry)}) == len(telemetry_migrations())
    assert await migrate_telemetry(telemetry, telemetry_migrations()) == []


async def test_a_later_release_applies_only_what_is_new(telemetry):
    new = Migration(
        "0999_more",
        "sum",
        "CREATE TABLE IF NOT EXISTS more (x UInt8) ENGINE = MergeTree ORDER BY x; ALTER TABLE more ADD COLUMN IF NOT EXISTS y UInt8",
    )
    new = msgspec.structs.replace(new, name=f"{len(telemetry_migrations()) + 1:04d}_more")
    assert await migrate_telemetry(telemetry, [*telemetry_migrations(), new]) == [new.name]
    assert "`y` UInt8" in (await tables(telemetry))["more"]


async def test_a_migration_that_fails_is_not_written_down(telemetry):
    broken = Migration(f"{len(telemetry_migrations()) + 1:04d}_broken", "sum", "CREATE TABLE nonsense")
    with pytest.raises(QueryFailed):
        await migrate_telemetry(telemetry, [*telemetry_migrations(), broken])
    assert broken.name not in {line.name for line in await ledger(telemetry)}


async def test_an_edited_migration_keeps_the_database_closed(telemetry, tmp_storage):
    await telemetry.command("ALTER TABLE schema_migrations UPDATE checksum = 'edited' WHERE name LIKE '0001%' SETTINGS mutations_sync = 1")
    with pytest.raises(EditedMigration, match="'0001_spans'"):
        await storage.open_telemetry(tmp_storage)


async def test_data_of_a_newer_release_keeps_the_database_closed(telemetry, tmp_storage):
    await telemetry.insert("schema_migrations", b'{"name":"9999_future","checksum":"x"}', token="future")
    with pytest.raises(NewerSchema, match="'9999_future'"):
        await storage.open_telemetry(tmp_storage)
