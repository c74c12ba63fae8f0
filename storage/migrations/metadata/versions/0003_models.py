"""Models and prompts under one roof: what was registered as a prompt moves there, with its numbers, aliases and tags."""

import sqlalchemy as sa
from alembic import op

from storage.metadata_types import Document, Moment

revision = "0003_models"
down_revision = "0001_prompts_and_judgements"


def upgrade() -> None:
    """Make the tables, and move the prompts."""
    _models()
    _versions()
    _tags_and_aliases()
    _moves()
    for statement in MOVED:
        op.execute(statement)
    for table in ("prompt_version_tags", "prompt_tags", "prompt_aliases", "prompt_versions", "prompts"):
        op.drop_table(table)


MOVED = (
    """INSERT INTO registered_models (name, kind, description, last_version, created_at, updated_at)
       SELECT name, 'prompt', description,
              coalesce((SELECT max(version) FROM prompt_versions WHERE prompt_versions.name = prompts.name), 0), created_at, updated_at
       FROM prompts""",
    """INSERT INTO model_versions (name, version, description, source, created_by, created_at, updated_at)
       SELECT name, version, commit_message, 'prompt-template', created_by, created_at, created_at FROM prompt_versions""",
    """INSERT INTO prompt_texts (name, version, kind, template, variables, config)
       SELECT name, version, kind, template, variables, config FROM prompt_versions""",
    "INSERT INTO registered_model_aliases (name, alias, version, updated_at) SELECT name, alias, version, updated_at FROM prompt_aliases",
    "INSERT INTO registered_model_tags (name, key, value) SELECT name, key, value FROM prompt_tags",
    "INSERT INTO model_version_tags (name, version, key, value) SELECT name, version, key, value FROM prompt_version_tags",
)


def _models() -> None:
    op.create_table(
        "registered_models",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("last_version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_by", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_registered_models"),
        sa.CheckConstraint("kind IN ('model', 'prompt')", name=op.f("ck_registered_models_kind")),
    )


def _versions() -> None:
    op.create_table(
        "model_versions",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("stage", sa.Text, nullable=False, server_default="None"),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("source", sa.Text, nullable=False, server_default=""),
        sa.Column("storage_location", sa.Text, nullable=False, server_default=""),
        sa.Column("run_id", sa.Text, nullable=False, server_default=""),
        sa.Column("run_link", sa.Text, nullable=False, server_default=""),
        sa.Column("model_id", sa.Text, nullable=False, server_default=""),
        sa.Column("created_by", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name="pk_model_versions"),
        sa.CheckConstraint("version > 0", name=op.f("ck_model_versions_version")),
        sa.CheckConstraint("stage IN ('None', 'Staging', 'Production', 'Archived')", name=op.f("ck_model_versions_stage")),
        _of_model("model_versions"),
    )
    op.create_index("ix_model_versions_run_id", "model_versions", ["run_id"])
    op.create_index("ix_model_versions_model_id", "model_versions", ["model_id"])
    op.create_table(
        "prompt_texts",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("variables", Document, nullable=False),
        sa.Column("config", Document, nullable=False, server_default="{}"),
        sa.PrimaryKeyConstraint("name", "version", name="pk_prompt_texts"),
        sa.CheckConstraint("kind IN ('text', 'chat')", name=op.f("ck_prompt_texts_kind")),
        _of_version("prompt_texts"),
    )


def _tags_and_aliases() -> None:
    op.create_table(
        "registered_model_aliases",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", "alias", name="pk_registered_model_aliases"),
        _of_version("registered_model_aliases"),
    )
    op.create_table(
        "registered_model_tags",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", "key", name="pk_registered_model_tags"),
        _of_model("registered_model_tags"),
    )
    op.create_table(
        "model_version_tags",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", "version", "key", name="pk_model_version_tags"),
        _of_version("model_version_tags"),
    )


def _moves() -> None:
    op.create_table(
        "registry_moves",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("alias", sa.Text, nullable=False, server_default=""),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("before", sa.Text, nullable=False, server_default=""),
        sa.Column("after", sa.Text, nullable=False, server_default=""),
        sa.Column("actor", sa.Text, nullable=False, server_default=""),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("refusal", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_registry_moves"),
        sa.CheckConstraint("field IN ('alias', 'stage')", name=op.f("ck_registry_moves_field")),
    )
    op.create_index("ix_registry_moves_name_id", "registry_moves", ["name", "id"])


def _of_model(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["name"], ["registered_models.name"], name=f"fk_{table}_registered_models", onupdate="CASCADE", ondelete="CASCADE"
    )


def _of_version(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["name", "version"],
        ["model_versions.name", "model_versions.version"],
        name=f"fk_{table}_model_versions",
        onupdate="CASCADE",
        ondelete="CASCADE",
    )
