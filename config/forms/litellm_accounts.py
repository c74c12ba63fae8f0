"""What LiteLLM writes beside each model of an account: its vendor by a prefix, and the settings of the vendor."""

from collections.abc import Mapping
from typing import Final

import msgspec

from config.forms.accounts import Accounts
from config.forms.litellm_words import PARAMS_UNUSED
from config.forms.reading import Reader, made, word
from config.forms.references import reference
from config.suggest import closest, listing
from config.written import Node, child, entries, text_of

__all__ = ("VENDORS", "account_of", "vendor_of")


KEYS: Final = {"api_key": "api_key", "api_base": "base_url", "base_url": "base_url"}


class Vendor(msgspec.Struct, frozen=True):
    """A provider by the prefix of its models: our name for it, and where its settings go."""

    name: str
    kind: str | None = None
    keys: Mapping[str, str] = msgspec.field(default_factory=lambda: KEYS)


AZURE: Final = {**KEYS, "api_version": "api_version", "tenant_id": "tenant_id", "client_id": "client_id", "client_secret": "client_secret"}
AWS: Final = {
    "api_key": "api_key",
    "aws_region_name": "region",
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "aws_bedrock_runtime_endpoint": "base_url",
}
VERTEX: Final = {
    "vertex_project": "project",
    "vertex_ai_project": "project",
    "vertex_location": "region",
    "vertex_ai_location": "region",
    "vertex_credentials": "credentials",
    "vertex_ai_credentials": "credentials",
}
VENDORS: Final[Mapping[str, Vendor]] = {
    "openai": Vendor("openai"),
    "text-completion-openai": Vendor("openai"),
    "azure": Vendor("azure", "azure", AZURE),
    "anthropic": Vendor("anthropic", "anthropic"),
    "gemini": Vendor("gemini", "gemini"),
    "vertex_ai": Vendor("vertex", "vertex", VERTEX),
    "bedrock": Vendor("bedrock", "bedrock", AWS),
    "mistral": Vendor("mistral", "mistral"),
    "cohere": Vendor("cohere", "cohere"),
    "cohere_chat": Vendor("cohere", "cohere"),
    "hosted_vllm": Vendor("vllm"),
    "together_ai": Vendor("together"),
    "fireworks_ai": Vendor("fireworks"),
    "nvidia_nim": Vendor("nvidia"),
    "ollama_chat": Vendor("ollama"),
    **{name: Vendor(name) for name in ("groq", "deepseek", "xai", "openrouter", "ollama", "databricks", "perplexity", "huggingface")},
    "fake": Vendor("fake", "fake", {}),
}
OF_THE_MODEL: Final = ("model", "weight", "rpm", "tpm", "timeout", "organization", "extra_headers")
"""Settings that are read whoever the vendor is."""


def vendor_of(reader: Reader, name: Node, path: str) -> tuple[Vendor, str] | None:
    """The vendor and the name that it knows the model by; ``None`` when nobody here speaks to it, which is noted."""
    prefix, model = _split(text_of(name) or "")
    vendor = VENDORS.get(prefix)
    if vendor is None:
        hint = f"use one of: {listing(VENDORS)}; for any server of OpenAI's dialect write openai/… with api_base"
        predicate = f"names the provider {prefix!r}, which Tidegate does not speak to"
        reader.note(name.span, path, path, predicate, hint, closest(prefix, VENDORS))
        return None
    return vendor, model


def account_of(reader: Reader, accounts: Accounts, vendor: Vendor, params: Node, path: str, timeout: Node | None) -> str:
    """The entry of ``providers`` with these settings. ``timeout`` is that of all models, where one has none of its own."""
    name = child(params, "model") or params
    reader.known_keys(params, path, (*OF_THE_MODEL, *vendor.keys), PARAMS_UNUSED)
    found: dict[str, Node | None] = {"kind": word(name.span, vendor.kind) if vendor.kind else None}
    for entry in entries(params):
        if (ours := vendor.keys.get(entry.key)) is not None:
            found[ours] = reference(reader, entry.value, f"{path}.{entry.key}")
    if vendor.name != "fake":
        own = child(params, "timeout")
        total = timeout if own is None else reader.came_from(own, f"{path}.timeout")
        found["timeouts"] = made(total.span, {"total": total}) if total is not None else None
        found["headers"] = _headers(reader, params, path)
    return accounts.name_of(vendor.name, name.span, found)


def _headers(reader: Reader, params: Node, path: str) -> Node | None:
    organization, extra = child(params, "organization"), child(params, "extra_headers")
    values = {
        each.key: reference(reader, each.value, f"{path}.extra_headers.{each.key}")
        for each in reader.entries_of(extra, f"{path}.extra_headers")
    }
    if organization is not None:
        values["openai-organization"] = reference(reader, organization, f"{path}.organization")
    return made((extra or organization or params).span, values) if values else None


def _split(model: str) -> tuple[str, str]:
    """Provider and model; a bare name is OpenAI's, or Anthropic's or Gemini's when it begins with its word."""
    prefix, slash, rest = model.partition("/")
    if slash:
        return prefix, rest
    return ("anthropic" if model.startswith("claude") else "gemini" if model.startswith("gemini") else "openai"), model
