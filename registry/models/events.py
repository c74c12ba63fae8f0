"""Changes as events: MLflow's entities, actions and payloads for webhooks, and our own words where it has none. Pure."""

from typing import Any

from registry.events import Event
from registry.models.types import Kind, ModelVersion, Move, MoveKind, RegisteredModel
from registry.prompts.texts import CONFIG_TAG, FORMAT_TAG, tags_of

__all__ = ("created", "deleted", "moved", "renamed", "tag_deleted", "tag_set", "version_created", "version_deleted")

ENTITIES: dict[MoveKind, dict[str, str]] = {
    "model": {
        "name": "registered_model",
        "version": "model_version",
        "tag": "registered_model_tag",
        "version_tag": "model_version_tag",
        "alias": "model_version_alias",
    },
    "prompt": {
        "name": "prompt",
        "version": "prompt_version",
        "tag": "prompt_tag",
        "version_tag": "prompt_version_tag",
        "alias": "prompt_alias",
    },
}


def created(model: RegisteredModel) -> Event:
    """A name is new."""
    return _event(model.kind, "name", "created", model.name, tags=model.tags, description=model.description)


def renamed(kind: Kind, name: str, new_name: str) -> Event:
    """A name became another."""
    return _event(kind, "name", "renamed", name, new_name=new_name.rpartition("/")[2])


def deleted(kind: Kind, name: str) -> Event:
    """A name is gone with everything under it."""
    return _event(kind, "name", "deleted", name)


def version_created(version: ModelVersion) -> Event:
    """A version is new. A prompt's comes with its text."""
    description = version.description or None
    if (text := version.text) is None:
        told: dict[str, Any] = {"source": version.source, "run_id": version.run_id or None, "tags": version.tags}
    else:
        shown = {key: value for key, value in tags_of(text).items() if key in {CONFIG_TAG, FORMAT_TAG}}
        told = {"template": text.template, "tags": version.tags | shown}
    return _event(version.kind, "version", "created", version.name, version=str(version.version), **told, description=description)


def version_deleted(kind: Kind, name: str, version: int) -> Event:
    """A version is gone."""
    return _event(kind, "version", "deleted", name, version=str(version))


def tag_set(kind: Kind, name: str, version: int | None, key: str, value: str) -> Event:
    """A tag of a name, or of one of its versions, has a value."""
    if version is None:
        return _event(kind, "tag", "set", name, key=key, value=value)
    return _event(kind, "version_tag", "set", name, version=str(version), key=key, value=value)


def tag_deleted(kind: Kind, name: str, version: int | None, key: str) -> Event:
    """A tag is gone."""
    if version is None:
        return _event(kind, "tag", "deleted", name, key=key)
    return _event(kind, "version_tag", "deleted", name, version=str(version), key=key)


def moved(move: Move) -> Event:
    """An alias points elsewhere, or a version is in another stage."""
    if move.field == "stage":
        stages = {"from_stage": move.before, "to_stage": move.after}
        return _event(move.kind, "version", "transitioned", move.name, version=str(move.version), **stages)
    if not move.after:
        return _event(move.kind, "alias", "deleted", move.name, alias=move.alias)
    return _event(move.kind, "alias", "created", move.name, alias=move.alias, version=move.after)


def _event(kind: MoveKind, subject: str, action: str, name: str, **payload: Any) -> Event:
    entity = ENTITIES[kind]
    workspace, _, plain = name.rpartition("/")
    return Event(
        entity=entity[subject],
        action=action,
        key=f"{entity['name']}/{name}",
        payload={"name": plain, **payload},
        workspace=workspace,
    )
