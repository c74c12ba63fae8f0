"""LiteLLM's settings that have no counterpart here, each with what to write instead."""

from collections.abc import Mapping
from typing import Final

__all__ = ("CALLBACKS", "GENERAL_UNUSED", "INFO_UNUSED", "PARAMS_UNUSED", "ROUTER_UNUSED", "SETTINGS_UNUSED")

LIMITS: Final = "write limits: [{per: …, requests: …}], see docs/limits.md"
RETRIES: Final = "write it once for all models as num_retries of router_settings"
KEYS: Final = "keys, teams and their budgets are made with `tidegate keys`, see docs/keys.md"
RECORDED: Final = "each request is recorded as a trace without it; telemetry.otlp sends them on to another collector as well"
LOG: Final = "take it out: no log of this server holds messages or keys"
DATABASE: Final = "set storage.metadata to a database of its own; LiteLLM's tables are not read"
WEBHOOKS: Final = "events go to webhooks, see docs/webhooks.md"
WITH_REQUEST: Final = "send it with the request"
PRICES: Final = "take it out: costs come from the prices that this release knows"
BREAKER: Final = "routes have a breaker and outliers, see docs/settings.md"

PARAMS_UNUSED: Final[Mapping[str, str]] = {
    "max_parallel_requests": LIMITS,
    "stream_timeout": "write timeouts: {first_byte: …} under the provider",
    **dict.fromkeys(("max_retries", "num_retries"), RETRIES),
    **dict.fromkeys(("input_cost_per_token", "output_cost_per_token", "input_cost_per_second", "cache_read_input_token_cost"), PRICES),
    "custom_llm_provider": "write it before the model's name: provider/model",
    "drop_params": "write it once for all models in litellm_settings",
    "max_budget": "write limits: [{cost: …, window: …}] in the route, see docs/limits.md",
    "budget_duration": "it is the window of that limit",
    **dict.fromkeys(("temperature", "max_tokens", "top_p", "seed", "metadata", "extra_body", "reasoning_effort"), WITH_REQUEST),
    "tags": "choose targets by when: {metadata: …}, see docs/gateway.md",
    "mock_response": "name the model fake/echo",
    "order": "list the models that come later as fallbacks",
    "region_name": "write aws_region_name or vertex_location",
    "litellm_credential_name": "write the settings of the account themselves",
    "azure_ad_token": "write tenant_id, client_id and client_secret, or api_key",
    "aws_role_name": "give the process that role, as the AWS SDKs do (AWS_ROLE_ARN)",
    "aws_session_name": "it belongs to the role of the process",
    "aws_profile_name": "write the profile's keys by reference, or give the process its role",
    "use_in_pass_through": "take it out: every account answers under /passthrough/NAME",
    "cooldown_time": "write it once for all models in router_settings",
    "merge_reasoning_content_in_choices": "take it out: reasoning stays where its vendor puts it",
}
INFO_UNUSED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("id", "base_model", "db_model", "created_by", "updated_by"), "take it out: models are known by their names"),
    **dict.fromkeys(("input_cost_per_token", "output_cost_per_token"), PRICES),
    **dict.fromkeys(("max_tokens", "max_input_tokens", "max_output_tokens"), "take it out: the vendor says when a request is too long"),
    **dict.fromkeys(("access_groups", "team_id"), KEYS),
    **dict.fromkeys(("supports_vision", "supports_function_calling", "supported_environments"), "take it out: nothing is refused for it"),
    **dict.fromkeys(("health_check_model", "disable_background_health_check"), BREAKER),
    "description": "write it as a comment",
}
ROUTER_UNUSED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("redis_host", "redis_port", "redis_password"), "set storage.redis to env:REDIS_URL, which holds redis://:password@host:port"),
    "enable_pre_call_checks": "take it out: a request that is too long goes to context_window_fallbacks once the vendor says so",
    "retry_policy": "write retry_on: [429, 5xx, …] in the route",
    "model_group_retry_policy": "write retries and retry_on in the route",
    "allowed_fails_policy": "write allowed_fails, or breaker: in the route",
    "retry_after": "write backoff: {base: …} in the route",
    "optional_pre_call_checks": "take it out: what belongs to a response goes to the account that made it, sessions by sticky: [session]",
    "routing_strategy_args": "take it out: latency is measured as requests come",
    "routing_groups": "write strategy: in each route",
    "max_fallbacks": "take it out: fallbacks are tried in their order, each once",
    "provider_budget_config": "write limits: [{cost: …, window: …}] in the routes, see docs/limits.md",
    "tag_filtering": "choose targets by when: {metadata: …}",
    "enable_tag_filtering": "choose targets by when: {metadata: …}",
    "default_max_parallel_requests": LIMITS,
    "default_litellm_params": "write it beside each model",
    "set_verbose": LOG,
    "debug_level": LOG,
    "cache_responses": "write litellm_settings: {cache: true}",
    "stream_timeout": "write timeouts: {first_byte: …} under the provider",
}  # fmt: skip
CALLBACKS: Final[Mapping[str, str]] = {
    "otel": RECORDED,
    "prometheus": "take it out: figures for Prometheus are at /metrics without it",
    "webhook": WEBHOOKS,
    "slack": WEBHOOKS,
    "presidio": "write a guardrail with detect: {pii: […]}, see docs/guardrails.md",
    "hide_secrets": "write a guardrail with detect: {patterns: {…}}, see docs/guardrails.md",
}
"""What stands in ``callbacks``; every other one sends traces somewhere."""

