"""What the stores of this area share: finding one row, or saying in MLflow's words that there is none."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from registry.errors import ResourceDoesNotExist

__all__ = ("find", "milliseconds")


def find(connection: Connection, table: Table, entity: str, **wanted: str) -> Row[Any]:
    """The row with these values. Raises ``ResourceDoesNotExist``."""
    row = connection.execute(select(table).where(*(table.c[name] == value for name, value in wanted.items()))).one_or_none()
    if row is None:
        shown = ", ".join(f"{PARAMETERS.get((table.name, name), name)}='{value}'" for name, value in wanted.items())
        raise ResourceDoesNotExist(f"{entity} not found ({shown})")
    return row


def milliseconds(at: datetime) -> int:
    """A time as it stands in messages, in milliseconds since the epoch."""
    return int(at.timestamp() * 1000)


PARAMETERS = {("gateway_secrets", "name"): "secret_name"}
"""Where a column and the client's parameter have different names."""
