"""What MLflow's client and pages ask before something is set up: which vendors there are, what they sell, how one logs in.

MLflow answers these from tables of its own, in plain JSON with all fields.
"""

from registry.wire import Message

__all__ = ("AuthField", "AuthMode", "GetProviderConfig", "ListSupportedModels", "ListSupportedProviders", "SupportedModel")


class ListSupportedProviders(Message):
    """Whom model definitions may name."""

    class Response(Message, omit_defaults=False):
        """MLflow's names, in order."""

        providers: list[str]


class SupportedModel(Message, omit_defaults=False):
    """One model, with dollars a token. What the table of prices does not know is null."""

    model: str
    provider: str
    mode: str | None = None
    supports_function_calling: bool | None = None
    supports_vision: bool | None = None
    supports_reasoning: bool | None = None
    supports_prompt_caching: bool | None = None
    supports_response_schema: bool | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None
    input_cost_per_token: float | None = None
    output_cost_per_token: float | None = None
    modality: None = None
    deprecation_date: None = None
    last_updated_at: None = None


class ListSupportedModels(Message):
    """All models, or those of a provider."""

    provider: str = ""

    class Response(Message, omit_defaults=False):
        """The models."""

        models: list[SupportedModel]


class AuthField(Message, omit_defaults=False):
    """Something to fill in."""

    name: str
    type: str = "string"
    description: str
    required: bool


class AuthMode(Message, omit_defaults=False):
    """One way to log in. Secret fields go into ``secret_value`` of a secret, the others into ``auth_config``."""

    mode: str
    display_name: str
    description: str
    secret_fields: list[AuthField]
    config_fields: list[AuthField]


class GetProviderConfig(Message):
    """How one logs in with a provider."""

    provider: str = ""

    class Response(Message, omit_defaults=False):
        """The ways. What this server has in its own environment is not lent to what comes through the API, so that a secret is always needed."""

        auth_modes: list[AuthMode]
        default_mode: str
        env_credentials_available: bool = False
