"""Things, versions, tags and aliases in the metadata database. SQLite and PostgreSQL alike."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, case, delete, insert, select, update

from registry.search.comparison_store import in_bytes
from registry.versioned.types import DELETED, Number, ThingT, VersionT
from storage.upserts import insert_into
from storage.versioned_tables import VersionedTables

__all__ = ("VersionedStore",)


class VersionedStore(Generic[ThingT, VersionT, Number]):
    """Each method is one step of a transaction. ``thing`` and ``version`` have a field for each column that is read."""

    def __init__(
        self, tables: VersionedTables, thing: type[ThingT], version: type[VersionT], *, newest: Sequence[str], shown: Sequence[str]
    ) -> None:
        """``newest``: the columns by which versions are ordered, the highest first; ``shown``: what a thing shows of its latest one."""
        self.tables = tables
        self.thing = thing
        self.version = version
        self.columns = tuple(tables.things.c[name] for name in thing.__struct_fields__)
        self.version_columns = tuple(tables.versions.c[name] for name in version.__struct_fields__)
        self._newest = newest
        self._shown = ("version", *shown)

    def insert(self, connection: Connection, row: ThingT) -> None:
        """Store a new thing. Raises ``IntegrityError`` when the name is taken."""
        values = {name: value for name, value in msgspec.structs.asdict(row).items() if name != "id"}
        connection.execute(insert(self.tables.things), values)

    def read(self, connection: Connection, **identity: str) -> ThingT | None:
        """A thing by the columns that name it."""
        there = [self.tables.things.c[column] == value for column, value in identity.items()]
        row = connection.execute(select(*self.columns).where(*there)).mappings().first()
        return None if row is None else self.thing(**row)

    def change(self, connection: Connection, thing_id: int, changes: Mapping[str, Any]) -> None:
        """Set some columns. Of two who change one thing, the second waits here."""
        things = self.tables.things
        connection.execute(update(things).where(things.c.id == thing_id).values(**changes))

    def hold(self, connection: Connection, thing: ThingT) -> None:
        """Others who would change it, or what is part of it, wait until the transaction ends."""
        self.change(connection, thing.id, {"name": thing.name})

    def delete(self, connection: Connection, thing_id: int) -> None:
        """Remove it and all that is part of it."""
        things = self.tables.things
        connection.execute(delete(things).where(things.c.id == thing_id))

    def settle(self, connection: Connection, thing_id: int) -> Number | None:
        """Find its latest version anew: an active one before others, then the newest. ``None`` without any."""
        versions = self.tables.versions.c
        newest = [in_bytes(connection, versions[name]).desc() for name in self._newest]
        statement = select(*[versions[name] for name in self._shown]).where(versions[self.tables.owner] == thing_id, self.live)
        found = connection.execute(statement.order_by(case((versions.status == "active", 0), else_=1), *newest).limit(1)).first()
        latest, *shown = found or [None] * len(self._shown)
        self.change(connection, thing_id, {"latest": latest, **dict(zip(self._shown[1:], shown, strict=True))})
        return latest

    @property
    def live(self) -> ColumnElement[bool]:
        """The condition that a version is not deleted."""
        return self.tables.versions.c.status != DELETED

    def insert_version(self, connection: Connection, row: VersionT) -> None:
        """Store a new version. Raises ``IntegrityError`` when the thing has it, or had it."""
        connection.execute(insert(self.tables.versions), msgspec.structs.asdict(row))

    def read_version(self, connection: Connection, thing_id: int, version: Number) -> VersionT | None:
        """One version, a deleted one too."""
        versions = self.tables.versions.c
        there = (versions[self.tables.owner] == thing_id, versions.version == version)
        row = connection.execute(select(*self.version_columns).where(*there)).mappings().first()
        return None if row is None else self.version(**row)

    def live_version(self, connection: Connection, thing_id: int, version: Number) -> VersionT | None:
        """One that is not deleted."""
        row = self.read_version(connection, thing_id, version)
        return None if row is None or row.status == DELETED else row

    def live_versions(self, connection: Connection, named: Iterable[tuple[int, Number]]) -> dict[tuple[int, Number], VersionT]:
        """Several, of several things, that are not deleted."""
        wanted, versions, owner = set(named), self.tables.versions.c, self.tables.owner
        there = (versions[owner].in_({each for each, _ in wanted}), versions.version.in_({each for _, each in wanted}))
        rows = connection.execute(select(*self.version_columns).where(*there, self.live)).mappings()
        return {key: self.version(**row) for row in rows if (key := (row[owner], row["version"])) in wanted}

    def read_versions(self, connection: Connection, thing_id: int) -> list[VersionT]:
        """All of a thing, deleted ones too, the newest first."""
        versions = self.tables.versions.c
        newest = [in_bytes(connection, versions[name]).desc() for name in self._newest]
        statement = select(*self.version_columns).where(versions[self.tables.owner] == thing_id).order_by(*newest)
        return [self.version(**row) for row in connection.execute(statement).mappings()]

    def change_version(self, connection: Connection, thing_id: int, version: Number, changes: Mapping[str, Any]) -> None:
        """Set some columns."""
        versions = self.tables.versions
        there = (versions.c[self.tables.owner] == thing_id, versions.c.version == version)
        connection.execute(update(versions).where(*there).values(**changes))

    def tags(self, connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, str]]:
        """Tags of things, by key."""
        found: dict[int, dict[str, str]] = defaultdict(dict)
        for thing_id, key, value in self._parts(connection, self.tables.tags, ids, "key", "value"):
            found[thing_id][key] = value
        return found

    def put_tag(self, connection: Connection, thing_id: int, key: str, value: str) -> None:
        """Set a tag of a thing."""
        _put(connection, self.tables.tags, {self.tables.owner: thing_id, "key": key}, value=value)

    def delete_tag(self, connection: Connection, thing_id: int, key: str) -> bool:
        """Remove it; whether there was one."""
        return _delete(connection, self.tables.tags, {self.tables.owner: thing_id, "key": key})

    def version_tags(self, connection: Connection, ids: Iterable[int]) -> dict[tuple[int, Number], dict[str, str]]:
        """Tags of all versions of things, by key."""
        found: dict[tuple[int, Number], dict[str, str]] = defaultdict(dict)
        for thing_id, key, version, value in self._parts(connection, self.tables.version_tags, ids, "key", "version", "value"):
            found[thing_id, version][key] = value
        return found

    def put_version_tag(self, connection: Connection, thing_id: int, version: Number, key: str, value: str) -> None:
        """Set a tag of a version."""
        _put(connection, self.tables.version_tags, {self.tables.owner: thing_id, "version": version, "key": key}, value=value)

    def delete_version_tag(self, connection: Connection, thing_id: int, version: Number, key: str) -> bool:
        """Remove it; whether there was one."""
        return _delete(connection, self.tables.version_tags, {self.tables.owner: thing_id, "version": version, "key": key})

    def aliases(self, connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, Number]]:
        """Aliases of things and the versions that they mean."""
        found: dict[int, dict[str, Number]] = defaultdict(dict)
        for thing_id, alias, version in self._parts(connection, self.tables.aliases, ids, "alias", "version"):
            found[thing_id][alias] = version
        return found

    def aliases_of(self, connection: Connection, thing: ThingT) -> dict[str, Number]:
        """The aliases of one thing."""
        return self.aliases(connection, [thing.id]).get(thing.id, {})

    def put_alias(self, connection: Connection, thing_id: int, alias: str, version: Number) -> None:
        """Point an alias at a version."""
        _put(connection, self.tables.aliases, {self.tables.owner: thing_id, "alias": alias}, version=version)

    def delete_alias(self, connection: Connection, thing_id: int, alias: str) -> None:
        """Remove an alias."""
        _delete(connection, self.tables.aliases, {self.tables.owner: thing_id, "alias": alias})

    def _parts(self, connection: Connection, table: Table, ids: Iterable[int], key: str, *columns: str) -> Sequence[Sequence[Any]]:
        """Rows of things, in the order of ``key``."""
        asked = [table.c[name] for name in (self.tables.owner, key, *columns)]
        return connection.execute(select(*asked).where(table.c[self.tables.owner].in_(set(ids))).order_by(table.c[key])).all()


def _put(connection: Connection, table: Table, key: Mapping[str, Any], **value: Any) -> None:
    statement = insert_into(table, connection).values(**key, **value)
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=value))


def _delete(connection: Connection, table: Table, key: Mapping[str, Any]) -> bool:
    """Whether there was such a row."""
    return connection.execute(delete(table).where(*[table.c[name] == value for name, value in key.items()])).rowcount > 0
