"""Prompts in the metadata database, as the API of prompts reads them; what changes them is ``registry.models.registrar``."""

from collections.abc import Sequence

from sqlalchemy import Connection, exists

from registry.models.reading_store import models, models_found, versions, versions_found
from registry.models.types import ModelVersion, RegisteredModel
from storage.model_tables import model_versions, registered_models

__all__ = ("read_prompts", "read_versions")


def read_prompts(connection: Connection, after: str, limit: int) -> list[RegisteredModel]:
    """Prompts that have versions by name, those behind ``after``."""
    name = registered_models.c.name
    query = models().where(registered_models.c.kind == "prompt", name > after, exists().where(model_versions.c.name == name))
    return models_found(connection, query.order_by(name).limit(limit))


def read_versions(connection: Connection, name: str, limit: int) -> Sequence[ModelVersion]:
    """The newest ``limit`` versions, newest first."""
    query = versions().where(model_versions.c.name == name).order_by(model_versions.c.version.desc()).limit(limit)
    return versions_found(connection, query)
