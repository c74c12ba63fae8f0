"""AWS's errors: a name in a header or in an event, a message in the body.

https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from gateway.dialects.failures import kind_of_status, request_id
from gateway.dialects.types import Failure, FailureKind
from tracing.unreadable import UNREADABLE

__all__ = ("failure_in", "read_error")

_KINDS: Final[Mapping[str, FailureKind]] = {
    "accessdeniedexception": FailureKind.PERMISSION,
    "unrecognizedclientexception": FailureKind.AUTHENTICATION,
    "invalidsignatureexception": FailureKind.AUTHENTICATION,
    "expiredtokenexception": FailureKind.AUTHENTICATION,
    "resourcenotfoundexception": FailureKind.NOT_FOUND,
    "validationexception": FailureKind.INVALID_REQUEST,
    "throttlingexception": FailureKind.RATE_LIMIT,
    "servicequotaexceededexception": FailureKind.RATE_LIMIT,
    "modelnotreadyexception": FailureKind.OVERLOADED,
    "serviceunavailableexception": FailureKind.OVERLOADED,
    "modeltimeoutexception": FailureKind.TIMEOUT,
    "modelerrorexception": FailureKind.SERVER,
    "internalserverexception": FailureKind.SERVER,
    "modelstreamerrorexception": FailureKind.SERVER,
}
_STATUSES: Final = {
    FailureKind.RATE_LIMIT: 429,
    FailureKind.OVERLOADED: 503,
    FailureKind.TIMEOUT: 504,
    FailureKind.INVALID_REQUEST: 400,
    FailureKind.PERMISSION: 403,
}


class Told(msgspec.Struct):
    """The body of an error; which of the two spellings it is depends on who refuses."""

    message: str | None = None
    Message: str | None = None


def read_error(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Failure:
    """See ``UpstreamDialect.read_error``."""
    sent = list(headers)
    name = next((value.decode("latin-1") for header, value in sent if header == b"x-amzn-errortype"), "").partition(":")[0]
    try:
        told = msgspec.json.decode(body, type=Told)
    except UNREADABLE:
        told = Told()
    kind = _KINDS.get(name.lower()) or kind_of_status(status)
    message = told.message or told.Message or f"The provider answered {status} without a message."
    named = next((value.decode("latin-1") for header, value in sent if header == b"x-amzn-requestid"), None)
    return Failure(status=status, kind=kind, message=message, code=name or None, request_id=named or request_id(sent))


def failure_in(name: str, message: str | None) -> Failure:
    """An exception inside a stream, which comes without a status."""
    kind = _KINDS.get(name.lower(), FailureKind.SERVER)
    return Failure(status=_STATUSES.get(kind, 502), kind=kind, message=message or f"The provider ended its stream with {name}.", code=name)
