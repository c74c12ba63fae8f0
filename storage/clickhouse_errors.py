"""The one seam where the driver's exceptions become ours."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from clickhouse_connect.driver.exceptions import ClickHouseError, Error, OperationalError

from storage.connectors import Connector
from storage.errors import QueryFailed, StorageError, TelemetryUnavailable

__all__ = ("TRANSIENT", "refused_rows", "translate", "translated")

TRANSIENT: Final = frozenset(
    {
        159,  # TIMEOUT_EXCEEDED
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        225,  # NO_ZOOKEEPER
        236,  # ABORTED
        241,  # MEMORY_LIMIT_EXCEEDED
        242,  # TABLE_IS_READ_ONLY
        243,  # NOT_ENOUGH_SPACE
        252,  # TOO_MANY_PARTS
        279,  # ALL_CONNECTION_TRIES_FAILED
        285,  # TOO_FEW_LIVE_REPLICAS
        319,  # UNKNOWN_STATUS_OF_INSERT
        439,  # CANNOT_SCHEDULE_TASK
        473,  # DEADLOCK_AVOIDED
        516,  # AUTHENTICATION_FAILED
        999,  # KEEPER_EXCEPTION
    }
)
"""ClickHouse's codes that say nothing against the statement: the same one may succeed later. The names are those of its ErrorCodes.cpp."""


MESSAGE: Final = re.compile(r"Code: \d+\. .*?(?=(?: \(version [^()]*(?:\([^()]*\))?\)\.?)?(?: \(for url [^()]*\))?\s*\Z)", re.DOTALL)
FIELD: Final = re.compile(r"(?:reading the value of key|Unknown field found[^:]*:) (?P<name>\w+)")
ROW: Final = re.compile(r"at row (?P<number>\d+)")


@contextmanager
def translated(connector: Connector) -> Iterator[None]:
    """Within, the driver's exceptions leave as ``TelemetryUnavailable`` or ``QueryFailed``; all others leave as they are."""
    try:
        yield
    except ClickHouseError as error:
        raise translate(error, connector) from error


def translate(error: ClickHouseError, connector: Connector) -> StorageError:
    """Our name for a driver's exception: total over the driver's classes."""
    number = error.code if isinstance(error, Error) else None
    name = error.name if isinstance(error, Error) else None
    unreachable = isinstance(error, OperationalError) and number is None
    if unreachable or number in TRANSIENT:
        return TelemetryUnavailable(f"ClickHouse at {connector.where} is not available: {_reason(error)}")
    return QueryFailed(_plain(str(error)), number=number, name=name)


def refused_rows(error: QueryFailed, table: str) -> QueryFailed:
    """The same refusal without the rows: ClickHouse quotes what it could not read, and rows hold what people said."""
    text = str(error)
    field, row = FIELD.search(text), ROW.search(text)
    where = [f"field {field['name']!r}" if field else "", f"row {row['number']}" if row else ""]
    reason = ", ".join([f"{error.name or 'error'} ({error.number})", *filter(None, where)])
    return QueryFailed(f"ClickHouse refused rows for table {table!r}: {reason}", number=error.number, name=error.name)


def _plain(message: str) -> str:
    """ClickHouse's own sentence, without what the driver and the server put around it."""
    found = MESSAGE.search(message)
    return found[0] if found else message


def _reason(error: ClickHouseError) -> str:
    """The innermost cause, which is the sentence that an operator needs; urllib3 wraps it in addresses of objects."""
    innermost: BaseException = error
    while (inner := innermost.__cause__ or innermost.__context__) is not None:
        innermost = inner
    return _plain(str(innermost)) or type(innermost).__name__
