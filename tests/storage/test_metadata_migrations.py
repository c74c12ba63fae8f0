import asyncio
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text, update

import storage
from storage.errors import EditedMigration, NewerSchema
from storage.metadata_migrations import metadata_migrations, migrate_metadata
from storage.metadata_tables import metadata, schema_migrations

for module in Path(storage.__file__).parent.glob("*_tables.py"):  # an area's tables are known once its module is imported
    import_module(f"storage.{module.stem}")


def names(connection):
    return set(inspect(connection).get_table_names())


async def test_the_migrations_build_exactly_the_tables_of_the_code(metadata_any):
    def difference(connection):
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert await metadata_any.run(difference) == []


async def test_the_migrations_build_the_same_checks_and_keys(metadata_any):
    """Alembic's comparison does not look at these."""

    def constraints(connection):
        inspector = inspect(connection)
        checks = {check["name"] for name in names(connection) for check in inspector.get_check_constraints(name)}
        return checks | {inspector.get_pk_constraint(name)["name"] for name in names(connection) - {"alembic_version"}}

    wanted = {
        str(item.name) for table in metadata.sorted_tables for item in table.constraints if item.__visit_name__ != "foreign_key_constraint"
    }
    assert await metadata_any.run(constraints) == wanted


async def test_what_was_applied_is_written_down_with_its_checksum(metadata_any):
    lines = await metadata_any.run(lambda connection: connection.execute(select(schema_migrations).order_by("name")).all())
    assert [(line.name, line.checksum) for line in lines] == [(migration.name, migration.checksum) for migration in metadata_migrations()]
    heads = set(await metadata_any.run(lambda connection: connection.scalars(text("SELECT version_num FROM alembic_version")).all()))
    gone_on_from = {"0001_prompts_and_judgements", "0002_runs"}
    assert heads == {line.name for line in lines} - gone_on_from  # each area's chain has its own end


async def test_applying_twice_changes_nothing(metadata_any):
    assert await metadata_any.run(lambda connection: migrate_metadata(connection, metadata_migrations())) == []


async def test_a_migration_that_fails_leaves_nothing_half_done(metadata_settings, monkeypatch):
    monkeypatch.setattr("storage.metadata_migrations.insert", lambda _: text("INSERT INTO no_such_table VALUES (1)"))
    with pytest.raises(Exception, match="no_such_table"):
        await storage.open_metadata(metadata_settings)
    monkeypatch.undo()
    opened = await storage.open_metadata(metadata_settings)
    assert "registered_models" in await opened.run(names)
    await opened.close()


async def test_two_processes_that_start_together_both_succeed(metadata_settings):
    async with asyncio.TaskGroup() as group:
        opening = [group.create_task(storage.open_metadata(metadata_settings)) for _ in range(2)]
    for task in opening:
        await task.result().close()


async def test_an_edited_migration_keeps_the_database_closed(metadata_any, migrated_settings):
    await metadata_any.run(lambda connection: connection.execute(update(schema_migrations).values(checksum="edited")))
    with pytest.raises(EditedMigration, match="metadata migration '0001_prompts_and_judgements'"):
        await storage.open_metadata(migrated_settings)


async def test_data_of_a_newer_release_keeps_the_database_closed(metadata_any, migrated_settings):
    await metadata_any.run(
        lambda connection: connection.execute(
            update(schema_migrations).where(schema_migrations.c.name == "0001_prompts_and_judgements").values(name="9999_future")
        )
    )
    with pytest.raises(NewerSchema, match="'9999_future'"):
        await storage.open_metadata(migrated_settings)
