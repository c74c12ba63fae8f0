"""The text of a prompt's version, and the tags in which MLflow's clients write and read it.

For those clients a prompt is a registered model with the tag ``mlflow.prompt.is_prompt``, and its text is a tag of the version. Here the
text has a place of its own, and the tags are made as a client asks. Pure.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from registry.errors import InvalidParameterValue
from registry.prompts.errors import PromptInvalid
from registry.prompts.render import variables_of
from registry.prompts.types import Kind, Message

__all__ = (
    "CONFIG_TAG",
    "FIXED_TAGS",
    "FORMAT_TAG",
    "PROMPT_TAG",
    "SOURCES",
    "TEXT_TAG",
    "TYPE_TAG",
    "PromptText",
    "config_of",
    "is_prompt",
    "is_reserved",
    "messages_of",
    "model_of",
    "tags_of",
    "text_of",
)

PROMPT_TAG: Final = "mlflow.prompt.is_prompt"
TEXT_TAG: Final = "mlflow.prompt.text"
TYPE_TAG: Final = "_mlflow_prompt_type"
FORMAT_TAG: Final = "_mlflow_prompt_response_format"
CONFIG_TAG: Final = "_mlflow_prompt_model_config"
FIXED_TAGS: Final = frozenset({PROMPT_TAG, TEXT_TAG, TYPE_TAG, FORMAT_TAG})
"""Tags that say what a version is, and so never change."""

SOURCES: Final = ("dummy-source", "prompt-template")
"""What clients put where a model has the place of its files."""

MAX_TEXT: Final = 100_000


class PromptText(msgspec.Struct, frozen=True, kw_only=True):
    """``template`` as it was registered: the text itself, or the JSON text of a conversation.

    ``config`` may hold ``model`` (a model or route of the gateway), ``model_config`` (MLflow's, a dictionary) and ``response_format``.
    """

    kind: Kind
    template: str
    variables: list[str]
    config: dict[str, Any] = {}


def is_prompt(tags: Mapping[str, str]) -> bool:
    """Whether tags make a registered model a prompt."""
    return tags.get(PROMPT_TAG, "false").lower() == "true"


def is_reserved(key: str) -> bool:
    """Whether a tag is generated from the version, and so never stored."""
    return key in FIXED_TAGS or key == CONFIG_TAG


def text_of(name: str, tags: Mapping[str, str]) -> PromptText:
    """The text that a client wrote into tags. Raises ``InvalidParameterValue``."""
    template = tags.get(TEXT_TAG)
    if template is None:
        raise InvalidParameterValue(f"Prompt `{name}` does not contain a prompt text")
    if len(template) > MAX_TEXT:
        raise InvalidParameterValue(f"Prompt text exceeds max length of {MAX_TEXT} characters.")
    kind: Kind = "chat" if tags.get(TYPE_TAG) == "chat" else "text"
    messages = messages_of(template) if kind == "chat" else template
    config = config_of(tags.get(CONFIG_TAG)) | ({"response_format": _json(FORMAT_TAG, tags[FORMAT_TAG])} if FORMAT_TAG in tags else {})
    return PromptText(kind=kind, template=template, variables=variables_of(messages), config=config)


def tags_of(text: PromptText) -> dict[str, str]:
    """The tags in which a client reads it."""
    tags = {PROMPT_TAG: "true", TEXT_TAG: text.template, TYPE_TAG: text.kind}
    if "response_format" in text.config:
        tags[FORMAT_TAG] = json.dumps(text.config["response_format"])
    if "model_config" in text.config:
        tags[CONFIG_TAG] = json.dumps(text.config["model_config"])
    elif "model" in text.config:
        tags[CONFIG_TAG] = json.dumps({"model_name": text.config["model"]})
    return tags


def config_of(tag: str | None) -> dict[str, Any]:
    """The part of ``config`` that the tag of the model's configuration stands for. Raises ``InvalidParameterValue``."""
    if tag is None:
        return {}
    config = _json(CONFIG_TAG, tag)
    if not isinstance(config, dict):
        raise InvalidParameterValue(f'The tag \'{CONFIG_TAG}\' must hold a JSON object, such as {{"model_name": "gpt-4o-mini"}}.')
    return {"model_config": config}


def model_of(config: Mapping[str, Any]) -> str | None:
    """The model or route that is meant to answer: our own setting first, else what MLflow's configuration names."""
    if model := config.get("model"):
        return str(model)
    named = config.get("model_config", {})
    provider, model = named.get("provider"), named.get("model_name")
    if not isinstance(model, str) or not model:
        return None
    return f"{provider}/{model}" if isinstance(provider, str) and provider else model


def messages_of(template: str) -> list[Message]:
    """The conversation in the text of a chat prompt. Raises ``InvalidParameterValue``."""
    try:
        return msgspec.json.decode(template, type=list[Message])
    except (msgspec.MsgspecError, PromptInvalid) as error:
        raise InvalidParameterValue(
            f"The tag '{TEXT_TAG}' of a chat prompt must be a JSON list of messages with 'role' and 'content': {error}"
        ) from None


def _json(tag: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise InvalidParameterValue(f"The tag '{tag}' must hold JSON.") from None
