"""What a transaction that several callers share promises, and statements that travel together, of SQLite and of PostgreSQL."""

import asyncio
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, func, insert, select, text

from storage.model_tables import registered_models
from storage.prepared import Prepared, together

NOW = datetime(2026, 11, 24, tzinfo=UTC)
INSERT = Prepared(registered_models.insert(), ["name", "kind", "created_at", "updated_at"])
NAMED = Prepared(select(registered_models.c.name).where(registered_models.c.name == bindparam("name")))


def row(name, kind="model"):
    return {"name": name, "kind": kind, "created_at": NOW, "updated_at": NOW}


async def names(opened):
    return set(await opened.read(lambda connection: list(connection.scalars(select(registered_models.c.name)))))


async def test_who_comes_while_others_wait_shares_their_transaction_and_is_answered_after_its_commit(metadata_any):
    transactions = []

    def add(name):
        def work(connection):
            transactions.append(connection)
            INSERT.change(connection, [row(name)])
            time.sleep(0.01)
            return name

        return work

    async def seen(name):
        assert await metadata_any.share(add(name)) == name
        assert name in await names(metadata_any)

    await asyncio.gather(*(seen(str(number)) for number in range(20)))
    assert len({id(each) for each in transactions}) < 20


@pytest.mark.parametrize("fault", ["raises", "is refused", "is refused later", "swallows"])
async def test_one_that_fails_spoils_nothing_of_those_it_shares_a_transaction_with(metadata_any, fault):
    def bad(connection):
        if fault == "raises":
            raise KeyError("mine")
        if fault == "is refused later":
            INSERT.later(connection, [row("bad", kind="no such kind")])
        elif fault == "is refused":
            connection.execute(text("SELECT * FROM no_such_table"))
        else:
            INSERT.later(connection, [row("bad")])
            try:
                INSERT.change(connection, [row("0")])
            except Exception:  # noqa: BLE001 - each database has its own
                raise KeyError("taken") from None

    calls = [metadata_any.share(lambda connection, name=str(number): INSERT.later(connection, [row(name)])) for number in range(5)]
    outcomes = await asyncio.gather(*calls, metadata_any.share(bad), *[metadata_any.share(lambda _: 6)], return_exceptions=True)
    assert outcomes[:5] == [None] * 5
    assert isinstance(outcomes[5], Exception)
    assert outcomes[6] == 6
    assert await names(metadata_any) == {"0", "1", "2", "3", "4"}


async def test_a_caller_who_leaves_holds_up_nobody(metadata_any):
    calls = [asyncio.create_task(metadata_any.share(lambda _: time.sleep(0.05))) for _ in range(3)]
    await asyncio.sleep(0.01)
    for call in calls:
        call.cancel()
    async with asyncio.timeout(5):
        assert await metadata_any.share(lambda connection: connection.scalar(select(func.count()).select_from(registered_models))) == 0


async def test_who_waits_for_a_shared_transaction_is_answered_before_the_database_closes(metadata_any):
    calls = [asyncio.create_task(metadata_any.share(lambda _: time.sleep(0.01))) for _ in range(40)]
    await asyncio.sleep(0)
    await metadata_any.close()
    assert await asyncio.gather(*calls) == [None] * 40


async def test_statements_that_wait_for_company_are_run_in_their_order(metadata_any):
    def work(connection):
        INSERT.later(connection, [row("first")])
        assert NAMED.first(connection, {"name": "first"}) == ("first",)
        INSERT.later(connection, [row("second")])
        assert connection.scalar(select(func.count()).select_from(registered_models)) == 2
        INSERT.later(connection, [row(f"many {number}") for number in range(1200)])
        return together(connection, (NAMED, {"name": "many 1199"}), (NAMED, {"name": "nobody"}))

    assert await metadata_any.run(work) == [[("many 1199",)], []]
    assert len(await names(metadata_any)) == 1202


async def test_what_was_prepared_is_good_after_a_transaction_was_rolled_back(metadata_any):
    def fails(connection):
        INSERT.change(connection, [row("gone")])
        connection.execute(text("SELECT * FROM no_such_table"))

    for _ in range(3):
        with pytest.raises(Exception, match="no_such_table"):
            await metadata_any.share(fails)
    await metadata_any.share(lambda connection: INSERT.change(connection, [row("kept")]))
    assert await names(metadata_any) == {"kept"}


async def test_an_insert_of_sqlalchemys_comes_after_what_waits(metadata_any):
    def work(connection):
        INSERT.later(connection, [row("prepared")])
        connection.execute(insert(registered_models).values(row("plain")))

    await metadata_any.run(work)
    assert await names(metadata_any) == {"prepared", "plain"}
