"""Accounts with vendors."""

from typing import Literal

import msgspec

from config.secrets import Secret
from config.settings.terms import Seconds

__all__ = ("ProviderKind", "ProviderSettings", "TimeoutSettings")

ProviderKind = Literal[
    "openai",
    "groq",
    "deepseek",
    "xai",
    "openrouter",
    "together",
    "fireworks",
    "perplexity",
    "nvidia",
    "huggingface",
    "mistral",
    "databricks",
    "ollama",
    "vllm",
    "azure",
    "anthropic",
    "gemini",
    "vertex",
    "bedrock",
    "cohere",
    "fake",
]
"""Whom an account is with: a row of ``config.providers.VENDORS`` and of ``gateway.providers.PROVIDERS``."""


class TimeoutSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Four clocks of an upstream call, in seconds."""

    connect: Seconds = 10.0
    """To open a connection, TLS included."""

    first_byte: Seconds = 300.0
    """From the request sent to the first byte of the answer."""

    between_chunks: Seconds = 120.0
    """Longest silence within a stream."""

    total: Seconds = 1800.0
    """From the request's arrival to the last byte of the answer."""


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One upstream account."""

    kind: ProviderKind | None = None
    """Whose account it is, and so the dialect it speaks. Default: the vendor of the entry's name, else ``openai``. ``fake`` needs no network."""

    base_url: str | None = None
    """Where it is, ``http://`` or ``https://``. Default: the vendor's own address, or the one in its environment variable."""

    api_key: Secret | None = None
    """Sent as the vendor wants it. Default: the vendor's environment variable (``OPENAI_API_KEY``), unless ``base_url`` is written."""

    headers: dict[str, Secret] = {}
    """Extra request headers, by name. Values are treated as secrets, since some of them are."""

    api_version: str | None = None
    """Azure: the version of the API for paths with the deployment in them (``2024-10-21``). Default: the newer paths, which have none."""

    tenant_id: str | None = None
    """Azure: the tenant of an application in Microsoft Entra, in place of ``api_key``."""

    client_id: str | None = None
    """Azure: the application."""

    client_secret: Secret | None = None
    """Azure: its secret."""

    authority: str | None = None
    """Azure: who gives tokens. Default: ``https://login.microsoftonline.com``."""

    region: str | None = None
    """Bedrock and Vertex AI: where models run. Default: ``AWS_REGION``; ``global`` for Vertex AI."""

    access_key_id: Secret | None = None
    """Bedrock: an AWS key. Default: ``AWS_ACCESS_KEY_ID``, else the identity that the machine has."""

    secret_access_key: Secret | None = None
    """Bedrock: the secret that belongs to it."""

    session_token: Secret | None = None
    """Bedrock: the token of a temporary key."""

    project: str | None = None
    """Vertex AI: the project that is billed. Default: ``GOOGLE_CLOUD_PROJECT``, else the one of ``credentials``."""

    credentials: Secret | None = None
    """Vertex AI: the JSON of a service account's key, or the path of its file. Default: the identity that the machine has."""

    timeouts: TimeoutSettings = TimeoutSettings()
    """How long each step of a call may take."""

    public_only: bool = False
    """Connect to public addresses alone, whatever the host's name resolves to. Always so for a ``base_url`` that was set through an API.

    ``security.allow_private_addresses`` lifts it for those. Not looked at behind a proxy, which resolves names itself.
    """
