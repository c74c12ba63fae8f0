"""Providers that are there without being written down: ``fake`` always, and each vendor whose key stands in the environment.

To add a vendor, add its row to ``VENDORS``, and its name to ``config.schema.ProviderKind``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from config.references import Unresolved, resolve
from config.schema import ProviderSettings
from config.secrets import Secret

__all__ = ("FAKE", "VENDORS", "Vendor", "known_providers", "with_vendors")

FAKE: Final = "fake"

SECRETS: Final = frozenset({"api_key", "access_key_id", "secret_access_key", "session_token", "client_secret", "credentials"})
"""Settings of a provider that are references to secrets."""


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor's defaults. ``variables`` leads from a setting to the environment variables that the vendor's own tools read, the first first.

    It is known without being written down when the variables of all settings in ``known_by``, or of all in ``or_by``, are set. ``path`` belongs
    to a base URL that is a bare host, ``scheme`` to one of the environment that has none.
    """

    name: str
    base_url: str | None = None
    variables: Mapping[str, tuple[str, ...]]
    known_by: tuple[str, ...] = ("api_key",)
    or_by: tuple[str, ...] = ()
    path: str = ""
    scheme: str = "https"

    @property
    def needed(self) -> str:
        """What to set in the environment, for messages."""
        return " and ".join(self.variables[setting][0] for setting in self.known_by)

    def is_known(self, environ: Mapping[str, str]) -> bool:
        """Whether the environment says enough to use it."""
        ways = [way for way in (self.known_by, self.or_by) if way]
        return any(all(_first(self.variables[setting], environ) for setting in way) for way in ways)


def _at(name: str, base_url: str, *key_variables: str) -> Vendor:
    """A vendor with one address and one key."""
    return Vendor(name=name, base_url=base_url, variables={"api_key": key_variables})


