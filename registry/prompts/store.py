"""Prompts in the metadata database, as the API of prompts reads them; what changes them is ``registry.models.registrar``."""

from sqlalchemy import Connection, exists

from registry.models.reading_store import models, models_found
from registry.models.search_store import is_in
from registry.models.types import RegisteredModel
from storage.model_tables import model_versions, registered_models

__all__ = ("read_prompts",)


def read_prompts(connection: Connection, workspace: str, after: str, limit: int) -> list[RegisteredModel]:
    """Prompts of a workspace that have versions by name as it is kept, those behind ``after``."""
    name = registered_models.c.name
    query = models().where(
        registered_models.c.kind == "prompt", is_in(name, workspace), name > after, exists().where(model_versions.c.name == name)
    )
    return models_found(connection, query.order_by(name).limit(limit))
