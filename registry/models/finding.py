"""What a request names, found in its transaction, or the error that says what is missing."""

from sqlalchemy import Connection

from registry.errors import ResourceDoesNotExist
from registry.models import reading_store, store
from registry.models.names import check_model_name, read_version
from registry.models.types import Kind, ModelVersion, RegisteredModel
from registry.workspaces.scope import unscoped

__all__ = ("find_model", "find_version", "hold", "hold_version", "no_model", "no_version")


def no_model(name: str) -> ResourceDoesNotExist:
    """The error for a name that nothing has."""
    return ResourceDoesNotExist(f"Registered Model with name={unscoped(name)} not found")


def no_version(name: str, version: str) -> ResourceDoesNotExist:
    """The name has no such version."""
    return ResourceDoesNotExist(f"Model Version (name={unscoped(name)}, version={version}) not found")


def find_model(connection: Connection, name: str) -> RegisteredModel:
    """A name with what it holds."""
    check_model_name(name)
    found = reading_store.read_model(connection, name)
    if found is None:
        raise no_model(name)
    return found


def find_version(connection: Connection, name: str, version: str) -> ModelVersion:
    """A version, by the number that a client wrote."""
    check_model_name(name)
    found = reading_store.read_version(connection, name, read_version(version))
    if found is None:
        raise no_version(name, version)
    return found


def hold(connection: Connection, name: str) -> Kind:
    """What a name is of, with its other writers held off until this transaction ends."""
    check_model_name(name)
    kind = store.held_kind_of(connection, name)
    if kind is None:
        raise no_model(name)
    return kind


def hold_version(connection: Connection, name: str, version: str) -> ModelVersion:
    """As ``find_version``, with other writers of the name held off: what is read stays so until it is changed."""
    check_model_name(name)
    number = read_version(version)
    found = reading_store.read_version(connection, name, number) if store.held_kind_of(connection, name) else None
    if found is None:
        raise no_version(name, version)
    return found
