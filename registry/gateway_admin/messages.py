"""MLflow's messages about the gateway (``service.proto``): secrets, model definitions, endpoints, tags and bindings."""

from typing import Any

from registry.wire import Int64, Message, RequiredText, WireEnum

__all__ = (
    "AttachModelToGatewayEndpoint",
    "CreateGatewayEndpoint",
    "CreateGatewayEndpointBinding",
    "CreateGatewayModelDefinition",
    "CreateGatewaySecret",
    "DeleteGatewayEndpoint",
    "DeleteGatewayEndpointBinding",
    "DeleteGatewayEndpointTag",
    "DeleteGatewayModelDefinition",
    "DeleteGatewaySecret",
    "DetachModelFromGatewayEndpoint",
    "FallbackConfig",
    "FallbackStrategy",
    "GatewayEndpoint",
    "GatewayEndpointBinding",
    "GatewayEndpointModelConfig",
    "GatewayEndpointModelMapping",
    "GatewayEndpointTag",
    "GatewayModelDefinition",
    "GatewaySecretInfo",
    "GetGatewayEndpoint",
    "GetGatewayModelDefinition",
    "GetGatewaySecretInfo",
    "GetSecretsConfig",
    "LinkageType",
    "ListGatewayEndpointBindings",
    "ListGatewayEndpoints",
    "ListGatewayModelDefinitions",
    "ListGatewaySecretInfos",
    "RoutingStrategy",
    "SetGatewayEndpointTag",
    "UpdateGatewayEndpoint",
    "UpdateGatewayModelDefinition",
    "UpdateGatewaySecret",
)


class LinkageType(WireEnum):
    """``PRIMARY`` models share the traffic by weight; ``FALLBACK`` models are tried in their order when those fail."""

    LINKAGE_TYPE_UNSPECIFIED = "LINKAGE_TYPE_UNSPECIFIED", 0
    PRIMARY = "PRIMARY", 1
    FALLBACK = "FALLBACK", 2


class RoutingStrategy(WireEnum):
    """How a request finds its model."""

    ROUTING_STRATEGY_UNSPECIFIED = "ROUTING_STRATEGY_UNSPECIFIED", 0
    REQUEST_BASED_TRAFFIC_SPLIT = "REQUEST_BASED_TRAFFIC_SPLIT", 1


class FallbackStrategy(WireEnum):
    """How fallbacks follow each other."""

    FALLBACK_STRATEGY_UNSPECIFIED = "FALLBACK_STRATEGY_UNSPECIFIED", 0
    SEQUENTIAL = "SEQUENTIAL", 1


class GatewaySecretInfo(Message):
    """A secret as it may be seen: a few characters of each value, to know it again."""

    secret_id: str
    secret_name: str
    masked_values: dict[str, str] = {}
    created_at: Int64
    last_updated_at: Int64
    provider: str | None = None
    created_by: str | None = None
    last_updated_by: str | None = None
    auth_config: dict[str, str] = {}


class GatewayModelDefinition(Message):
    """A vendor's model with the secret that pays for it."""

    model_definition_id: str
    name: str
    secret_id: str | None = None
    secret_name: str | None = None
    provider: str
    model_name: str
    created_at: Int64
    last_updated_at: Int64
    created_by: str | None = None
    last_updated_by: str | None = None


class GatewayEndpointTag(Message):
    """A tag of an endpoint."""

    key: str
    value: str


class GatewayEndpointModelMapping(Message):
    """A model at an endpoint."""

    mapping_id: str
    endpoint_id: str
    model_definition_id: str
    model_definition: GatewayModelDefinition | None = None
    weight: float
    created_at: Int64
    created_by: str | None = None
    linkage_type: LinkageType
    fallback_order: int | None = None


class FallbackConfig(Message):
    """How many fallbacks are tried at most, and in which way."""

    strategy: FallbackStrategy | None = None
    max_attempts: int | None = None


class GatewayEndpoint(Message):
    """A name that answers, and the models behind it."""

    endpoint_id: str
    name: str
    created_at: Int64
    last_updated_at: Int64
    model_mappings: list[GatewayEndpointModelMapping] = []
    created_by: str | None = None
    last_updated_by: str | None = None
    tags: list[GatewayEndpointTag] = []
    routing_strategy: RoutingStrategy | None = None
    fallback_config: FallbackConfig | None = None
    experiment_id: str | None = None
    usage_tracking: bool


class GatewayEndpointBinding(Message):
    """Something that uses an endpoint."""

    endpoint_id: str
    resource_type: str
    resource_id: str
    created_at: Int64
    last_updated_at: Int64
    created_by: str | None = None
    last_updated_by: str | None = None
    display_name: str | None = None


class CreateGatewaySecret(Message):
    """``secret_value`` is read by hand: an error about it must not quote it."""

    secret_name: RequiredText
    secret_value: Any = None
    provider: str | None = None
    auth_config: dict[str, str] = {}
    created_by: str | None = None

    class Response(Message):
        """The secret, masked."""

        secret: GatewaySecretInfo


class GetGatewaySecretInfo(Message):
    """By id or by name."""

    secret_id: str | None = None
    secret_name: str | None = None

    class Response(Message):
        """The secret, masked."""

        secret: GatewaySecretInfo


