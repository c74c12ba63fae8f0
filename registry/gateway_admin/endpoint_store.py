"""Endpoints in the metadata database, with their models, tags and bindings."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from registry.errors import ResourceAlreadyExists, ResourceDoesNotExist
from registry.gateway_admin.common_store import find, milliseconds
from registry.gateway_admin.messages import (
    FallbackConfig,
    FallbackStrategy,
    GatewayEndpoint,
    GatewayEndpointBinding,
    GatewayEndpointModelMapping,
    GatewayEndpointTag,
    GatewayModelDefinition,
    LinkageType,
    RoutingStrategy,
)
from registry.gateway_admin.model_store import read_definitions
from registry.gateway_admin.stamps import stamped, stamps_of
from storage.gateway_admin_tables import (
    gateway_endpoint_bindings,
    gateway_endpoint_models,
    gateway_endpoint_tags,
    gateway_endpoints,
    gateway_model_definitions,
)
from storage.genai_tables import scorers

__all__ = (
    "SCORER",
    "attach",
    "bind",
    "delete_binding",
    "delete_endpoint",
    "delete_tag",
    "detach",
    "insert_binding",
    "insert_endpoint",
    "missing_definitions",
    "put_tag",
    "read_bindings",
    "read_endpoint",
    "read_endpoints",
    "replace_models",
    "require_endpoint",
    "update_endpoint",
)

SCORER: Final = "scorer"
"""The one kind of resource that MLflow binds to an endpoint."""

_endpoints, _models, _tags = gateway_endpoints.c, gateway_endpoint_models.c, gateway_endpoint_tags.c
_bindings, _definitions = gateway_endpoint_bindings.c, gateway_model_definitions.c


def require_endpoint(connection: Connection, endpoint_id: str, entity: str = "GatewayEndpoint") -> None:
    """Raise ``ResourceDoesNotExist`` for an endpoint that does not exist."""
    find(connection, gateway_endpoints, entity, endpoint_id=endpoint_id)


def missing_definitions(connection: Connection, wanted: Iterable[str]) -> list[str]:
    """The ids among ``wanted`` that are no model definitions."""
    known = set(connection.scalars(select(_definitions.model_definition_id)))
    return [each for each in dict.fromkeys(wanted) if each not in known]


def insert_endpoint(connection: Connection, values: Mapping[str, Any], models: Sequence[Mapping[str, Any]]) -> None:
    """Store an endpoint with its models. Raises ``ResourceAlreadyExists``."""
    try:
        connection.execute(insert(gateway_endpoints).values(**values))
    except IntegrityError as error:
        raise _name_taken(values["name"]) from error
    _insert_models(connection, models)


def update_endpoint(connection: Connection, endpoint_id: str, values: Mapping[str, Any]) -> None:
    """Set columns. Raises ``ResourceAlreadyExists`` for a name that is taken."""
    try:
        connection.execute(update(gateway_endpoints).where(_endpoints.endpoint_id == endpoint_id).values(**values))
    except IntegrityError as error:
        raise _name_taken(values.get("name", "")) from error


def replace_models(connection: Connection, endpoint_id: str, models: Sequence[Mapping[str, Any]]) -> None:
    """Replace the models of an endpoint by these."""
    connection.execute(delete(gateway_endpoint_models).where(_models.endpoint_id == endpoint_id))
    _insert_models(connection, models)


def attach(connection: Connection, model: Mapping[str, Any]) -> GatewayEndpointModelMapping:
    """One more model. Raises ``ResourceAlreadyExists`` when it is there in the same role."""
    _insert_models(connection, [model])
    [mapping] = [each for each in _read_models(connection, [model["endpoint_id"]]) if each.mapping_id == model["mapping_id"]]
    return mapping


def detach(connection: Connection, endpoint_id: str, definition_id: str) -> None:
    """One model fewer, the first of its roles. Raises ``ResourceDoesNotExist``."""
    here = (_models.endpoint_id == endpoint_id, _models.model_definition_id == definition_id)
    mapping = connection.scalar(select(_models.mapping_id).where(*here).order_by(_models.created_at, _models.mapping_id).limit(1))
    if mapping is None:
        require_endpoint(connection, endpoint_id)
        raise ResourceDoesNotExist(f"Model definition '{definition_id}' is not attached to endpoint '{endpoint_id}'")
    connection.execute(delete(gateway_endpoint_models).where(_models.mapping_id == mapping))


def delete_endpoint(connection: Connection, endpoint_id: str) -> None:
    """Remove an endpoint with all that hangs on it. Raises ``ResourceDoesNotExist``."""
    require_endpoint(connection, endpoint_id)
    connection.execute(delete(gateway_endpoints).where(_endpoints.endpoint_id == endpoint_id))


def read_endpoint(connection: Connection, **wanted: str) -> GatewayEndpoint:
    """One endpoint by ``endpoint_id`` or ``name``. Raises ``ResourceDoesNotExist``."""
    row = find(connection, gateway_endpoints, "GatewayEndpoint", **wanted)
    return _read(connection, select(gateway_endpoints).where(_endpoints.endpoint_id == row.endpoint_id))[0]


def read_endpoints(connection: Connection, *, provider: str | None = None, secret_id: str | None = None) -> list[GatewayEndpoint]:
    """Endpoints in the order they were made; those with a model of the provider or the secret."""
    query = select(gateway_endpoints).order_by(_endpoints.created_at, _endpoints.endpoint_id)
    given = [_definitions[name] == value for name, value in (("provider", provider), ("secret_id", secret_id)) if value]
    if given:
        used = (_models.endpoint_id == _endpoints.endpoint_id, _models.model_definition_id == _definitions.model_definition_id)
        query = query.where(exists().where(*used, *given))
    return _read(connection, query)


def put_tag(connection: Connection, endpoint_id: str, key: str, value: str) -> None:
    """Set a tag."""
    delete_tag(connection, endpoint_id, key)
    connection.execute(insert(gateway_endpoint_tags).values(endpoint_id=endpoint_id, key=key, value=value))


def delete_tag(connection: Connection, endpoint_id: str, key: str) -> None:
    """Remove a tag, if it is there."""
    connection.execute(delete(gateway_endpoint_tags).where(_tags.endpoint_id == endpoint_id, _tags.key == key))


def insert_binding(connection: Connection, values: Mapping[str, Any]) -> GatewayEndpointBinding:
    """Store a binding. Raises ``ResourceAlreadyExists``."""
    try:
        connection.execute(insert(gateway_endpoint_bindings).values(**values))
    except IntegrityError as error:
        resource = f"{values['resource_type']} '{values['resource_id']}'"
        raise ResourceAlreadyExists(f"Endpoint '{values['endpoint_id']}' is already bound to {resource}") from error
    wanted = {name: values[name] for name in ("endpoint_id", "resource_type", "resource_id")}
    return read_bindings(connection, **wanted)[0]


def bind(connection: Connection, resource_type: str, resource_id: str, names: Collection[str]) -> None:
    """Bind a resource to the endpoints of these names, and to no others."""
    connection.execute(
        delete(gateway_endpoint_bindings).where(_bindings.resource_type == resource_type, _bindings.resource_id == resource_id)
    )
    for endpoint_id in connection.scalars(select(_endpoints.endpoint_id).where(_endpoints.name.in_(names))).all():
        row = {"endpoint_id": endpoint_id, "resource_type": resource_type, "resource_id": resource_id}
        connection.execute(insert(gateway_endpoint_bindings).values(**row, **stamped(None)))


def delete_binding(connection: Connection, **wanted: str) -> None:
    """Remove a binding. Raises ``ResourceDoesNotExist``."""
    find(connection, gateway_endpoint_bindings, "GatewayEndpointBinding", **wanted)
    connection.execute(delete(gateway_endpoint_bindings).where(*(_bindings[name] == value for name, value in wanted.items())))


def read_bindings(connection: Connection, **wanted: str | None) -> list[GatewayEndpointBinding]:
    """Bindings in the order they were made, filtered by the columns that are given. Those of scorers have the scorer's name."""
    given = [_bindings[name] == value for name, value in wanted.items() if value]
    named = (scorers.c.scorer_id == _bindings.resource_id) & (_bindings.resource_type == SCORER)
    query = select(gateway_endpoint_bindings, scorers.c.name.label("display_name")).outerjoin(scorers, named)
    return [
        GatewayEndpointBinding(
            endpoint_id=row.endpoint_id,
            resource_type=row.resource_type,
            resource_id=row.resource_id,
            display_name=row.display_name,
            **stamps_of(row),
        )
        for row in connection.execute(query.where(*given).order_by(_bindings.created_at, _bindings.resource_id))
    ]


