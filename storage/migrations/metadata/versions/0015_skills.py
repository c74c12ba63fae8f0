"""Skills of agents, and their versions."""

import sqlalchemy as sa
from alembic import op

from storage.metadata_types import Document

revision = "0015_skills"
down_revision = "0001_prompts_and_judgements"
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "skills",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("organization", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("icons", Document),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("last_version", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("latest", sa.Integer),
        sa.Column("status", sa.Text),
        sa.Column("source_type", sa.Text),
        *_changes(),
        sa.PrimaryKeyConstraint("id", name="pk_skills"),
    )
    op.create_index("ix_skills_workspace_organization_name", "skills", ["workspace", "organization", "name"], unique=True)
    op.create_table(
        "skill_versions",
        sa.Column("skill_id", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("source_type", "source", "ref", "subpath", "digest")),
        sa.Column("status", sa.Text, nullable=False),
        *_changes(),
        sa.PrimaryKeyConstraint("skill_id", "version", name="pk_skill_versions"),
        _of_skill("skill_versions"),
    )
    _part("skill_tags", ("key",), sa.Column("key", sa.Text, nullable=False), sa.Column("value", sa.Text, nullable=False))
    _part(
        "skill_version_tags",
        ("version", "key"),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    _part("skill_aliases", ("alias",), sa.Column("alias", sa.Text, nullable=False), sa.Column("version", sa.Integer, nullable=False))


def _part(table: str, key: tuple[str, ...], *columns: sa.Column[str] | sa.Column[int]) -> None:
    op.create_table(
        table,
        sa.Column("skill_id", sa.Integer, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("skill_id", *key, name=f"pk_{table}"),
        _of_skill(table),
    )


def _changes() -> tuple[sa.Column[str], sa.Column[str], sa.Column[int], sa.Column[int]]:
    return (
        sa.Column("created_by", sa.Text),
        sa.Column("last_updated_by", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_updated_at", sa.BigInteger, nullable=False),
    )


def _of_skill(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["skill_id"], ["skills.id"], name=f"fk_{table}_skills", ondelete="CASCADE")
