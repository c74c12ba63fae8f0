"""The ``model`` of an endpoint of MLflow's: a provider, its settings, and a name."""

from collections.abc import Mapping
from typing import Final

from config.forms.accounts import Accounts
from config.forms.reading import Reader, made, word
from config.forms.references import reference
from config.forms.vendors import AZURE, MLFLOW_VENDORS, OPENAI, UNSPOKEN, MlflowVendor, config_keys, normalised
from config.suggest import closest, listing
from config.written import Mapping as Written
from config.written import Node, child, entries, text_of

__all__ = ("model_of", "read_model")

SECRETS: Final = frozenset({"api_key", "access_key_id", "secret_access_key", "session_token", "credentials"})
AZURE_TYPES: Final = ("azure", "azuread")
PLAINTEXT: Final = "_plaintext"
"""What Databricks puts behind the name of a setting that holds the secret itself."""


def model_of(item: Node) -> tuple[str, Node | None]:
    """The model of an endpoint, and the key that it stands under."""
    key = "external_model" if child(item, "model") is None else "model"
    return key, child(item, key)


def read_model(reader: Reader, accounts: Accounts, item: Node, path: str) -> Node | None:
    """``provider/model`` of ours; ``None`` when the model cannot be read, which is noted."""
    key, model = model_of(item)
    here = f"{path}.{key}"
    if not isinstance(model, Written):
        if model is None:
            reader.missing(item, path, "model")
        else:
            reader.note(model.span, here, here, "must be keys with values", "write {provider: openai, name: gpt-4o, config: {…}}")
        return None
    provider, name = child(model, "provider"), child(model, "name")
    for wanted in ("provider", "name"):
        if child(model, wanted) is None:
            reader.missing(model, here, wanted)
    vendor = _vendor(reader, provider, f"{here}.provider")
    if vendor is None or provider is None or name is None:
        return None
    keys = config_keys(text_of(provider) or "")
    reader.known_keys(model, here, ("provider", "name", "task", *keys))
    config, at = _config(reader, model, item, keys, here, path)
    vendor = AZURE if vendor is OPENAI and _says_azure(reader, config, at) else vendor
    settings = _settings(reader, vendor, config, at)
    missing = [next(theirs for theirs, ours in vendor.keys.items() if ours == need) for need in vendor.needs if need not in settings]
    for key in missing:
        reader.missing(config or model, at, key)
    if missing:
        return None
    account = accounts.name_of(vendor.name, provider.span, {"kind": word(provider.span, vendor.kind) if vendor.kind else None, **settings})
    # Azure asks for the name of its deployment where others ask for the model's.
    chosen = (child(config, "openai_deployment_name") if vendor is AZURE else None) or name
    return reader.came_from(word(chosen.span, f"{account}/{text_of(chosen) or ''}"), f"{here}.name")


def _vendor(reader: Reader, provider: Node | None, path: str) -> MlflowVendor | None:
    text = text_of(provider)
    if provider is None or text is None:
        return None
    name = normalised(text)
    if name in UNSPOKEN:
        reader.note(provider.span, path, path, f"is {text!r}, which Tidegate does not speak to", UNSPOKEN[name])
    elif name not in MLFLOW_VENDORS:
        hint = f"use one of: {listing(MLFLOW_VENDORS)}"
        reader.note(provider.span, path, path, f"names {text!r}, which is not a provider", hint, closest(name, MLFLOW_VENDORS))
    return MLFLOW_VENDORS.get(name)


def _config(reader: Reader, model: Node, item: Node, keys: tuple[str, ...], here: str, path: str) -> tuple[Node | None, str]:
    """The provider's settings, wherever they stand, and the path of that place."""
    places = [(node, key, f"{prefix}.{key}") for node, prefix in ((model, here), (item, path)) for key in keys]
    found = [(config, at) for node, key, at in places if (config := child(node, key)) is not None]
    for config, at in found[1:]:
        reader.note(config.span, at, at, f"is a second place for what {found[0][1]} has", "keep one of them")
    return found[0] if found else (None, f"{here}.config")


def _says_azure(reader: Reader, config: Node | None, path: str) -> bool:
    node = child(config, "openai_api_type")
    kind = (text_of(node) or "openai").lower()
    if node is not None and kind not in (*AZURE_TYPES, "openai"):
        here = f"{path}.openai_api_type"
        reader.note(
            node.span,
            here,
            here,
            f"must be one of {listing((*AZURE_TYPES, 'openai'))}",
            "leave it out for OpenAI itself",
            closest(kind, AZURE_TYPES),
        )
    return kind in AZURE_TYPES


def _settings(reader: Reader, vendor: MlflowVendor, config: Node | None, path: str) -> dict[str, Node]:
    """The settings in our words. Those that only repeat what is known otherwise (``unused`` without a hint) are passed over."""
    if config is None:
        return {}
    with_plaintext = (f"{key}{PLAINTEXT}" for key in vendor.keys)
    repeated = (key for key, hint in vendor.unused.items() if not hint)
    known = (*vendor.keys, *with_plaintext, *vendor.headers, *repeated)
    reader.known_keys(config, path, (*known, *(["aws_config"] if vendor.name == "bedrock" else [])), _unused(vendor))
    if (inner := child(config, "aws_config")) is not None:
        reader.known_keys(inner, f"{path}.aws_config", known, _unused(vendor))
    found = {vendor.keys[key]: _value(reader, vendor.keys[key], value, at) for key, value, at in _flat(config, path) if key in vendor.keys}
    headers = {vendor.headers[key]: reader.came_from(value, at) for key, value, at in _flat(config, path) if key in vendor.headers}
    return found | ({"headers": made(config.span, headers)} if headers else {})


def _flat(config: Node, path: str) -> list[tuple[str, Node, str]]:
    """The settings in a row, with their paths; MLflow puts those of AWS one level lower."""
    own = [(entry.key.removesuffix(PLAINTEXT), entry.value, f"{path}.{entry.key}") for entry in entries(config)]
    aws = [(entry.key, entry.value, f"{path}.aws_config.{entry.key}") for entry in entries(child(config, "aws_config"))]
    return [*own, *aws]


def _value(reader: Reader, setting: str, value: Node, path: str) -> Node:
    return reference(reader, value, path) if setting in SECRETS else reader.came_from(value, path)


def _unused(vendor: MlflowVendor) -> Mapping[str, str]:
    return {key: hint for key, hint in vendor.unused.items() if hint}