def _name_taken(name: str) -> ResourceAlreadyExists:
    return ResourceAlreadyExists(f"Endpoint with name '{name}' already exists")


def _insert_models(connection: Connection, models: Sequence[Mapping[str, Any]]) -> None:
    for model in models:
        try:
            connection.execute(insert(gateway_endpoint_models).values(**model))
        except IntegrityError as error:
            named = f"Model definition '{model['model_definition_id']}' is already attached to endpoint '{model['endpoint_id']}'"
            raise ResourceAlreadyExists(named) from error


def _read(connection: Connection, query: Select[Any]) -> list[GatewayEndpoint]:
    rows = connection.execute(query).all()
    ids = [row.endpoint_id for row in rows]
    models: dict[str, list[GatewayEndpointModelMapping]] = {}
    for mapping in _read_models(connection, ids):
        models.setdefault(mapping.endpoint_id, []).append(mapping)
    tags: dict[str, list[GatewayEndpointTag]] = {}
    for row in connection.execute(select(gateway_endpoint_tags).where(_tags.endpoint_id.in_(ids)).order_by(_tags.key)):
        tags.setdefault(row.endpoint_id, []).append(GatewayEndpointTag(key=row.key, value=row.value))
    return [_endpoint(row, models.get(row.endpoint_id, []), tags.get(row.endpoint_id, [])) for row in rows]


