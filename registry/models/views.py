"""What the registry keeps, as MLflow's messages show it: a prompt is a registered model with tags that say so. Pure."""

from collections.abc import Mapping

from registry.models import messages
from registry.models.clock import millis
from registry.models.types import ModelVersion, RegisteredModel
from registry.prompts.texts import PROMPT_TAG, tags_of
from registry.workspaces.scope import unscoped

__all__ = ("model_view", "version_view")


def model_view(model: RegisteredModel) -> messages.RegisteredModel:
    """A name."""
    shown = {PROMPT_TAG: "true"} if model.kind == "prompt" else {}
    return messages.RegisteredModel(
        name=unscoped(model.name),
        creation_timestamp=millis(model.created_at),
        last_updated_timestamp=millis(model.updated_at),
        user_id=model.created_by or None,
        description=model.description or None,
        latest_versions=[version_view(version) for version in model.latest_versions],
        tags=_tags(model.tags | shown),
        aliases=[messages.RegisteredModelAlias(alias=alias, version=str(version)) for alias, version in model.aliases.items()],
    )


def version_view(version: ModelVersion) -> messages.ModelVersion:
    """A version, its text in tags if it is of a prompt."""
    shown = {} if version.text is None else tags_of(version.text)
    return messages.ModelVersion(
        name=unscoped(version.name),
        version=str(version.version),
        creation_timestamp=millis(version.created_at),
        last_updated_timestamp=millis(version.updated_at),
        user_id=version.created_by or None,
        current_stage=version.stage,
        description=version.description,
        source=version.source,
        run_id=version.run_id,
        status=messages.ModelVersionStatus.READY,
        tags=_tags(version.tags | shown),
        run_link=version.run_link,
        aliases=version.aliases,
        model_id=version.model_id or None,
    )


def _tags(tags: Mapping[str, str]) -> list[messages.Tag]:
    return [messages.Tag(key=key, value=value) for key, value in tags.items()]
