"""Which migrations were applied, and which may be: the rules, for both databases.

A ledger line is never changed. What was applied must still be there, be the same file, and come before everything that was not applied.
"""

import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec

from storage.errors import EditedMigration, MissingMigration, NewerSchema

__all__ = ("Applied", "Migration", "pending", "read_migrations", "shipped")


class Migration(msgspec.Struct, frozen=True):
    """A file of this release: its name without the suffix, its text, the SHA-256 of its bytes in hexadecimal."""

    name: str
    checksum: str
    text: str


class Applied(msgspec.Struct, frozen=True):
    """A line of the ledger."""

    name: str
    checksum: str


def read_migrations(folder: Traversable, suffix: str) -> list[Migration]:
    """The files of ``folder`` that end in ``suffix``, by name; a name begins with its number, ``0001_``."""
    found = [file for file in folder.iterdir() if file.name.endswith(suffix) and file.name[:1].isdigit()]
    return [_read(file, suffix) for file in sorted(found, key=lambda file: file.name)]


def shipped(*folder: str) -> Traversable:
    """A folder under ``storage/migrations`` of this release, wherever it is installed."""
    return files("storage").joinpath("migrations", *folder)


def pending(migrations: Sequence[Migration], ledger: Sequence[Applied], *, database: str) -> list[Migration]:
    """What is still to be applied, in order. Raises ``NewerSchema``, ``EditedMigration`` or ``MissingMigration`` where nothing may be.

    ``database`` is the word for it in messages: ``telemetry`` or ``metadata``.
    """
    applied = {line.name: line.checksum for line in ledger}
    _refuse_unknown(migrations, applied, database)
    _refuse_edited(migrations, applied, database)
    _refuse_gaps(migrations, applied, database)
    return [migration for migration in migrations if migration.name not in applied]


def _read(file: Traversable, suffix: str) -> Migration:
    data = file.read_bytes()
    return Migration(file.name.removesuffix(suffix), hashlib.sha256(data).hexdigest(), data.decode())


def _refuse_unknown(migrations: Sequence[Migration], applied: Mapping[str, str], database: str) -> None:
    if unknown := sorted(applied.keys() - {migration.name for migration in migrations}):
        raise NewerSchema(
            f"the {database} database has migration {unknown[-1]!r}, which this release does not know: "
            "a newer one wrote it. Start that release, or use other data"
        )


def _refuse_edited(migrations: Sequence[Migration], applied: Mapping[str, str], database: str) -> None:
    for migration in migrations:
        was = applied.get(migration.name, migration.checksum)
        if was != migration.checksum:
            raise EditedMigration(
                f"{database} migration {migration.name!r} was applied with checksum {was[:12]} and now has {migration.checksum[:12]}; "
                "put the file back as it was, and change the schema in a new file"
            )


def _refuse_gaps(migrations: Sequence[Migration], applied: Mapping[str, str], database: str) -> None:
    names = [migration.name for migration in migrations]
    if len({name.partition("_")[0] for name in names}) < len(names):
        raise MissingMigration(f"{database} migrations have a number each; found {names}")
    if skipped := [name for name in names[: len(applied)] if name not in applied]:
        raise MissingMigration(
            f"{database} migration {skipped[0]!r} was never applied, yet a later one was; restore the ledger or the data"
        )
