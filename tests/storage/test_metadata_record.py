"""A first start has the tables that the migrations make, without running them."""

import subprocess
import sys

import msgspec
import pytest
from sqlalchemy import inspect

import storage
from storage.metadata_migrations import metadata_migrations
from storage.metadata_record import parse_record, read_record
from tests.storage.recording import DIALECTS, FOLDER, recorded


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_on_record_is_what_the_migrations_say(dialect):
    assert (FOLDER / f"{dialect}.sql").read_text() == recorded(dialect, metadata_migrations()), "run: python -m tests.storage.recording"


def test_a_first_start_loads_no_alembic(tmp_path):
    program = (
        "import asyncio, sys, storage; from config.schema import StorageSettings\n"
        "asyncio.run(storage.open_metadata(StorageSettings(path=sys.argv[1]))); print('alembic' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, capture_output=True, text=True)
    assert said.stdout == "False\n"


async def test_migrations_later_than_the_record_are_applied_after_it(metadata_settings, monkeypatch):
    first = metadata_migrations()[:1]
    monkeypatch.setattr(
        "storage.metadata_migrations.read_record", lambda dialect: parse_record(recorded(dialect, first, last=first[0].name))
    )
    await _has_all_tables(metadata_settings)


async def test_a_record_of_other_migrations_is_not_used(metadata_settings, monkeypatch):
    def edited(dialect):
        record = read_record(dialect)
        return msgspec.structs.replace(
            record, checksums=record.checksums | {"0001_prompts_and_judgements": "edited"}, statements=["no SQL"]
        )

    monkeypatch.setattr("storage.metadata_migrations.read_record", edited)
    await _has_all_tables(metadata_settings)


async def _has_all_tables(settings):
    opened = await storage.open_metadata(settings)
    tables = await opened.run(lambda connection: set(inspect(connection).get_table_names()))
    await opened.close()
    assert {"runs", "prompt_texts", "skills", "skill_versions", "schema_migrations"} <= tables