VENDORS: Final = (
    Vendor(
        name="openai",
        base_url="https://api.openai.com/v1",
        variables={"api_key": ("OPENAI_API_KEY",), "base_url": ("OPENAI_BASE_URL",)},
    ),
    _at("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    _at("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    _at("xai", "https://api.x.ai/v1", "XAI_API_KEY"),
    _at("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    _at("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY", "TOGETHERAI_API_KEY"),
    _at("fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    _at("perplexity", "https://api.perplexity.ai", "PERPLEXITY_API_KEY", "PPLX_API_KEY"),
    _at("nvidia", "https://integrate.api.nvidia.com/v1", "NVIDIA_API_KEY"),
    _at("huggingface", "https://router.huggingface.co/v1", "HF_TOKEN"),
    _at("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    Vendor(
        name="databricks",
        variables={"api_key": ("DATABRICKS_TOKEN",), "base_url": ("DATABRICKS_HOST",)},
        known_by=("api_key", "base_url"),
        path="/serving-endpoints",
    ),
    Vendor(
        name="ollama",
        base_url="http://127.0.0.1:11434/v1",
        variables={"base_url": ("OLLAMA_HOST",), "api_key": ("OLLAMA_API_KEY",)},
        known_by=("base_url",),
        path="/v1",
        scheme="http",
    ),
    Vendor(
        name="vllm",
        base_url="http://127.0.0.1:8000/v1",
        variables={"base_url": ("VLLM_BASE_URL",), "api_key": ("VLLM_API_KEY",)},
        known_by=("base_url",),
        path="/v1",
        scheme="http",
    ),
    Vendor(
        name="azure",
        variables={
            "base_url": ("AZURE_OPENAI_ENDPOINT",),
            "api_key": ("AZURE_OPENAI_API_KEY",),
            "tenant_id": ("AZURE_TENANT_ID",),
            "client_id": ("AZURE_CLIENT_ID",),
            "client_secret": ("AZURE_CLIENT_SECRET",),
        },
        known_by=("base_url", "api_key"),
        or_by=("base_url", "tenant_id", "client_id", "client_secret"),
    ),
    Vendor(
        name="anthropic",
        base_url="https://api.anthropic.com",
        variables={"api_key": ("ANTHROPIC_API_KEY",), "base_url": ("ANTHROPIC_BASE_URL",)},
    ),
    Vendor(
        name="gemini",
        base_url="https://generativelanguage.googleapis.com",
        variables={"api_key": ("GEMINI_API_KEY", "GOOGLE_API_KEY"), "base_url": ("GOOGLE_GEMINI_BASE_URL",)},
    ),
    Vendor(
        name="vertex",
        variables={
            "project": ("GOOGLE_CLOUD_PROJECT", "VERTEXAI_PROJECT"),
            "credentials": ("GOOGLE_APPLICATION_CREDENTIALS",),
            "region": ("GOOGLE_CLOUD_LOCATION", "VERTEXAI_LOCATION"),
        },
        known_by=("project", "credentials"),
    ),
    Vendor(
        name="bedrock",
        variables={
            "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
            "access_key_id": ("AWS_ACCESS_KEY_ID",),
            "secret_access_key": ("AWS_SECRET_ACCESS_KEY",),
            "session_token": ("AWS_SESSION_TOKEN",),
            "api_key": ("AWS_BEARER_TOKEN_BEDROCK",),
        },
        known_by=("region", "access_key_id", "secret_access_key"),
        or_by=("region", "api_key"),
    ),
    _at("cohere", "https://api.cohere.com", "COHERE_API_KEY", "CO_API_KEY"),
)


def known_providers(written: Mapping[str, object], environ: Mapping[str, str]) -> frozenset[str]:
    """Every name that stands before the slash of a model."""
    return frozenset({FAKE, *written, *(vendor.name for vendor in VENDORS if vendor.is_known(environ))})


def with_vendors(written: Mapping[str, ProviderSettings], environ: Mapping[str, str]) -> dict[str, ProviderSettings]:
    """The written providers made whole, and those nobody has to write."""
    names = sorted(known_providers(written, environ))
    return {name: _completed(name, written.get(name), environ) for name in names}


def _completed(name: str, written: ProviderSettings | None, environ: Mapping[str, str]) -> ProviderSettings:
    settings = written or ProviderSettings()
    if name == FAKE:
        return msgspec.structs.replace(settings, kind="fake", base_url=None, api_key=None)
    vendor = _vendor(name if settings.kind is None else settings.kind) or _vendor("openai")
    if settings.kind == "fake" or vendor is None:
        return settings
    settings = msgspec.structs.replace(settings, kind=vendor.name)
    missing = [setting for setting in vendor.variables if getattr(settings, setting) is None]
    if settings.base_url is not None or any(getattr(settings, setting) is not None for setting in SECRETS):
        # The environment's key belongs to the vendor: it must not travel to an address that somebody wrote into a file. And an account is
        # whole: a key of the file does not go with the secret, or the session, of another.
        missing = [setting for setting in missing if setting not in SECRETS]
    found = {setting: _from_environment(setting, vendor, environ) for setting in missing}
    base_url = _with_path(settings.base_url, vendor) if settings.base_url is not None else found.get("base_url") or vendor.base_url
    return msgspec.structs.replace(settings, **{**found, "base_url": base_url})


def _vendor(name: str) -> Vendor | None:
    return next((vendor for vendor in VENDORS if vendor.name == name), None)


def _from_environment(setting: str, vendor: Vendor, environ: Mapping[str, str]) -> Any:
    """The setting's value, ``None`` when no variable has it."""
    variable = _first(vendor.variables[setting], environ)
    if variable is None:
        return None
    if setting in SECRETS:
        return _secret(variable, environ)
    return _address(environ[variable], vendor) if setting == "base_url" else environ[variable]


def _address(text: str, vendor: Vendor) -> str:
    """A base URL of the environment, made whole: tools differ in how much of it they want."""
    return _with_path(text if "://" in text else f"{vendor.scheme}://{text}", vendor)


def _with_path(url: str, vendor: Vendor) -> str:
    """A bare host, with the path beneath which the vendor answers."""
    return url.rstrip("/") + vendor.path if urlsplit(url).path in {"", "/"} else url


def _first(variables: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    return next((variable for variable in variables if environ.get(variable)), None)


def _secret(variable: str, environ: Mapping[str, str]) -> Secret | None:
    found = resolve(f"env:{variable}", environ, Path())
    return None if isinstance(found, Unresolved) else found
