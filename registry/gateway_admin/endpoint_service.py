"""Endpoints, as MLflow's client asks for them. Raises ``registry.errors``."""

import re
import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from registry.errors import InvalidParameterValue, ResourceAlreadyExists, ResourceDoesNotExist
from registry.gateway_admin import endpoint_store, messages, model_store
from registry.gateway_admin.messages import FallbackConfig, GatewayEndpointModelConfig, LinkageType
from registry.gateway_admin.stamps import stamped
from registry.gateway_admin.types import Experiments, Metadata, Scorers
from registry.runs.checks import experiment_number

__all__ = ("EndpointService",)

NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")
RESOURCES: Final = (endpoint_store.SCORER,)
EXPERIMENT_TAGS: Final = {"mlflow.experiment.sourceType": "GATEWAY", "mlflow.experiment.isGateway": "true"}
EXPERIMENT_OF: Final = "mlflow.experiment.sourceId"


class EndpointService:
    """``changed`` as in ``ModelService``; ``taken`` gives the routes of the configuration file, whose names no endpoint can have."""

    def __init__(
        self,
        metadata: Metadata,
        experiments: Experiments,
        scorers: Scorers,
        taken: Callable[[], Collection[str]],
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        self._metadata = metadata
        self._experiments = experiments
        self._scorers = scorers
        self._taken = taken
        self._changed = changed

    async def create(self, request: messages.CreateGatewayEndpoint) -> messages.CreateGatewayEndpoint.Response:
        """Make an endpoint. Its name answers as soon as this returns."""
        self._check_name(request.name)
        _check_linkage(request.model_configs)
        _check_experiment(request.experiment_id)
        if not request.model_configs:
            raise InvalidParameterValue("Endpoint must have at least one model configuration")
        endpoint_id, tracked = f"e-{uuid.uuid4().hex}", request.usage_tracking is not False
        await self._metadata.read(lambda connection: _require_definitions(connection, request.model_configs))
        experiment = request.experiment_id or (await self._experiment(request.name, endpoint_id) if tracked else None)
        row = {
            "endpoint_id": endpoint_id,
            "name": request.name,
            "routing_strategy": request.routing_strategy and request.routing_strategy.value,
            "fallback": _fallback(request.fallback_config, request.model_configs),
            "experiment_id": experiment,
            "usage_tracking": tracked,
            **stamped(request.created_by),
        }
        models = _rows(endpoint_id, request.model_configs, request.created_by)

        def write(connection: Connection) -> messages.GatewayEndpoint:
            endpoint_store.insert_endpoint(connection, row, models)
            return endpoint_store.read_endpoint(connection, endpoint_id=endpoint_id)

        made = await self._metadata.run(write)
        await self._changed()
        return messages.CreateGatewayEndpoint.Response(endpoint=made)

    async def get(self, request: messages.GetGatewayEndpoint) -> messages.GetGatewayEndpoint.Response:
        """An endpoint by its id or its name."""
        if bool(request.endpoint_id) == bool(request.name):
            raise InvalidParameterValue("Exactly one of endpoint_id or name must be provided")
        wanted = {"endpoint_id": request.endpoint_id} if request.endpoint_id else {"name": request.name or ""}
        found = await self._metadata.read(lambda connection: endpoint_store.read_endpoint(connection, **wanted))
        return messages.GetGatewayEndpoint.Response(endpoint=found)

    async def update(self, request: messages.UpdateGatewayEndpoint) -> messages.UpdateGatewayEndpoint.Response:
        """Change what is given. The models of an endpoint are replaced as a whole."""
        if request.name:
            self._check_name(request.name)
        _check_linkage(request.model_configs)
        _check_experiment(request.experiment_id)
        before = await self._metadata.read(lambda connection: endpoint_store.read_endpoint(connection, endpoint_id=request.endpoint_id))
        row = _changes(request)
        if request.usage_tracking and not request.experiment_id and before.experiment_id is None:
            row["experiment_id"] = await self._experiment(request.name or before.name, request.endpoint_id)
        models = _rows(request.endpoint_id, request.model_configs, request.updated_by)

        def write(connection: Connection) -> messages.GatewayEndpoint:
            for config in request.model_configs:
                model_store.read_definition(connection, config.model_definition_id)
            endpoint_store.update_endpoint(connection, request.endpoint_id, row)
            if request.name and request.name != before.name:
                self._scorers.endpoint_renamed(connection, before.name, request.name)
            if models:
                endpoint_store.replace_models(connection, request.endpoint_id, models)
            return endpoint_store.read_endpoint(connection, endpoint_id=request.endpoint_id)

        changed = await self._metadata.run(write)
        await self._changed()
        return messages.UpdateGatewayEndpoint.Response(endpoint=changed)

    async def delete(self, request: messages.DeleteGatewayEndpoint) -> None:
        """Remove an endpoint. Its name answers no more as soon as this returns."""
        await self._metadata.run(lambda connection: endpoint_store.delete_endpoint(connection, request.endpoint_id))
        await self._changed()

    async def list(self, request: messages.ListGatewayEndpoints) -> messages.ListGatewayEndpoints.Response:
        """All endpoints, or those with a model of a provider or a secret."""
        found = await self._metadata.read(
            lambda connection: endpoint_store.read_endpoints(connection, provider=request.provider, secret_id=request.secret_id)
        )
        return messages.ListGatewayEndpoints.Response(endpoints=found)

    async def attach(self, request: messages.AttachModelToGatewayEndpoint) -> messages.AttachModelToGatewayEndpoint.Response:
        """Attach a model to an endpoint."""
        _check_linkage_of(request.model_config, "model_config")
        [model] = _rows(request.endpoint_id, [request.model_config], request.created_by)

        def write(connection: Connection) -> messages.GatewayEndpointModelMapping:
            endpoint_store.require_endpoint(connection, request.endpoint_id)
            model_store.read_definition(connection, request.model_config.model_definition_id)
            touched = {"updated_at": datetime.now(UTC)} | ({"updated_by": request.created_by} if request.created_by else {})
            endpoint_store.update_endpoint(connection, request.endpoint_id, touched)
            return endpoint_store.attach(connection, model)

        mapping = await self._metadata.run(write)
        await self._changed()
        return messages.AttachModelToGatewayEndpoint.Response(mapping=mapping)

    async def detach(self, request: messages.DetachModelFromGatewayEndpoint) -> None:
        """Detach a model from an endpoint."""
        await self._metadata.run(lambda connection: endpoint_store.detach(connection, request.endpoint_id, request.model_definition_id))
        await self._changed()

    async def create_binding(self, request: messages.CreateGatewayEndpointBinding) -> messages.CreateGatewayEndpointBinding.Response:
        """Note that something uses an endpoint."""
        if request.resource_type not in RESOURCES:
            raise InvalidParameterValue(f"Invalid resource_type '{request.resource_type}'. Valid values are: {', '.join(RESOURCES)}")
        row = {
            "endpoint_id": request.endpoint_id,
            "resource_type": request.resource_type,
            "resource_id": request.resource_id,
            **stamped(request.created_by),
        }

        def write(connection: Connection) -> messages.GatewayEndpointBinding:
            endpoint_store.require_endpoint(connection, request.endpoint_id)
            return endpoint_store.insert_binding(connection, row)

        return messages.CreateGatewayEndpointBinding.Response(binding=await self._metadata.run(write))

    async def delete_binding(self, request: messages.DeleteGatewayEndpointBinding) -> None:
        """Note that something no longer uses an endpoint."""
        wanted = {"endpoint_id": request.endpoint_id, "resource_type": request.resource_type, "resource_id": request.resource_id}
        await self._metadata.run(lambda connection: endpoint_store.delete_binding(connection, **wanted))

    async def list_bindings(self, request: messages.ListGatewayEndpointBindings) -> messages.ListGatewayEndpointBindings.Response:
        """All bindings, or those of an endpoint or a resource."""
        wanted = {"endpoint_id": request.endpoint_id, "resource_type": request.resource_type, "resource_id": request.resource_id}
        found = await self._metadata.read(lambda connection: endpoint_store.read_bindings(connection, **wanted))
        return messages.ListGatewayEndpointBindings.Response(bindings=found)

    async def set_tag(self, request: messages.SetGatewayEndpointTag) -> None:
        """Set a tag of an endpoint."""

        def write(connection: Connection) -> None:
            endpoint_store.require_endpoint(connection, request.endpoint_id)
            endpoint_store.put_tag(connection, request.endpoint_id, request.key, request.value)

        await self._metadata.run(write)

    async def delete_tag(self, request: messages.DeleteGatewayEndpointTag) -> None:
        """Remove a tag of an endpoint, if it is there."""

        def write(connection: Connection) -> None:
            endpoint_store.require_endpoint(connection, request.endpoint_id)
            endpoint_store.delete_tag(connection, request.endpoint_id, request.key)

        await self._metadata.run(write)

    def _check_name(self, name: str) -> None:
        if not NAME.fullmatch(name):
            raise InvalidParameterValue(
                f"Invalid endpoint name '{name}'. Name can only contain letters, numbers, underscores, hyphens, and dots."
            )
        if name in self._taken():
            raise ResourceAlreadyExists(f"Endpoint with name '{name}' already exists: it is a route of the configuration file")

    async def _experiment(self, name: str, endpoint_id: str) -> str | None:
        return await self._experiments.ensure(f"gateway/{name}", {**EXPERIMENT_TAGS, EXPERIMENT_OF: endpoint_id})


def _check_linkage(configs: Sequence[GatewayEndpointModelConfig]) -> None:
    for index, config in enumerate(configs):
        _check_linkage_of(config, f"model_configs[{index}]")


def _check_linkage_of(config: GatewayEndpointModelConfig, where: str) -> None:
    if config.linkage_type is LinkageType.LINKAGE_TYPE_UNSPECIFIED:
        raise InvalidParameterValue(
            f"Invalid or missing value for required parameter 'linkage_type' in {where}. Must be one of: PRIMARY, FALLBACK."
        )


def _require_definitions(connection: Connection, configs: Sequence[GatewayEndpointModelConfig]) -> None:
    if missing := endpoint_store.missing_definitions(connection, [config.model_definition_id for config in configs]):
        raise ResourceDoesNotExist(f"Model definitions not found: {', '.join(missing)}")


def _rows(endpoint_id: str, configs: Sequence[GatewayEndpointModelConfig], by: str | None) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    return [
        {
            "mapping_id": f"m-{uuid.uuid4().hex}",
            "endpoint_id": endpoint_id,
            "model_definition_id": config.model_definition_id,
            "linkage_type": config.linkage_type.value,
            "weight": config.weight,
            "fallback_order": config.fallback_order,
            "created_at": now + timedelta(microseconds=index),  # they are read in the order in which they were given
            "created_by": by or None,
        }
        for index, config in enumerate(configs)
    ]


def _check_experiment(given: str | None) -> None:
    if given is not None:
        experiment_number(given)


def _changes(request: messages.UpdateGatewayEndpoint) -> dict[str, Any]:
    given = {
        "name": request.name,
        "experiment_id": request.experiment_id,
        "routing_strategy": request.routing_strategy and request.routing_strategy.value,
        "updated_by": request.updated_by,
    }
    row: dict[str, Any] = {name: value for name, value in given.items() if value} | {"updated_at": datetime.now(UTC)}
    if request.usage_tracking is not None:
        row["usage_tracking"] = request.usage_tracking
    if request.model_configs or request.fallback_config is not None:
        row["fallback"] = _fallback(request.fallback_config or FallbackConfig(), request.model_configs)
    return row


def _fallback(config: FallbackConfig | None, models: Sequence[GatewayEndpointModelConfig]) -> dict[str, Any] | None:
    """The fallback configuration to store. Models to fall back to need one also when the client gave none."""
    if config is None and not any(model.linkage_type is LinkageType.FALLBACK for model in models):
        return None
    config = config or FallbackConfig()
    return {"strategy": config.strategy and config.strategy.value, "max_attempts": config.max_attempts}