class UpdateGatewaySecret(Message):
    """Another value, another way to log in, or both."""

    secret_id: RequiredText
    secret_value: Any = None
    auth_config: dict[str, str] = {}
    updated_by: str | None = None

    class Response(Message):
        """The secret, masked."""

        secret: GatewaySecretInfo


class DeleteGatewaySecret(Message):
    """Its models stay, and answer no more."""

    secret_id: RequiredText


class ListGatewaySecretInfos(Message):
    """All, or those of a provider."""

    provider: str | None = None

    class Response(Message):
        """The secrets, masked."""

        secrets: list[GatewaySecretInfo] = []


class GetSecretsConfig(Message):
    """Whether secrets can be kept."""

    class Response(Message, omit_defaults=False):
        """They can."""

        secrets_available: bool = True
        using_default_passphrase: bool = False


class CreateGatewayModelDefinition(Message):
    """A model that endpoints may use."""

    name: RequiredText
    secret_id: RequiredText
    provider: RequiredText
    model_name: RequiredText
    created_by: str | None = None

    class Response(Message):
        """The model."""

        model_definition: GatewayModelDefinition


class GetGatewayModelDefinition(Message):
    """One model."""

    model_definition_id: RequiredText

    class Response(Message):
        """The model."""

        model_definition: GatewayModelDefinition


class ListGatewayModelDefinitions(Message):
    """All, or those of a provider or a secret."""

    provider: str | None = None
    secret_id: str | None = None

    class Response(Message):
        """The models."""

        model_definitions: list[GatewayModelDefinition] = []


class UpdateGatewayModelDefinition(Message):
    """What is given changes."""

    model_definition_id: RequiredText
    name: str | None = None
    secret_id: str | None = None
    model_name: str | None = None
    updated_by: str | None = None
    provider: str | None = None

    class Response(Message):
        """The model as it is now."""

        model_definition: GatewayModelDefinition


class DeleteGatewayModelDefinition(Message):
    """Only while no endpoint uses it."""

    model_definition_id: RequiredText


class GatewayEndpointModelConfig(Message):
    """A model for an endpoint. A linkage that is none is refused in the words of the endpoint."""

    model_definition_id: str = ""
    linkage_type: LinkageType = LinkageType.LINKAGE_TYPE_UNSPECIFIED
    weight: float = 1.0
    fallback_order: int | None = None


class CreateGatewayEndpoint(Message):
    """A name that is to answer."""

    name: RequiredText
    created_by: str | None = None
    model_configs: list[GatewayEndpointModelConfig]
    routing_strategy: RoutingStrategy | None = None
    fallback_config: FallbackConfig | None = None
    experiment_id: str | None = None
    usage_tracking: bool | None = None

    class Response(Message):
        """The endpoint."""

        endpoint: GatewayEndpoint


class GetGatewayEndpoint(Message):
    """By id or by name."""

    endpoint_id: str | None = None
    name: str | None = None

    class Response(Message):
        """The endpoint."""

        endpoint: GatewayEndpoint


class UpdateGatewayEndpoint(Message):
    """What is given changes; models are replaced as a whole."""

    endpoint_id: RequiredText
    name: str | None = None
    updated_by: str | None = None
    model_configs: list[GatewayEndpointModelConfig] = []
    routing_strategy: RoutingStrategy | None = None
    fallback_config: FallbackConfig | None = None
    experiment_id: str | None = None
    usage_tracking: bool | None = None

    class Response(Message):
        """The endpoint as it is now."""

        endpoint: GatewayEndpoint


class DeleteGatewayEndpoint(Message):
    """Its name answers no more."""

    endpoint_id: RequiredText


class ListGatewayEndpoints(Message):
    """All, or those with a model of a provider or a secret."""

    provider: str | None = None
    secret_id: str | None = None

    class Response(Message):
        """The endpoints."""

        endpoints: list[GatewayEndpoint] = []


class AttachModelToGatewayEndpoint(Message):
    """One more model at an endpoint."""

    endpoint_id: RequiredText
    model_config: GatewayEndpointModelConfig
    created_by: str | None = None

    class Response(Message):
        """How it is attached."""

        mapping: GatewayEndpointModelMapping


class DetachModelFromGatewayEndpoint(Message):
    """One model fewer."""

    endpoint_id: RequiredText
    model_definition_id: RequiredText


class CreateGatewayEndpointBinding(Message):
    """Something begins to use an endpoint."""

    endpoint_id: RequiredText
    resource_type: RequiredText
    resource_id: RequiredText
    created_by: str | None = None

    class Response(Message):
        """The binding."""

        binding: GatewayEndpointBinding


class DeleteGatewayEndpointBinding(Message):
    """Something no longer uses an endpoint."""

    endpoint_id: RequiredText
    resource_type: RequiredText
    resource_id: RequiredText


class ListGatewayEndpointBindings(Message):
    """All, or those of an endpoint or a resource."""

    endpoint_id: str | None = None
    resource_type: str | None = None
    resource_id: str | None = None

    class Response(Message):
        """The bindings."""

        bindings: list[GatewayEndpointBinding] = []


class SetGatewayEndpointTag(Message):
    """A tag gets a value."""

    endpoint_id: RequiredText
    key: RequiredText
    value: str = ""


class DeleteGatewayEndpointTag(Message):
    """A tag goes."""

    endpoint_id: RequiredText
    key: RequiredText
