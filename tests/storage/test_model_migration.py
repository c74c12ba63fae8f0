"""Prompts that were registered before models and prompts came under one roof."""

from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import JSON, bindparam, text

from registry.prompts.service import PromptService
from storage.metadata import Metadata, _engine
from storage.metadata_migrations import metadata_migrations, migrate_metadata
from storage.metadata_types import Moment
from storage.migration_ledger import shipped

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLD = (
    "INSERT INTO prompts (name, description, created_at, updated_at) VALUES ('greeting', 'polite', :now, :now)",
    """INSERT INTO prompt_versions (name, version, kind, template, variables, config, commit_message, created_by, created_at)
       VALUES ('greeting', 7, 'text', 'Hi {{ who }}', :variables, :config, 'first', 'ann', :now)""",
    "INSERT INTO prompt_aliases (name, alias, version, updated_at) VALUES ('greeting', 'production', 7, :now)",
    "INSERT INTO prompt_tags (name, key, value) VALUES ('greeting', 'team', 'a')",
    "INSERT INTO prompt_version_tags (name, version, key, value) VALUES ('greeting', 7, 'reviewed', 'yes')",
)


def with_old_prompts(connection):
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(shipped("metadata")))
    command.upgrade(config, "0001_prompts_and_judgements")
    values = {"now": NOW, "variables": ["who"], "config": {"model": "fake/echo"}}
    types = {"now": Moment, "variables": JSON, "config": JSON}
    for statement in OLD:
        names = [name for name in values if f":{name}" in statement]
        prepared = text(statement).bindparams(*(bindparam(name, type_=types[name]) for name in names))
        connection.execute(prepared, {name: values[name] for name in names})


@pytest.fixture
async def metadata_before(metadata_settings):
    opened = Metadata(_engine(metadata_settings))
    yield opened
    await opened.close()


async def test_prompts_move_with_their_numbers_aliases_and_tags(metadata_before):
    await metadata_before.run(with_old_prompts)
    await metadata_before.run(lambda connection: migrate_metadata(connection, metadata_migrations()))
    prompts = PromptService(metadata_before)
    found = await prompts.get("greeting", "production")
    assert (found.version, found.template, found.variables, found.model, found.commit_message, found.created_by, found.tags) == (
        7, "Hi {{ who }}", ["who"], "fake/echo", "first", "ann", {"reviewed": "yes"},
    )  # fmt: skip
    prompt = await prompts.prompt("greeting")
    assert (prompt.description, prompt.aliases, prompt.created_at) == ("polite", {"production": 7}, NOW)
    assert (await prompts.create_version("greeting", template="next")).version == 8
