"""From what the registry keeps to what the API of prompts shows. Pure."""

from typing import Any

from registry.models.types import ModelVersion, RegisteredModel
from registry.prompts.texts import PromptText, messages_of, model_of
from registry.prompts.types import Prompt, PromptVersion

__all__ = ("prompt_of", "version_of")

EMPTY = PromptText(kind="text", template="", variables=[])


def prompt_of(model: RegisteredModel) -> Prompt | None:
    """A prompt as a list shows it; ``None`` for a name without versions."""
    if not model.latest_versions:
        return None
    return Prompt(
        name=model.name,
        latest_version=max(version.version for version in model.latest_versions),
        aliases=model.aliases,
        description=model.description,
        created_at=model.created_at,
        updated_at=model.updated_at,
    )


def version_of(version: ModelVersion) -> PromptVersion:
    """A version of a prompt, its conversation decoded."""
    text = version.text or EMPTY
    chat = text.kind == "chat"
    config: dict[str, Any] = text.config
    return PromptVersion(
        name=version.name,
        version=version.version,
        kind=text.kind,
        template=None if chat else text.template,
        messages=messages_of(text.template) if chat else None,
        variables=text.variables,
        aliases=version.aliases,
        tags=version.tags,
        commit_message=version.description,
        model=model_of(config),
        model_config=config.get("model_config"),
        response_format=config.get("response_format"),
        created_by=version.created_by,
        created_at=version.created_at,
    )
