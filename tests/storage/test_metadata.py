from datetime import UTC, datetime

from sqlalchemy import insert, select

from storage.metadata_tables import prompts


async def test_what_is_committed_is_read_back(metadata):
    now = datetime.now(UTC)
    await metadata.run(lambda c: c.execute(insert(prompts).values(name="a", created_at=now, updated_at=now)))
    assert await metadata.read(lambda c: c.execute(select(prompts.c.name, prompts.c.created_at)).one()) == ("a", now)
