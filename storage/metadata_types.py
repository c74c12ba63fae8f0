"""Column types that mean the same in SQLite and PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Numeric, String, TypeDecorator
from sqlalchemy.types import TypeEngine
from typing_extensions import override

__all__ = ("Document", "Moment", "Money")


class Document(TypeDecorator[Any]):
    """Any JSON value: ``jsonb`` in PostgreSQL, text in SQLite."""

    impl = JSON
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(JSON())
        from sqlalchemy.dialects.postgresql import JSONB  # loads the whole dialect, which others do without

        return dialect.type_descriptor(JSONB())


class Moment(TypeDecorator[datetime]):
    """An aware ``datetime``, in UTC when read: ``timestamptz`` in PostgreSQL; SQLite would drop the zone. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored; make it with datetime.now(UTC)")
        return None if value is None else value.astimezone(UTC)

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """US dollars, exact to 12 digits after the point: ``numeric`` in PostgreSQL, text in SQLite, whose numbers are binary."""

    impl = Numeric(18, 12)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(32)) if dialect.name == "sqlite" else dialect.type_descriptor(Numeric(18, 12))

    @override
    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        if value is None:
            return None
        return format(value, ".12f") if dialect.name == "sqlite" else value

    @override
    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)
