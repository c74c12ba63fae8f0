"""What the metadata database promises, of SQLite and of PostgreSQL."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError, StatementError

import storage
from config.schema import StorageSettings
from config.secrets import Secret
from storage import metadata_tables
from storage.errors import MetadataUnavailable, SettingsError
from storage.metadata_engines import sqlite_engine
from storage.metadata_tables import judgements, metadata
from storage.model_tables import model_versions, prompt_texts, registered_model_aliases, registered_models

NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)


def prompt(name="greeting"):
    return insert(registered_models).values(name=name, kind="prompt", created_at=NOW, updated_at=NOW)


def version(number=1, **fields):
    return insert(model_versions).values(**{"name": "greeting", "version": number, "created_at": NOW, "updated_at": NOW, **fields})


def text_of_version(variables):
    return insert(prompt_texts).values(name="greeting", version=1, kind="text", template="Hi {{name}}", variables=variables)


def judgement(trace="t", **fields):
    key = {"judge_name": "j", "judge_version": "v", "trace_id": trace, "trace_revision": "r"}
    return insert(judgements).values(**{**key, "state": "claimed", "created_at": NOW, "updated_at": NOW, **fields})


async def count(opened, table=registered_models):
    return await opened.read(lambda connection: connection.scalar(select(func.count()).select_from(table)))


async def test_what_is_committed_is_read_back_as_it_was(metadata_any):
    def write(connection):
        connection.execute(prompt())
        connection.execute(version())
        connection.execute(text_of_version(["ü", {"deep": [1, None]}]))
        connection.execute(judgement(cost=Decimal("0.000000000001"), lease_expires_at=NOW))

    await metadata_any.run(write)
    row = await metadata_any.read(lambda connection: connection.execute(select(model_versions)).one())
    assert (row.created_at, row.created_at.tzinfo, row.description) == (NOW, UTC, "")
    assert await metadata_any.read(lambda connection: connection.scalar(select(prompt_texts.c.variables))) == ["ü", {"deep": [1, None]}]
    row = await metadata_any.read(lambda connection: connection.execute(select(judgements)).one())
    assert (row.cost, row.lease_expires_at, row.not_before, row.attempts) == (Decimal("0.000000000001"), NOW, None, 0)


async def test_an_unknown_cost_stays_unknown(metadata_any):
    await metadata_any.run(lambda connection: connection.execute(judgement()))
    assert await metadata_any.read(lambda connection: connection.scalar(select(judgements.c.cost))) is None


async def test_times_of_any_zone_compare_as_moments(metadata_any):
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    await metadata_any.run(lambda connection: connection.execute(judgement(lease_expires_at=tokyo)))
    expired = select(func.count()).where(judgements.c.lease_expires_at <= NOW + timedelta(seconds=1))
    alive = select(func.count()).where(judgements.c.lease_expires_at < NOW - timedelta(seconds=1))
    assert await metadata_any.read(lambda connection: (connection.scalar(expired), connection.scalar(alive))) == (1, 0)


async def test_a_time_without_a_zone_is_refused(metadata_any):
    with pytest.raises(StatementError, match="without a zone"):
        await metadata_any.run(lambda connection: connection.execute(judgement(not_before=datetime(2026, 1, 1))))  # noqa: DTZ001 - the point


async def test_work_that_raises_leaves_nothing(metadata_any):
    def write(connection):
        connection.execute(prompt())
        raise KeyError("the caller's own")

    with pytest.raises(KeyError):
        await metadata_any.run(write)
    assert await count(metadata_any) == 0


async def test_a_broken_promise_is_the_callers_to_name(metadata_any):
    await metadata_any.run(lambda connection: connection.execute(prompt()))
    with pytest.raises(IntegrityError):
        await metadata_any.run(lambda connection: connection.execute(prompt()))
    with pytest.raises(IntegrityError):
        await metadata_any.run(lambda connection: connection.execute(version(name="no such prompt")))
    with pytest.raises(IntegrityError):
        await metadata_any.run(lambda connection: connection.execute(judgement(state="invented")))


async def test_an_alias_goes_with_its_version_and_a_version_with_its_prompt(metadata_any):
    def write(connection):
        connection.execute(prompt())
        connection.execute(version())
        connection.execute(insert(registered_model_aliases).values(name="greeting", alias="production", version=1, updated_at=NOW))
        connection.execute(delete(registered_models))

    await metadata_any.run(write)
    assert [await count(metadata_any, table) for table in (registered_models, model_versions, registered_model_aliases)] == [0, 0, 0]


async def test_reading_cannot_write(metadata_any):
    with pytest.raises(DatabaseError):
        await metadata_any.read(lambda connection: connection.execute(prompt()))
    await metadata_any.run(lambda connection: connection.execute(prompt()))
    assert await count(metadata_any) == 1


async def test_reading_goes_on_beside_a_long_write_and_does_not_see_half_of_it(metadata_any):
    half_done, go_on = threading.Event(), threading.Event()

    def slow(connection):
        connection.execute(prompt())
        half_done.set()
        assert go_on.wait(10)

    writing = asyncio.create_task(metadata_any.run(slow))
    await asyncio.to_thread(half_done.wait, 10)
    assert await count(metadata_any) == 0
    go_on.set()
    await writing
    assert await count(metadata_any) == 1


async def test_a_reader_sees_one_state_throughout(metadata_any):
    looked, go_on = threading.Event(), threading.Event()

    def look(connection):
        first = connection.scalar(select(func.count()).select_from(registered_models))
        looked.set()
        go_on.wait(20)
        return first, connection.scalar(select(func.count()).select_from(registered_models))

    looking = asyncio.create_task(metadata_any.read(look))
    await asyncio.to_thread(looked.wait, 20)
    await metadata_any.run(lambda connection: connection.execute(prompt()))
    go_on.set()
    assert await looking == (0, 0)


async def test_a_hundred_writers_at_once_all_get_through(metadata_any):
    def add(connection):
        attempts = connection.scalar(select(judgements.c.attempts).with_for_update())
        connection.execute(update(judgements).values(attempts=attempts + 1))

    await metadata_any.run(lambda connection: connection.execute(judgement()))
    async with asyncio.TaskGroup() as group:
        for _ in range(100):
            group.create_task(metadata_any.run(add))
    assert await metadata_any.read(lambda connection: connection.scalar(select(judgements.c.attempts))) == 100


async def test_two_processes_on_one_database_wait_for_each_other(metadata_settings):
    """The second `Metadata` stands for another process: it shares nothing with the first but the database."""
    one, two = await storage.open_metadata(metadata_settings), await storage.open_metadata(metadata_settings)

    def slow(connection):
        connection.execute(prompt("slow"))
        time.sleep(0.4)

    async with asyncio.TaskGroup() as group:
        group.create_task(one.run(slow))
        await asyncio.sleep(0.1)
        for number in range(5):
            group.create_task(two.run(lambda connection, name=f"fast {number}": connection.execute(prompt(name))))
    assert await count(one) == await count(two) == 6
    await one.close()
    await two.close()


async def test_a_statement_that_is_wrong_is_not_called_unavailable(metadata_any):
    with pytest.raises(DatabaseError):
        await metadata_any.run(lambda connection: connection.execute(text("SELECT * FROM no_such_table")))


async def test_a_closed_database_says_so(metadata_any):
    await metadata_any.close()
    await metadata_any.close()
    with pytest.raises(MetadataUnavailable, match="closed"):
        await count(metadata_any)


async def test_the_dialect_is_named(metadata_any, migrated_settings):
    assert metadata_any.dialect == ("sqlite" if migrated_settings.metadata is None else "postgresql")


async def test_sqlite_writes_ahead_and_watches_foreign_keys(metadata):
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    assert await metadata.run(lambda connection: [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]) == [
        "wal",
        1,
        1,
    ]


def test_many_that_open_a_new_file_at_once_all_succeed(tmp_path):
    """SQLite refuses at once, whatever the timeout, when two change a new file to write-ahead mode."""

    def touch(file):
        engine = sqlite_engine(file)
        with engine.begin() as connection:
            connection.exec_driver_sql("SELECT 1")
        engine.dispose()

    with ThreadPoolExecutor(4) as threads:
        for number in range(25):
            list(threads.map(touch, [tmp_path / f"{number}.sqlite"] * 4))


async def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    (tmp_path / "metadata.sqlite").write_bytes(b"certainly not a database" * 100)
    with pytest.raises(MetadataUnavailable, match=r"metadata\.sqlite is not available: file is not a database"):
        await storage.open_metadata(StorageSettings(path=str(tmp_path)))


async def test_a_server_that_is_away_is_unavailable_and_its_password_is_not_told(free_port):
    url = Secret(f"postgresql://someone:hunter2@127.0.0.1:{free_port}/db")
    with pytest.raises(MetadataUnavailable, match=f"127.0.0.1:{free_port}") as caught:
        await storage.open_metadata(StorageSettings(metadata=url))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "mysql://u:hunter2@host/db", "postgresql://u:hunter2@host:port/db"])
async def test_a_url_that_is_not_postgresql_is_refused_without_being_quoted(url):
    with pytest.raises(SettingsError, match=r"^storage\.metadata is not a PostgreSQL URL; write ") as caught:
        await storage.open_metadata(StorageSettings(metadata=Secret(url)))
    assert "hunter2" not in str(caught.value)


def test_every_table_has_a_primary_key_and_every_column_says_whether_it_may_be_empty():
    assert all(table.primary_key.columns for table in metadata.sorted_tables)
    own = [table for table in vars(metadata_tables).values() if isinstance(table, Table)]
    assert {column.name for table in own for column in table.columns if column.nullable} == {
        "cost", "lease_expires_at", "not_before",
    }  # fmt: skip