SETTINGS_UNUSED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("set_verbose", "json_logs", "redact_user_api_key_info", "redact_messages_in_exceptions"), LOG),
    **dict.fromkeys(("default_team_settings", "default_internal_user_params", "max_internal_user_budget", "upperbound_key_generate_params"), KEYS),
    **dict.fromkeys(("service_callback", "s3_callback_params", "langfuse_default_tags", "otel"), RECORDED),
    "modify_params": "take it out: what another dialect demands is added where requests cross",
    "enable_json_schema_validation": "write a guardrail with json_schema, see docs/guardrails.md",
    "guardrails": "write guardrails:, see docs/guardrails.md",
    "ssl_verify": "set SSL_CERT_FILE where the server is started",
    "force_ipv4": "take it out",
    "callback_settings": RECORDED,
    "forward_traceparent_to_llm_provider": "take it out: traceparent goes on to the provider",
    "enable_preview_features": "take it out",
    "public_model_groups": "take it out: /v1/models lists what a key may use",
    "telemetry": "take it out: nothing is reported to anybody",
    "max_end_user_budget": "write limits: [{per: user, cost: …, window: …}], see docs/limits.md",
}  # fmt: skip
GENERAL_UNUSED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("database_url", "database_connection_pool_limit", "database_connection_timeout", "store_model_in_db"), DATABASE),
    **dict.fromkeys(("alerting", "alerting_threshold", "alert_types", "alert_to_webhook_url", "alerting_args"), WEBHOOKS),
    **dict.fromkeys(("proxy_batch_write_at", "disable_spend_logs", "use_redis_transaction_buffer"), "take it out: no request waits for spending to be written"),
    **dict.fromkeys(("background_health_checks", "health_check_interval", "health_check_details"), BREAKER),
    **dict.fromkeys(("max_parallel_requests", "global_max_parallel_requests"), LIMITS),
    **dict.fromkeys(("allow_user_auth", "custom_auth", "enable_jwt_auth", "litellm_jwtauth", "ui_access_mode"), "set security.users, see docs/users.md"),
    **dict.fromkeys(("key_management_system", "key_management_settings"), "mount the secrets as files, and write file:/path"),
    **dict.fromkeys(("store_prompts_in_spend_logs", "disable_prisma_schema_update", "disable_master_key_return"), "take it out: content: in a route says what is stored"),
    **dict.fromkeys(("max_request_size_mb", "max_response_size_mb"), "set server.max_body_bytes"),
    "maximum_spend_logs_retention_period": "set telemetry.retention_days",
    "completion_model": "take it out: each request names its model",
    "enforce_user_param": "write limits with per: user, see docs/limits.md",
    "forward_client_headers_to_llm_api": "take it out: what a vendor's client says to its vendor goes on, see docs/gateway.md",
    "infer_model_from_keys": "take it out: models are reached by provider/model",
    "pass_through_endpoints": "take it out: every account answers under /passthrough/NAME",
    "allowed_routes": KEYS,
    "admin_only_routes": "set security.users, see docs/users.md",
    "allow_requests_on_db_unavailable": "take it out: no request waits for a database",
    "user_header_name": "send x-tidegate-user-id, or the field user",
}  # fmt: skip
