"""The permissions API of MLflow up to 3.9: what one user may do with one experiment, registered model, scorer, or thing of the gateway, by name.

It reads and writes what ``/3.0/mlflow/users/permissions`` does. What is ``DENY`` there is ``NO_PERMISSIONS`` here: the older clients know no
other word for it.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.access import store
from registry.access.accounts import AccessBook, found_user
from registry.access.permissions import Grant, canonical, check_grant
from registry.access.roles import manages, own_role_of
from registry.access.single_messages import (
    GatewayEndpointPermission,
    GatewayModelDefinitionPermission,
    GatewaySecretPermission,
    OnEndpoint,
    OnExperiment,
    OnModelDefinition,
    OnRegisteredModel,
    OnScorer,
    OnSecret,
    SetOnEndpoint,
    SetOnExperiment,
    SetOnModelDefinition,
    SetOnRegisteredModel,
    SetOnScorer,
    SetOnSecret,
)
from registry.access.types import DEFAULT_WORKSPACE, RoleGrant, User, own_role
from registry.access.views import experiment_permission, older_word, registered_model_permission, scorer_permission
from registry.errors import ResourceAlreadyExists, ResourceDoesNotExist
from registry.wire import Endpoint, Message

__all__ = ("endpoints",)


def kept(permission: str) -> str:
    """Our word for that of the older clients."""
    return "DENY" if permission == "NO_PERMISSIONS" else permission


def _experiment(user_id: int, grant: Grant) -> OnExperiment.Response:
    return OnExperiment.Response(experiment_permission=experiment_permission(user_id, grant))


def _registered_model(user_id: int, grant: Grant) -> OnRegisteredModel.Response:
    return OnRegisteredModel.Response(registered_model_permission=registered_model_permission(user_id, grant))


def _scorer(user_id: int, grant: Grant) -> OnScorer.Response:
    return OnScorer.Response(scorer_permission=scorer_permission(user_id, grant))


def _secret(user_id: int, grant: Grant) -> OnSecret.Response:
    told = GatewaySecretPermission(secret_id=grant.resource_pattern, user_id=user_id, permission=older_word(grant))
    return OnSecret.Response(gateway_secret_permission=told)


def _endpoint(user_id: int, grant: Grant) -> OnEndpoint.Response:
    told = GatewayEndpointPermission(endpoint_id=grant.resource_pattern, user_id=user_id, permission=older_word(grant))
    return OnEndpoint.Response(gateway_endpoint_permission=told)


def _model_definition(user_id: int, grant: Grant) -> OnModelDefinition.Response:
    told = GatewayModelDefinitionPermission(model_definition_id=grant.resource_pattern, user_id=user_id, permission=older_word(grant))
    return OnModelDefinition.Response(gateway_model_definition_permission=told)


class Kind(msgspec.Struct, frozen=True):
    """A type of things, and how these messages speak of it: ``fields`` together are its name, with a slash between them."""

    resource_type: str
    title: str
    fields: tuple[str, ...]
    answer: Callable[[int, Grant], Message]


class Permissions:
    """Permissions of single users on things of one kind. Who manages a thing gives and takes them."""

    def __init__(self, book: AccessBook, kind: Kind) -> None:
        self._book = book
        self._kind = kind

    async def create(self, request: Any) -> Message:
        """Give a permission where there is none."""
        grant = self._asked(request)

        def write(connection: Connection) -> Message:
            user = found_user(connection, request.username)
            store.add_grant(connection, own_role_of(connection, user.username), grant)
            return self._kind.answer(user.id, grant)

        try:
            return await self._book.change(write)
        except IntegrityError:
            raise ResourceAlreadyExists(
                f"{self._kind.title} permission ({self._named(request)}, username={request.username}) already exists."
            ) from None

    async def get(self, request: Any) -> Message:
        """The permission that was given."""
        manages(self._kind.resource_type, self._id(request))

        def read(connection: Connection) -> Message:
            user = found_user(connection, request.username)
            return self._kind.answer(user.id, self._found(connection, user, request).grant)

        return await self._book.read(read)

    async def update(self, request: Any) -> None:
        """Change a permission."""
        grant = self._asked(request)

        def write(connection: Connection) -> None:
            known = self._found(connection, found_user(connection, request.username), request)
            store.change_grant(connection, known.id, grant.permission)

        await self._book.change(write)

    async def delete(self, request: Any) -> None:
        """Take a permission back."""
        manages(self._kind.resource_type, self._id(request))

        def write(connection: Connection) -> None:
            known = self._found(connection, found_user(connection, request.username), request)
            store.delete_grant(connection, known.id)

        await self._book.change(write)

    def _id(self, request: Any) -> str:
        return "/".join(getattr(request, field) for field in self._kind.fields)

    def _named(self, request: Any) -> str:
        return ", ".join(f"{field}={getattr(request, field)}" for field in self._kind.fields)

    def _asked(self, request: Any) -> Grant:
        manages(self._kind.resource_type, self._id(request))
        return check_grant(self._kind.resource_type, self._id(request), kept(request.permission))

    def _found(self, connection: Connection, user: User, request: Any) -> RoleGrant:
        role = store.read_role_named(connection, DEFAULT_WORKSPACE, own_role(user.id))
        on = (self._kind.resource_type, canonical(self._kind.resource_type, self._id(request)))
        for each in role.grants if role else ():
            if (each.grant.resource_type, each.grant.resource_pattern) == on:
                return each
        raise ResourceDoesNotExist(f"{self._kind.title} permission with {self._named(request)} and username={user.username} not found")


GATEWAY: Final = "/3.0/mlflow/gateway"
KINDS: Final = (
    (
        "/2.0/mlflow/experiments/permissions",
        OnExperiment,
        SetOnExperiment,
        Kind("experiment", "Experiment", ("experiment_id",), _experiment),
    ),
    (
        "/2.0/mlflow/registered-models/permissions",
        OnRegisteredModel,
        SetOnRegisteredModel,
        Kind("registered_model", "Registered model", ("name",), _registered_model),
    ),
    ("/3.0/mlflow/scorers/permissions", OnScorer, SetOnScorer, Kind("scorer", "Scorer", ("experiment_id", "scorer_name"), _scorer)),
    (f"{GATEWAY}/secrets/permissions", OnSecret, SetOnSecret, Kind("gateway_secret", "Gateway secret", ("secret_id",), _secret)),
    (
        f"{GATEWAY}/endpoints/permissions",
        OnEndpoint,
        SetOnEndpoint,
        Kind("gateway_endpoint", "Gateway endpoint", ("endpoint_id",), _endpoint),
    ),
    (
        f"{GATEWAY}/model-definitions/permissions",
        OnModelDefinition,
        SetOnModelDefinition,
        Kind("gateway_model_definition", "Gateway model definition", ("model_definition_id",), _model_definition),
    ),
)


def endpoints(book: AccessBook) -> list[Endpoint[Any]]:
    """Every endpoint of the older permissions API, for MLflow's table."""
    made: list[Endpoint[Any]] = []
    for path, asks, sets, kind in KINDS:
        service = Permissions(book, kind)
        made += [
            Endpoint("POST", f"{path}/create", sets, service.create),
            Endpoint("GET", f"{path}/get", asks, service.get),
            Endpoint("PATCH", f"{path}/update", sets, service.update),
            Endpoint("DELETE", f"{path}/delete", asks, service.delete),
        ]
    return made
