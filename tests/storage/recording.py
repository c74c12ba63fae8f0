"""Writes what the migrations say to an empty database: ``python -m tests.storage.recording``, after a migration was added."""

import io
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Integer, String, insert, literal

from storage.metadata_migrations import metadata_migrations
from storage.metadata_record import HEAD, NOW, SEPARATOR
from storage.migration_ledger import Migration, shipped

DIALECTS = ("postgresql", "sqlite")
FOLDER = Path(str(shipped("metadata", "recorded")))
TIME_MS = 1_777_777_777_777


def recorded(dialect: str, migrations: Sequence[Migration], last: str = "heads") -> str:
    """The text of a record, as Alembic finds it out without a database: of ``migrations``, which end with ``last``."""
    head = "".join(f"{HEAD}{migration.name} {migration.checksum}\n" for migration in migrations)
    statements = [statement.strip() for statement in _said(dialect, last).split(";\n\n")]
    return f"{head}\n{SEPARATOR.join(filter(None, (_without_comments(each) for each in statements)))}{SEPARATOR}"


def _said(dialect: str, last: str) -> str:
    config = Config()
    config.set_main_option("script_location", str(shipped("metadata")))
    script, said = ScriptDirectory.from_config(config), io.StringIO()
    options = {"as_sql": True, "destination_rev": last, "fn": lambda current, _: script._upgrade_revs(last, current)}
    with EnvironmentContext(config, script, **options) as environment, patch("time.time_ns", return_value=TIME_MS * 1_000_000):
        environment.configure(dialect_name=dialect, output_buffer=said, transactional_ddl=False)
        implementation = environment.get_context().impl
        implementation.bulk_insert = lambda table, rows, **_: implementation.static_output(f"{_inserted(table, rows)};")
        environment.run_migrations()
    return said.getvalue().replace(str(TIME_MS), NOW)


def _inserted(table, rows):
    """Alembic writes out no value whose type the migration left open."""
    (row,) = rows
    values = {name: literal(value, Integer if isinstance(value, int) else String) for name, value in row.items()}
    return insert(table).values(values).compile(compile_kwargs={"literal_binds": True})


def _without_comments(statement: str) -> str:
    return "\n".join(line for line in statement.splitlines() if not line.startswith("--")).strip()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in DIALECTS:
        (FOLDER / f"{name}.sql").write_text(recorded(name, metadata_migrations()))
