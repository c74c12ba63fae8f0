"""A server that is killed while it removes what was deleted: the next time goes on, and nothing alive is lost."""

import random
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.running import RunningServer, start_server

FILES = "/api/2.0/mlflow-artifacts/artifacts"
DOOMED = 205
"""Runs: more than are removed for one request."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


def post(server: RunningServer, path: str, **fields: object) -> dict:
    return server.client.post(f"/api/2.0/mlflow/{path}", json=fields).raise_for_status().json()


def make_run(server: RunningServer, experiment: str, *, whole: bool = True) -> str:
    run: str = post(server, "runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    if whole:
        points = [{"key": "loss", "value": step, "timestamp": 1, "step": step} for step in range(3)]
        post(server, "runs/log-batch", run_id=run, metrics=points)
        server.client.put(f"{FILES}/{experiment}/{run}/artifacts/a.txt", content=b"x").raise_for_status()
    return run


def collect(server: RunningServer, *, dry_run: bool = False) -> dict:
    asked = {"older_than_seconds": 0, "dry_run": dry_run}
    found: dict = server.client.delete("/api/v1/deleted", params=asked).raise_for_status().json()
    return found


def collect_until_killed(server: RunningServer) -> None:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        try:
            while client.delete("/api/v1/deleted", params={"older_than_seconds": 0}).raise_for_status().json()["more"]:
                pass
        except httpx.TransportError:
            return


def test_what_a_kill_leaves_is_removed_the_next_time_and_what_is_alive_stays_whole(tmp_path: Path):
    server = start_server(tmp_path / "data")
    kept_in, gone = (post(server, "experiments/create", name=name)["experiment_id"] for name in ("kept", "gone"))
    kept, deleted = [make_run(server, kept_in) for _ in range(3)], make_run(server, kept_in)
    post(server, "runs/delete", run_id=deleted)
    doomed = [deleted, *(make_run(server, gone, whole=number < 20) for number in range(DOOMED))]
    post(server, "experiments/delete", experiment_id=gone)
    working = threading.Thread(target=collect_until_killed, args=(server,))
    working.start()
    time.sleep(random.uniform(0.01, 0.25))
    server.kill()
    working.join()
    server = start_server(tmp_path / "data")
    try:
        while collect(server)["more"]:
            pass
        assert not any(collect(server, dry_run=True).values())
        for run in kept:
            assert server.client.get("/api/2.0/mlflow/runs/get", params={"run_id": run}).status_code == 200
            history = server.client.get("/api/2.0/mlflow/metrics/get-history", params={"run_id": run, "metric_key": "loss"}).json()
            assert [point["value"] for point in history["metrics"]] == [0, 1, 2]
            assert server.client.get(f"{FILES}/{kept_in}/{run}/artifacts/a.txt").content == b"x"
        left = {path.parent.parent.name for path in (tmp_path / "data").rglob("a.txt")}
        assert left == set(kept)
        assert all(server.client.get("/api/2.0/mlflow/runs/get", params={"run_id": run}).status_code == 404 for run in doomed[::30])
        assert post(server, "experiments/create", name="next")["experiment_id"] not in {kept_in, gone}
    finally:
        server.stop()
