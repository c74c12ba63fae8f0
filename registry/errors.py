"""What goes wrong in the registry, as the mlflow client reads it: an error code of MLflow's, an HTTP status, a sentence.

::

    RegistryError
    ├── BadRequest                400  the request as a whole cannot be read
    ├── InvalidParameterValue     400  change the request: a value is missing, of the wrong kind, or not allowed
    ├── ResourceAlreadyExists     400  choose another name
    ├── InvalidState              400  bring the thing into another state first
    ├── FeatureDisabled           400  this server does not do that at all
    ├── Unauthenticated           401  say who you are
    ├── PermissionDenied          403  ask for the right to do this
    ├── ResourceDoesNotExist      404  name something that exists
    ├── ResourceConflict          409  look again: somebody else was there first
    ├── RequestLimitExceeded      429  try again later, or less often
    ├── NotImplementedHere        501  this store cannot do that, whatever the request
    └── TemporarilyUnavailable    503  try again later

The client repeats a request that was answered 429 or 5xx for minutes, so what the caller must change is never one of those. MLflow
itself answers ``INVALID_STATE`` and ``FEATURE_DISABLED`` with 500; the client reads the code from the body, so we keep the code and say 400.
"""

from typing import ClassVar

__all__ = (
    "BadRequest",
    "FeatureDisabled",
    "InvalidParameterValue",
    "InvalidState",
    "NotImplementedHere",
    "PermissionDenied",
    "RegistryError",
    "RequestLimitExceeded",
    "ResourceAlreadyExists",
    "ResourceConflict",
    "ResourceDoesNotExist",
    "TemporarilyUnavailable",
    "Unauthenticated",
)


class RegistryError(Exception):
    """Base of the tree: ``error_code`` and ``status`` go to the client with the message."""

    error_code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequest(RegistryError):
    """The request as a whole cannot be read."""

    error_code = "BAD_REQUEST"
    status = 400


class InvalidParameterValue(RegistryError):
    """A value is missing, of the wrong kind, or not allowed."""

    error_code = "INVALID_PARAMETER_VALUE"
    status = 400


class ResourceAlreadyExists(RegistryError):
    """The name is taken."""

    error_code = "RESOURCE_ALREADY_EXISTS"
    status = 400


class InvalidState(RegistryError):
    """What was asked for is not done to a thing in this state."""

    error_code = "INVALID_STATE"
    status = 400


class FeatureDisabled(RegistryError):
    """This server does not do that at all. MLflow itself says 500, which its client repeats."""

    error_code = "FEATURE_DISABLED"
    status = 400


class Unauthenticated(RegistryError):
    """Nobody knows who is asking."""

    error_code = "UNAUTHENTICATED"
    status = 401


class PermissionDenied(RegistryError):
    """Whoever asks may not do this."""

    error_code = "PERMISSION_DENIED"
    status = 403


class ResourceDoesNotExist(RegistryError):
    """Nothing has this name or identifier."""

    error_code = "RESOURCE_DOES_NOT_EXIST"
    status = 404


class ResourceConflict(RegistryError):
    """Somebody else changed it first."""

    error_code = "RESOURCE_CONFLICT"
    status = 409


class RequestLimitExceeded(RegistryError):
    """Too often, or too much at once."""

    error_code = "REQUEST_LIMIT_EXCEEDED"
    status = 429


class NotImplementedHere(RegistryError):
    """This store cannot do that."""

    error_code = "NOT_IMPLEMENTED"
    status = 501


class TemporarilyUnavailable(RegistryError):
    """What holds the data does not answer now."""

    error_code = "TEMPORARILY_UNAVAILABLE"
    status = 503
