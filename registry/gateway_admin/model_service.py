"""Secrets and model definitions, as MLflow's client asks for them. Raises ``registry.errors``."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from config.secrets import Secret
from registry.errors import InvalidParameterValue
from registry.gateway_admin import messages, model_store
from registry.gateway_admin.secret_values import check_auth_config, masked, read_values
from registry.gateway_admin.stamps import stamped
from registry.gateway_admin.types import Metadata
from registry.outbound.guard import AddressGuard
from storage.sealing import Seal

__all__ = ("ModelService", "belongs_to")


class ModelService:
    """``changed`` is awaited after each change of what the gateway calls, before the client is answered."""

    def __init__(self, metadata: Metadata, guard: AddressGuard, seal: Seal, changed: Callable[[], Awaitable[None]]) -> None:
        self._metadata = metadata
        self._guard = guard
        self._seal = seal
        self._changed = changed

    async def create_secret(self, request: messages.CreateGatewaySecret) -> messages.CreateGatewaySecret.Response:
        """Seal a secret and store it. The answer is masked."""
        auth_config = await check_auth_config(request.auth_config, self._guard)
        values = read_values(request.secret_value)
        secret_id = f"s-{uuid.uuid4().hex}"
        row = {
            "secret_id": secret_id,
            "name": request.secret_name,
            "provider": request.provider or None,
            "auth_config": auth_config,
            **self._sealed(secret_id, values),
            **stamped(request.created_by),
        }
        await self._metadata.run(lambda connection: model_store.insert_secret(connection, row))
        return messages.CreateGatewaySecret.Response(secret=await self._read_secret(secret_id=secret_id))

    async def get_secret(self, request: messages.GetGatewaySecretInfo) -> messages.GetGatewaySecretInfo.Response:
        """A secret by its id or its name, masked."""
        wanted = {"secret_id": request.secret_id} if request.secret_id else {"name": request.secret_name}
        if not all(wanted.values()) or (request.secret_id and request.secret_name):
            raise InvalidParameterValue("Exactly one of secret_id or secret_name must be provided")
        return messages.GetGatewaySecretInfo.Response(secret=await self._read_secret(**wanted))

    async def update_secret(self, request: messages.UpdateGatewaySecret) -> messages.UpdateGatewaySecret.Response:
        """An empty map changes nothing; an ``auth_config`` with nothing but a blank ``api_base`` clears it."""
        row: dict[str, Any] = {"updated_at": datetime.now(UTC), "updated_by": request.updated_by or None}
        if request.auth_config:
            row["auth_config"] = await check_auth_config(request.auth_config, self._guard)
        if request.secret_value:
            row |= self._sealed(request.secret_id, read_values(request.secret_value))
        await self._metadata.run(lambda connection: model_store.update_secret(connection, request.secret_id, row))
        await self._changed()
        return messages.UpdateGatewaySecret.Response(secret=await self._read_secret(secret_id=request.secret_id))

    async def delete_secret(self, request: messages.DeleteGatewaySecret) -> None:
        """Models that used it stay, and answer no more until they get another."""
        await self._metadata.run(lambda connection: model_store.delete_secret(connection, request.secret_id))
        await self._changed()

    async def list_secrets(self, request: messages.ListGatewaySecretInfos) -> messages.ListGatewaySecretInfos.Response:
        """All secrets, masked."""
        found = await self._metadata.read(lambda connection: model_store.read_secrets(connection, request.provider or None))
        return messages.ListGatewaySecretInfos.Response(secrets=found)

    async def secrets_config(self, request: messages.GetSecretsConfig) -> messages.GetSecretsConfig.Response:
        """Whether secrets can be stored: always, since there is always a key to seal them with."""
        return messages.GetSecretsConfig.Response()

    async def create_definition(self, request: messages.CreateGatewayModelDefinition) -> messages.CreateGatewayModelDefinition.Response:
        """Make a model definition, which endpoints may use."""
        row = {
            "model_definition_id": f"d-{uuid.uuid4().hex}",
            "name": request.name,
            "secret_id": request.secret_id,
            "provider": request.provider,
            "model_name": request.model_name,
            **stamped(request.created_by),
        }
        made = await self._metadata.run(lambda connection: model_store.insert_definition(connection, row))
        return messages.CreateGatewayModelDefinition.Response(model_definition=made)

    async def get_definition(self, request: messages.GetGatewayModelDefinition) -> messages.GetGatewayModelDefinition.Response:
        """One model definition."""
        found = await self._metadata.read(lambda connection: model_store.read_definition(connection, request.model_definition_id))
        return messages.GetGatewayModelDefinition.Response(model_definition=found)

    async def list_definitions(self, request: messages.ListGatewayModelDefinitions) -> messages.ListGatewayModelDefinitions.Response:
        """All model definitions, or those of a provider or a secret."""
        found = await self._metadata.read(
            lambda connection: model_store.read_definitions(connection, provider=request.provider, secret_id=request.secret_id)
        )
        return messages.ListGatewayModelDefinitions.Response(model_definitions=found)

    async def update_definition(self, request: messages.UpdateGatewayModelDefinition) -> messages.UpdateGatewayModelDefinition.Response:
        """Change what is given. Endpoints that use the model change with it."""
        given = {"name": request.name, "secret_id": request.secret_id, "model_name": request.model_name, "provider": request.provider}
        row: dict[str, Any] = {name: value for name, value in given.items() if value} | {"updated_at": datetime.now(UTC)}
        if request.updated_by:
            row["updated_by"] = request.updated_by
        changed = await self._metadata.run(lambda connection: model_store.update_definition(connection, request.model_definition_id, row))
        await self._changed()
        return messages.UpdateGatewayModelDefinition.Response(model_definition=changed)

    async def delete_definition(self, request: messages.DeleteGatewayModelDefinition) -> None:
        """Remove a model definition, which no endpoint may be using."""
        await self._metadata.run(lambda connection: model_store.delete_definition(connection, request.model_definition_id))

    def _sealed(self, secret_id: str, values: dict[str, str]) -> dict[str, Any]:
        text = msgspec.json.encode(values).decode()
        return {"sealed": self._seal.seal(Secret(text), belongs_to(secret_id)), "masked": masked(values)}

    async def _read_secret(self, **wanted: Any) -> messages.GatewaySecretInfo:
        return await self._metadata.read(lambda connection: model_store.read_secret(connection, **wanted))


def belongs_to(secret_id: str) -> str:
    """What the values of a secret are sealed for."""
    return f"gateway_secret/{secret_id}"
