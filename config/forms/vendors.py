"""What MLflow's gateway calls providers and their settings, and what we call them.

To add a provider, add its row. https://mlflow.org/docs/latest/genai/governance/ai-gateway/ lists MLflow's; a name's case, and whether it is
written with ``-`` or ``_``, does not matter there.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

__all__ = ("MLFLOW_VENDORS", "UNSPOKEN", "MlflowVendor", "config_keys", "normalised")


class MlflowVendor(msgspec.Struct, frozen=True):
    """One provider. ``keys`` leads from MLflow's setting to ours, ``headers`` from MLflow's setting to a request header."""

    name: str
    keys: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    unused: Mapping[str, str] = {}
    kind: str | None = None
    needs: tuple[str, ...] = ()


OPENAI: Final = MlflowVendor(
    "openai",
    {"openai_api_key": "api_key", "openai_api_base": "base_url"},
    {"openai_organization": "openai-organization"},
    unused={"openai_api_type": "", "openai_api_version": "", "openai_deployment_name": ""},
)
AZURE: Final = MlflowVendor(
    "azure",
    {
        "openai_api_key": "api_key",
        "openai_api_base": "base_url",
        "openai_api_version": "api_version",
        "api_key": "api_key",
        "api_base": "base_url",
        "api_version": "api_version",
    },
    unused={"openai_api_type": "", "openai_deployment_name": "", "openai_organization": ""},
    kind="azure",
    needs=("base_url",),
)
ANTHROPIC: Final = MlflowVendor(
    "anthropic",
    {"anthropic_api_key": "api_key", "anthropic_api_base": "base_url"},
    {"anthropic_version": "anthropic-version"},
    kind="anthropic",
)
GEMINI: Final = MlflowVendor("gemini", {"gemini_api_key": "api_key", "gemini_api_base": "base_url"}, kind="gemini")
COHERE: Final = MlflowVendor("cohere", {"cohere_api_key": "api_key", "cohere_api_base": "base_url"}, kind="cohere")
MISTRAL: Final = MlflowVendor("mistral", {"mistral_api_key": "api_key", "mistral_api_base": "base_url"}, kind="mistral")
BEDROCK: Final = MlflowVendor(
    "bedrock",
    {
        "aws_region": "region",
        "aws_access_key_id": "access_key_id",
        "aws_secret_access_key": "secret_access_key",
        "aws_session_token": "session_token",
        "aws_bearer_token": "api_key",
    },
    unused={
        "aws_role_arn": "give the process that role, as the AWS SDKs do (AWS_ROLE_ARN)",
        "session_length_seconds": "",
        "bedrock_provider": "",
    },
    kind="bedrock",
)
VERTEX: Final = MlflowVendor(
    "vertex",
    {"vertex_project": "project", "vertex_location": "region", "vertex_credentials": "credentials"},
    unused={"vertex_anthropic_betas": "send the header anthropic-beta with the request"},
    kind="vertex",
)
DATABRICKS: Final = MlflowVendor(
    "databricks",
    {"databricks_api_token": "api_key", "databricks_workspace_url": "base_url", "api_key": "api_key", "api_base": "base_url"},
    needs=("base_url",),
)


def _compatible(name: str, *needs: str) -> MlflowVendor:
    """A vendor that speaks OpenAI's dialect."""
    return MlflowVendor(name, {"api_key": "api_key", "api_base": "base_url", f"{name}_api_key": "api_key"}, needs=needs)


MLFLOW_VENDORS: Final[Mapping[str, MlflowVendor]] = {
    "openai": OPENAI,
    "azure": AZURE,
    "anthropic": ANTHROPIC,
    "gemini": GEMINI,
    "cohere": COHERE,
    "mistral": MISTRAL,
    "bedrock": BEDROCK,
    "amazon-bedrock": BEDROCK,
    "vertex-ai": VERTEX,
    "google-cloud-vertex-ai": VERTEX,
    "databricks": DATABRICKS,
    "databricks-model-serving": DATABRICKS,
    "togetherai": MlflowVendor("together", {"togetherai_api_key": "api_key", "api_key": "api_key", "api_base": "base_url"}),
    "groq": _compatible("groq"),
    "deepseek": _compatible("deepseek"),
    "xai": _compatible("xai"),
    "openrouter": _compatible("openrouter"),
    "ollama": _compatible("ollama"),
    "fireworks": _compatible("fireworks"),
    "perplexity": _compatible("perplexity"),
    "nvidia": _compatible("nvidia"),
    "mlflow-model-serving": MlflowVendor("mlflow-model-serving", {"model_server_url": "base_url"}, needs=("base_url",)),
    "huggingface-text-generation-inference": MlflowVendor("huggingface", {"hf_server_url": "base_url"}, needs=("base_url",)),
    "fake": MlflowVendor("fake", kind="fake"),
}

UNSPOKEN: Final[Mapping[str, str]] = {
    "palm": "Google has switched PaLM off; name a gemini model",
    "mosaicml": "this service was switched off",
    "ai21labs": "name a provider of OpenAI's dialect, with openai_api_base",
    "litellm": "name the provider itself, for instance openai or anthropic",
    "portkey": "name the provider itself, or openai with openai_api_base",
    "sap-ai-core": "name openai, with the openai_api_base of your deployment",
    "typesafe": "name openai, with openai_api_base",
    "custom-provider": "name openai, with the openai_api_base of your server",
}
"""Providers of MLflow that we do not speak to, and what to write instead."""

_CONFIG_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "azure": ("azure_config", "openai_config"),
    "bedrock": ("bedrock_config", "amazon_bedrock_config", "aws_config"),
    "amazon-bedrock": ("amazon_bedrock_config", "bedrock_config", "aws_config"),
    "vertex-ai": ("vertex_ai_config", "google_cloud_vertex_ai_config"),
    "google-cloud-vertex-ai": ("google_cloud_vertex_ai_config", "vertex_ai_config"),
    "databricks": ("databricks_config", "databricks_model_serving_config"),
}


def normalised(provider: str) -> str:
    """A provider's name as the table has it."""
    return provider.strip().replace("_", "-").lower()


def config_keys(provider: str) -> tuple[str, ...]:
    """Where the settings of a provider may stand beside its name: ``config``, or ``openai_config`` and its like."""
    name = normalised(provider)
    return ("config", *_CONFIG_NAMES.get(name, (f"{name.replace('-', '_')}_config",)))