def _read_models(connection: Connection, endpoint_ids: Sequence[str]) -> list[GatewayEndpointModelMapping]:
    definitions = {each.model_definition_id: each for each in read_definitions(connection)}
    query = select(gateway_endpoint_models).where(_models.endpoint_id.in_(endpoint_ids))
    rows = connection.execute(query.order_by(_models.created_at, _models.mapping_id))
    return [_mapping(row, definitions.get(row.model_definition_id)) for row in rows]


def _mapping(row: Row[Any], definition: GatewayModelDefinition | None) -> GatewayEndpointModelMapping:
    return GatewayEndpointModelMapping(
        mapping_id=row.mapping_id,
        endpoint_id=row.endpoint_id,
        model_definition_id=row.model_definition_id,
        model_definition=definition,
        weight=row.weight,
        created_at=milliseconds(row.created_at),
        created_by=row.created_by,
        linkage_type=LinkageType[row.linkage_type],
        fallback_order=row.fallback_order,
    )


def _endpoint(row: Row[Any], models: list[GatewayEndpointModelMapping], tags: list[GatewayEndpointTag]) -> GatewayEndpoint:
    return GatewayEndpoint(
        endpoint_id=row.endpoint_id,
        name=row.name,
        model_mappings=models,
        tags=tags,
        routing_strategy=None if row.routing_strategy is None else RoutingStrategy[row.routing_strategy],
        fallback_config=_fallback(row.fallback),
        experiment_id=row.experiment_id,
        usage_tracking=row.usage_tracking,
        **stamps_of(row),
    )


def _fallback(stored: dict[str, Any] | None) -> FallbackConfig | None:
    if stored is None:
        return None
    strategy = stored.get("strategy")
    return FallbackConfig(strategy=FallbackStrategy[strategy] if strategy else None, max_attempts=stored.get("max_attempts"))
