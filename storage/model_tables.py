"""Tables of what is registered under a name and has numbered versions: models and prompts.

One set of tables holds both, so that a name means one thing, and versions, aliases, tags and moves are kept in one way. What only a
prompt has, its text, lies beside its version in ``prompt_texts``.
"""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Table, Text, text

from storage.metadata_tables import EMPTY, metadata
from storage.metadata_types import Document, Moment

__all__ = (
    "model_version_tags",
    "model_versions",
    "prompt_texts",
    "registered_model_aliases",
    "registered_model_tags",
    "registered_models",
    "registry_moves",
)

# `last_version` only grows, so that the number of a deleted version is never given again.
registered_models: Final = Table(
    "registered_models",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=EMPTY),
    Column("last_version", Integer, nullable=False, server_default=text("0")),
    Column("created_by", Text, nullable=False, server_default=EMPTY),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("kind IN ('model', 'prompt')", name="kind"),
)

# `source` is where the model came from, `storage_location` where its files lie; they differ when the source is a `models:/` URI.
model_versions: Final = Table(
    "model_versions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("stage", Text, nullable=False, server_default=text("'None'")),
    Column("description", Text, nullable=False, server_default=EMPTY),
    Column("source", Text, nullable=False, server_default=EMPTY),
    Column("storage_location", Text, nullable=False, server_default=EMPTY),
    Column("run_id", Text, nullable=False, server_default=EMPTY),
    Column("run_link", Text, nullable=False, server_default=EMPTY),
    Column("model_id", Text, nullable=False, server_default=EMPTY),
    Column("created_by", Text, nullable=False, server_default=EMPTY),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("version > 0", name="version"),
    CheckConstraint("stage IN ('None', 'Staging', 'Production', 'Archived')", name="stage"),
    ForeignKeyConstraint(["name"], ["registered_models.name"], onupdate="CASCADE", ondelete="CASCADE"),
    Index(None, "run_id"),
    Index(None, "model_id"),
)

# `template` is the text itself, or for a chat prompt the JSON text of its messages, as it was registered; it never changes. `config` holds
# what is meant to answer it (`model`, `model_config`) and the shape of the answer (`response_format`).
prompt_texts: Final = Table(
    "prompt_texts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("variables", Document, nullable=False),
    Column("config", Document, nullable=False, server_default=text("'{}'")),
    CheckConstraint("kind IN ('text', 'chat')", name="kind"),
    ForeignKeyConstraint(["name", "version"], ["model_versions.name", "model_versions.version"], onupdate="CASCADE", ondelete="CASCADE"),
)

registered_model_aliases: Final = Table(
    "registered_model_aliases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),
    ForeignKeyConstraint(["name", "version"], ["model_versions.name", "model_versions.version"], onupdate="CASCADE", ondelete="CASCADE"),
)

registered_model_tags: Final = Table(
    "registered_model_tags",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["name"], ["registered_models.name"], onupdate="CASCADE", ondelete="CASCADE"),
)

model_version_tags: Final = Table(
    "model_version_tags",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["name", "version"], ["model_versions.name", "model_versions.version"], onupdate="CASCADE", ondelete="CASCADE"),
)

# Who moved an alias or a stage, when, from where to where, and why. Names are not foreign keys: the log outlives what it is about.
registry_moves: Final = Table(
    "registry_moves",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("alias", Text, nullable=False, server_default=EMPTY),
    Column("version", Integer, nullable=False),
    Column("before", Text, nullable=False, server_default=EMPTY),
    Column("after", Text, nullable=False, server_default=EMPTY),
    Column("actor", Text, nullable=False, server_default=EMPTY),
    Column("reason", Text, nullable=False, server_default=EMPTY),
    Column("refusal", Text, nullable=False, server_default=EMPTY),
    CheckConstraint("field IN ('alias', 'stage')", name="field"),
    Index(None, "name", "id"),
)
