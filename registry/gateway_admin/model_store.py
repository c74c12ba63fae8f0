"""Secrets and model definitions in the metadata database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from registry.errors import InvalidState, ResourceAlreadyExists
from registry.gateway_admin.common_store import find
from registry.gateway_admin.messages import GatewayModelDefinition, GatewaySecretInfo
from registry.gateway_admin.stamps import stamps_of
from storage.gateway_admin_tables import gateway_endpoint_models, gateway_model_definitions, gateway_secrets

__all__ = (
    "delete_definition",
    "delete_secret",
    "insert_definition",
    "insert_secret",
    "read_definition",
    "read_definitions",
    "read_sealed",
    "read_secret",
    "read_secrets",
    "update_definition",
    "update_secret",
)

_secrets, _definitions = gateway_secrets.c, gateway_model_definitions.c


def insert_secret(connection: Connection, values: Mapping[str, Any]) -> None:
    """Store a secret, sealed. Raises ``ResourceAlreadyExists``."""
    try:
        connection.execute(insert(gateway_secrets).values(**values))
    except IntegrityError as error:
        raise ResourceAlreadyExists(f"Secret with name '{values['name']}' already exists") from error


def update_secret(connection: Connection, secret_id: str, values: Mapping[str, Any]) -> None:
    """Set columns. Raises ``ResourceDoesNotExist``."""
    find(connection, gateway_secrets, "GatewaySecret", secret_id=secret_id)
    connection.execute(update(gateway_secrets).where(_secrets.secret_id == secret_id).values(**values))


def delete_secret(connection: Connection, secret_id: str) -> None:
    """Remove a secret; its models stay without one. Raises ``ResourceDoesNotExist``."""
    find(connection, gateway_secrets, "GatewaySecret", secret_id=secret_id)
    connection.execute(delete(gateway_secrets).where(_secrets.secret_id == secret_id))


def read_secret(connection: Connection, **wanted: str) -> GatewaySecretInfo:
    """One secret by ``secret_id`` or ``name``, masked. Raises ``ResourceDoesNotExist``."""
    return _secret(find(connection, gateway_secrets, "GatewaySecret", **wanted))


def read_secrets(connection: Connection, provider: str | None) -> list[GatewaySecretInfo]:
    """Secrets in the order they were made, masked."""
    query = select(gateway_secrets).order_by(_secrets.created_at, _secrets.secret_id)
    return [_secret(row) for row in connection.execute(query if provider is None else query.where(_secrets.provider == provider))]


def read_sealed(connection: Connection) -> dict[str, tuple[str, dict[str, str]]]:
    """Every secret by id: its sealed values and how it logs in."""
    rows = connection.execute(select(_secrets.secret_id, _secrets.sealed, _secrets.auth_config))
    return {row.secret_id: (row.sealed, row.auth_config) for row in rows}


def insert_definition(connection: Connection, values: Mapping[str, Any]) -> GatewayModelDefinition:
    """Store a model. Raises ``ResourceDoesNotExist`` for its secret, ``ResourceAlreadyExists`` for its name."""
    find(connection, gateway_secrets, "GatewaySecret", secret_id=values["secret_id"])
    try:
        connection.execute(insert(gateway_model_definitions).values(**values))
    except IntegrityError as error:
        raise _name_taken(values["name"]) from error
    return read_definition(connection, values["model_definition_id"])


def update_definition(connection: Connection, definition_id: str, values: Mapping[str, Any]) -> GatewayModelDefinition:
    """Set columns. Raises as ``insert_definition`` does."""
    read_definition(connection, definition_id)
    if "secret_id" in values:
        find(connection, gateway_secrets, "GatewaySecret", secret_id=values["secret_id"])
    try:
        connection.execute(update(gateway_model_definitions).where(_definitions.model_definition_id == definition_id).values(**values))
    except IntegrityError as error:
        raise _name_taken(values.get("name", "")) from error
    return read_definition(connection, definition_id)


def delete_definition(connection: Connection, definition_id: str) -> None:
    """Remove a model. Raises ``ResourceDoesNotExist``, and ``InvalidState`` while an endpoint uses it."""
    read_definition(connection, definition_id)
    used = select(gateway_endpoint_models.c.mapping_id).where(gateway_endpoint_models.c.model_definition_id == definition_id)
    if connection.execute(used.limit(1)).first() is not None:
        raise InvalidState("Cannot delete model definition that is currently in use by endpoints. Detach it from all endpoints first.")
    connection.execute(delete(gateway_model_definitions).where(_definitions.model_definition_id == definition_id))


def read_definition(connection: Connection, definition_id: str) -> GatewayModelDefinition:
    """One model. Raises ``ResourceDoesNotExist``."""
    find(connection, gateway_model_definitions, "GatewayModelDefinition", model_definition_id=definition_id)
    return read_definitions(connection, model_definition_id=definition_id)[0]


def read_definitions(connection: Connection, **wanted: str | None) -> list[GatewayModelDefinition]:
    """Model definitions in the order they were made, filtered by the columns that are given."""
    named = select(gateway_model_definitions, _secrets.name.label("secret_name"))
    query = named.outerjoin(gateway_secrets, _secrets.secret_id == _definitions.secret_id)
    given = [_definitions[name] == value for name, value in wanted.items() if value]
    rows = connection.execute(query.where(*given).order_by(_definitions.created_at, _definitions.model_definition_id))
    return [_definition(row) for row in rows]


def _name_taken(name: str) -> ResourceAlreadyExists:
    return ResourceAlreadyExists(f"Model definition with name '{name}' already exists")


def _secret(row: Row[Any]) -> GatewaySecretInfo:
    return GatewaySecretInfo(
        secret_id=row.secret_id,
        secret_name=row.name,
        masked_values=row.masked,
        provider=row.provider,
        auth_config=row.auth_config,
        **stamps_of(row),
    )


def _definition(row: Row[Any]) -> GatewayModelDefinition:
    return GatewayModelDefinition(
        model_definition_id=row.model_definition_id,
        name=row.name,
        secret_id=row.secret_id,
        secret_name=row.secret_name,
        provider=row.provider,
        model_name=row.model_name,
        **stamps_of(row),
    )
