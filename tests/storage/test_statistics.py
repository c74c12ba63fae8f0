"""PostgreSQL is told to look at tables that it has not looked at yet."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, text

import storage
from config.schema import StorageSettings
from config.secrets import Secret
from storage.metadata import Metadata
from storage.statistics import learn

NEW = Table("new", MetaData(), Column("number", Integer))
OTHER = Table("other", MetaData(), Column("number", Integer))


@pytest.fixture
async def filled(postgresql_url: Secret, tmp_path: Path) -> AsyncIterator[Metadata]:
    opened = await storage.open_metadata(StorageSettings(path=str(tmp_path), metadata=postgresql_url))
    await opened.run(_fill)
    yield opened
    await opened.close()


def _fill(connection: Connection) -> None:
    for table in (NEW, OTHER):
        table.create(connection)
        connection.execute(insert(table), [{"number": number} for number in range(100)])


def _rows_known(connection: Connection) -> list[float]:
    return list(connection.scalars(text("SELECT reltuples FROM pg_class WHERE relname IN ('new', 'other') ORDER BY relname")))


@pytest.mark.postgres
async def test_a_reading_transaction_has_postgresql_look_at_tables_that_it_knows_nothing_of(filled):
    await filled.read(lambda connection: learn(connection, (NEW, OTHER)))
    assert await filled.read(_rows_known) == [100, 100]


@pytest.mark.postgres
async def test_what_is_known_already_is_not_looked_at_again(filled):
    await filled.read(lambda connection: learn(connection, (NEW,)))
    await filled.read(lambda connection: learn(connection, (NEW, OTHER)))
    known, unknown = await filled.read(_rows_known)
    assert known == 100
    assert unknown <= 0


async def test_sqlite_is_asked_nothing(metadata):
    assert await metadata.read(lambda connection: learn(connection, (NEW,))) is None
