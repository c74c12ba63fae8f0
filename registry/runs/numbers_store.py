"""The numbers of experiments: each is given once, also when its experiment is removed for good. Traces and files may remember it."""

from typing import Final

from sqlalchemy import Connection, func, select, text

from storage.run_tables import experiments, numbers_given
from storage.upserts import insert_into

__all__ = ("advance", "next_number", "number_is_free", "retire_number")

KIND: Final = "experiment"
_RETIRED: Final = select(numbers_given.c.highest).where(numbers_given.c.kind == KIND).scalar_subquery()
_HIGHEST: Final = select(func.coalesce(func.max(experiments.c.experiment_id), 0), func.coalesce(_RETIRED, 0))


def next_number(connection: Connection) -> dict[str, int]:
    """The number of a new experiment, as the column to insert. Nothing for PostgreSQL, whose own count never goes back.

    SQLite counts from the highest number that is there. It has one writer, so that nobody else is given this one.
    """
    return {} if connection.dialect.name == "postgresql" else {"experiment_id": _highest(connection) + 1}


def number_is_free(connection: Connection, number: int) -> bool:
    """Whether an experiment that comes with a number may keep it: none has it, and none that is removed can have had it."""
    there = select(experiments.c.experiment_id).where(experiments.c.experiment_id == number)
    return number > (connection.scalar(select(_RETIRED)) or 0) and connection.scalar(there) is None


def retire_number(connection: Connection, number: int) -> None:
    """Never give this number again. To be called in the transaction that removes its experiment."""
    new = insert_into(numbers_given, connection).values(kind=KIND, highest=number)
    higher = {"highest": new.excluded.highest}
    connection.execute(
        new.on_conflict_do_update(index_elements=["kind"], set_=higher, where=new.excluded.highest > numbers_given.c.highest)
    )


def advance(connection: Connection) -> None:
    """Tell PostgreSQL's own counter of numbers that it did not give."""
    if connection.dialect.name == "postgresql":
        sequence = "pg_get_serial_sequence('experiments', 'experiment_id')"
        connection.execute(text(f"SELECT setval({sequence}, :highest)"), {"highest": max(_highest(connection), 1)})


def _highest(connection: Connection) -> int:
    there, retired = connection.execute(_HIGHEST).one()
    return max(int(there), int(retired))
