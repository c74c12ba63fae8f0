"""LiteLLM's words for providers and settings, and which of its settings have no counterpart here."""

from collections.abc import Mapping
from typing import Final

import msgspec

__all__ = ("CACHE_UNUSED", "GENERAL_UNUSED", "LITELLM_VENDORS", "PARAMS_UNUSED", "ROUTER_UNUSED", "SETTINGS_UNUSED", "STORES", "Setting")


KEYS: Final = {"api_key": "api_key", "api_base": "base_url", "base_url": "base_url"}


class Setting(msgspec.Struct, frozen=True):
    """A provider by the prefix of its models: our name for it, and where its settings go."""

    name: str
    kind: str | None = None
    keys: Mapping[str, str] = msgspec.field(default_factory=lambda: KEYS)


AWS: Final = {
    "aws_region_name": "region",
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
}
VERTEX: Final = {"vertex_project": "project", "vertex_location": "region", "vertex_credentials": "credentials"}
LITELLM_VENDORS: Final[Mapping[str, Setting]] = {
    "openai": Setting("openai"),
    "text-completion-openai": Setting("openai"),
    "azure": Setting("azure", "azure", {**KEYS, "api_version": "api_version"}),
    "anthropic": Setting("anthropic", "anthropic"),
    "gemini": Setting("gemini", "gemini"),
    "vertex_ai": Setting("vertex", "vertex", VERTEX),
    "bedrock": Setting("bedrock", "bedrock", AWS),
    "mistral": Setting("mistral", "mistral"),
    "cohere": Setting("cohere", "cohere"),
    "cohere_chat": Setting("cohere", "cohere"),
    "hosted_vllm": Setting("vllm"),
    "together_ai": Setting("together"),
    "fireworks_ai": Setting("fireworks"),
    "nvidia_nim": Setting("nvidia"),
    "ollama_chat": Setting("ollama"),
    **{name: Setting(name) for name in ("groq", "deepseek", "xai", "openrouter", "ollama", "databricks", "perplexity", "huggingface")},
    "fake": Setting("fake", "fake", {}),
}

PARAMS_UNUSED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("rpm", "tpm", "max_parallel_requests"), "write limits, see docs/limits.md"),
    **dict.fromkeys(("timeout", "stream_timeout"), "write timeouts under the provider"),
    **dict.fromkeys(("max_retries", "num_retries"), ""),
    **dict.fromkeys(("input_cost_per_token", "output_cost_per_token", "organization", "custom_llm_provider", "drop_params"), ""),
    **dict.fromkeys(("temperature", "max_tokens", "top_p", "seed", "tags", "mock_response"), "send it with the request"),
    **dict.fromkeys(("order", "region_name", "extra_headers", "litellm_credential_name", "use_in_pass_through"), ""),
}
ROUTER_UNUSED: Final[Mapping[str, str]] = dict.fromkeys(
    (
        "routing_strategy",
        "num_retries",
        "timeout",
        "allowed_fails",
        "cooldown_time",
        "context_window_fallbacks",
        "content_policy_fallbacks",
        "default_fallbacks",
        "model_group_alias",
        "redis_host",
        "redis_port",
        "redis_password",
        "redis_url",
        "enable_pre_call_checks",
        "retry_policy",
        "optional_pre_call_checks",
        "routing_strategy_args",
        "disable_cooldowns",
        "retry_after",
    ),
    "see docs/settings.md for what a route can do",
)
SETTINGS_UNUSED: Final[Mapping[str, str]] = dict.fromkeys(
    (
        "callbacks",
        "drop_params",
        "success_callback",
        "failure_callback",
        "set_verbose",
        "json_logs",
        "num_retries",
        "request_timeout",
        "context_window_fallbacks",
        "content_policy_fallbacks",
        "default_fallbacks",
        "turn_off_message_logging",
        "redact_user_api_key_info",
        "max_budget",
        "budget_duration",
        "default_team_settings",
        "modify_params",
        "enable_json_schema_validation",
        "allowed_fails",
        "max_internal_user_budget",
    ),
    "see docs/settings.md for its counterpart",
)
GENERAL_UNUSED: Final[Mapping[str, str]] = dict.fromkeys(
    (
        "database_url",
        "database_connection_pool_limit",
        "alerting",
        "alerting_threshold",
        "store_model_in_db",
        "proxy_batch_write_at",
        "background_health_checks",
        "health_check_interval",
        "disable_spend_logs",
        "max_parallel_requests",
        "global_max_parallel_requests",
        "allow_user_auth",
        "custom_auth",
        "completion_model",
        "enforce_user_param",
        "forward_client_headers_to_llm_api",
        "infer_model_from_keys",
        "pass_through_endpoints",
    ),
    "see docs/settings.md for its counterpart",
)
STORES: Final[Mapping[str, str]] = {"local": "memory", "in-memory": "memory", "disk": "disk", "redis": "redis"}
"""Where LiteLLM keeps answers, in our words."""

CACHE_UNUSED: Final[Mapping[str, str]] = dict.fromkeys(
    (
        "host",
        "port",
        "password",
        "url",
        "namespace",
        "max_connections",
        "supported_call_types",
        "mode",
        "disk_cache_dir",
        "similarity_threshold",
    ),
    "see docs/cache.md for its counterpart",
)
