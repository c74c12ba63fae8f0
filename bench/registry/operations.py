"""What is measured, as data: one request each, in which ``{n}`` is a number that no other request of the measurement has."""

import json
from typing import Any, Final

import msgspec

from bench.registry.seeding import MODEL, Seeded

__all__ = ("Operation", "operations")

PREFIX: Final = "/api/2.0/mlflow"
FILES: Final = "/api/2.0/mlflow-artifacts/artifacts/bench"
BATCH: Final = 1000
FILE_BYTES: Final = 10 * 1024 * 1024


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """A request and how it is called in the table. ``goal``: how many times as fast as the peer it is to be.

    ``file_bytes``: the body, or what comes, is a file of that size. ``{file}`` in a path is one of sixteen names in turn, so that no disk is filled.
    ``by_wrk``: by the load of all other operations, which costs as much of the machine for a file as a server does.
    """

    name: str
    method: str
    path: str
    body: str = ""
    file_bytes: int = 0
    by_wrk: bool = False
    goal: int


def operations(seeded: Seeded) -> list[Operation]:
    """All operations, about what was seeded; those that store most come last."""
    run = seeded.run_id
    metric = {"run_id": run, "key": "loss", "value": 0.5, "timestamp": "{n}", "step": "{n}"}
    points = [{"key": f"batch{number % 10}", "value": number / 7, "timestamp": "{n}", "step": number} for number in range(BATCH)]
    search = {"experiment_ids": [seeded.experiment_id], "filter": "metrics.loss < 0.5 AND params.lr = '0.1'", "max_results": 100}
    version = {"name": MODEL, "source": f"{seeded.artifact_uri}/model", "run_id": run}
    return [
        _post("create run", "/runs/create", {"experiment_id": seeded.new_runs_id, "start_time": "{n}"}, goal=10),
        _post("log metric", "/runs/log-metric", metric, goal=10),
        _get("get run", f"{PREFIX}/runs/get?run_id={run}", goal=10),
        _post("register version", "/model-versions/create", version, goal=10),
        _post("search runs", "/runs/search", {**search, "order_by": ["metrics.loss DESC"]}, goal=5),
        _get("history", f"{PREFIX}/metrics/get-history?run_id={run}&metric_key=history", goal=5),
        Operation(name="10 MB up", method="PUT", path=f"{FILES}/{{file}}", file_bytes=FILE_BYTES, goal=5),
        Operation(name="10 MB down", method="GET", path=f"{FILES}/0", file_bytes=FILE_BYTES, goal=5),
        Operation(name="10 MB up, wrk", method="PUT", path=f"{FILES}/{{file}}", file_bytes=FILE_BYTES, by_wrk=True, goal=5),
        _get("10 MB down, wrk", f"{FILES}/0", goal=5),
        _post("log batch", "/runs/log-batch", {"run_id": run, "metrics": points}, goal=5),
    ]


def _get(name: str, path: str, *, goal: int) -> Operation:
    return Operation(name=name, method="GET", path=path, goal=goal)


def _post(name: str, path: str, fields: dict[str, Any], *, goal: int) -> Operation:
    body = json.dumps(fields, separators=(",", ":")).replace('"{n}"', "{n}")
    return Operation(name=name, method="POST", path=PREFIX + path, body=body, goal=goal)
