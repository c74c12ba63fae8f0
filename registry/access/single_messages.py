"""Messages of the permissions API of MLflow up to 3.9, one set for each type of things."""

from registry.access.messages import ExperimentPermission, RegisteredModelPermission, ScorerPermission
from registry.wire import Message, RequiredText

__all__ = (
    "GatewayEndpointPermission",
    "GatewayModelDefinitionPermission",
    "GatewaySecretPermission",
    "OnEndpoint",
    "OnExperiment",
    "OnModelDefinition",
    "OnRegisteredModel",
    "OnScorer",
    "OnSecret",
    "SetOnEndpoint",
    "SetOnExperiment",
    "SetOnModelDefinition",
    "SetOnRegisteredModel",
    "SetOnScorer",
    "SetOnSecret",
)


class GatewaySecretPermission(Message):
    """What a user may do with a secret of the gateway."""

    secret_id: str
    user_id: int
    permission: str


class GatewayEndpointPermission(Message):
    """What a user may do with an endpoint of the gateway."""

    endpoint_id: str
    user_id: int
    permission: str


class GatewayModelDefinitionPermission(Message):
    """What a user may do with a model definition of the gateway."""

    model_definition_id: str
    user_id: int
    permission: str


class OnExperiment(Message):
    """Read or remove a permission on an experiment."""

    experiment_id: RequiredText
    username: RequiredText

    class Response(Message):
        """The permission."""

        experiment_permission: ExperimentPermission


class SetOnExperiment(OnExperiment):
    """Give or change one."""

    permission: RequiredText


class OnRegisteredModel(Message):
    """Read or remove a permission on a registered model."""

    name: RequiredText
    username: RequiredText

    class Response(Message):
        """The permission."""

        registered_model_permission: RegisteredModelPermission


class SetOnRegisteredModel(OnRegisteredModel):
    """Give or change one."""

    permission: RequiredText


class OnScorer(Message):
    """Read or remove a permission on a scorer."""

    experiment_id: RequiredText
    scorer_name: RequiredText
    username: RequiredText

    class Response(Message):
        """The permission."""

        scorer_permission: ScorerPermission


class SetOnScorer(OnScorer):
    """Give or change one."""

    permission: RequiredText


class OnSecret(Message):
    """Read or remove a permission on a secret of the gateway."""

    secret_id: RequiredText
    username: RequiredText

    class Response(Message):
        """The permission."""

        gateway_secret_permission: GatewaySecretPermission


class SetOnSecret(OnSecret):
    """Give or change one."""

    permission: RequiredText


class OnEndpoint(Message):
    """Read or remove a permission on an endpoint of the gateway."""

    endpoint_id: RequiredText
    username: RequiredText

    class Response(Message):
        """The permission."""

        gateway_endpoint_permission: GatewayEndpointPermission


class SetOnEndpoint(OnEndpoint):
    """Give or change one."""

    permission: RequiredText


class OnModelDefinition(Message):
    """Read or remove a permission on a model definition of the gateway."""

    model_definition_id: RequiredText
    username: RequiredText

    class Response(Message):
        """The permission."""

        gateway_model_definition_permission: GatewayModelDefinitionPermission


class SetOnModelDefinition(OnModelDefinition):
    """Give or change one."""

    permission: RequiredText
