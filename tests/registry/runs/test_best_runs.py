"""Of many runs the best by a metric are read off an index: the same ones as by looking at all, in the same order."""

import random

import pytest

from registry.runs import search_store, store
from registry.runs.messages import ViewType
from registry.runs.search import parse_search
from registry.runs.store import RunRow

RUNS = 60
FILTERS = ["", "metrics.loss < 0.5", "metrics.loss != 0.3 AND params.lr = '1'", "metrics.acc > 0.2", "attributes.run_name LIKE 'run 1%'"]
ORDERS = [["metrics.loss"], ["metrics.loss DESC"], ["metrics.loss DESC", "params.lr DESC"], ["metrics.acc", "attributes.run_name"]]


@pytest.fixture
def filled():
    """Runs of two experiments, with equal values, values that are no numbers, and none."""
    chance = random.Random(7)

    def fill(connection):
        for number in range(RUNS):
            run_id = f"{chance.getrandbits(128):032x}"
            stage = "deleted" if number % 11 == 0 else "active"
            store.insert_run(connection, RunRow(run_id, 0, f"run {number}", "", "RUNNING", number // 3, None, "", stage))
            metrics = [("loss", chance.randrange(8) / 10, number % 13 == 0), ("acc", chance.random(), False)]
            rows = [{"run_id": run_id, "key": key, "value": value, "is_nan": nan, "timestamp": 0, "step": 0} for key, value, nan in metrics]
            store.put_latest(connection, rows[number % 5 == 0 :])
            store.put_params(connection, run_id, {"lr": str(number % 3)})

    return fill


@pytest.mark.parametrize("looked_at", [5, 20, 1000])
async def test_the_best_runs_are_those_that_a_look_at_all_finds(metadata_any, monkeypatch, filled, looked_at):
    await metadata_any.run(filled)
    monkeypatch.setattr(search_store, "LOOKED_AT", looked_at)
    searches = [(parse_search(text, order), view) for text in FILTERS for order in ORDERS for view in ViewType]

    def found(connection):
        return [
            [search_store.search_runs(connection, [0], search, view, offset=offset, limit=limit) for search, view in searches]
            for offset, limit in ((0, 1), (0, 4), (3, 7), (2, 100))
        ]

    looked_at_all = await metadata_any.read(found)
    monkeypatch.setattr(search_store, "_are_many", lambda *_: True)
    assert await metadata_any.read(found) == looked_at_all


async def test_only_of_many_runs_the_best_are_looked_for_first(metadata_any, filled):
    await metadata_any.run(filled)
    assert not await metadata_any.read(lambda connection: search_store._are_many(connection, [0]))
