"""Many clients write while server and store are killed: everything that was acknowledged is there afterwards, once.

``TIDEGATE_TEST_HAMMER_SECONDS`` and ``TIDEGATE_TEST_HAMMER_CLIENTS`` make it as long and as wide as anybody likes.
"""

import hashlib
import http.client
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.processes import descendants, memory_mb
from tests.registry.hammering import MODEL, Hammer, Ledger, Wire, read_run
from tests.running import RunningServer, start_server

SECONDS = float(os.environ.get("TIDEGATE_TEST_HAMMER_SECONDS", "3"))
CLIENTS = int(os.environ.get("TIDEGATE_TEST_HAMMER_CLIENTS", "8"))
CALM = 20.0
"""Seconds between kills, in a long hammering; a short one has one of each kind."""

MOST_MB = 650

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 4 * SECONDS)]


class Killed:
    """A server that is killed and started again; ``now`` is the one that runs."""

    def __init__(self, data: Path) -> None:
        self.now = start_server(data)

    def again_and_again(self) -> None:
        """For as long as the hammering is to last: first the store, then all of it."""
        rest = max(1.0, min(CALM, SECONDS / 2))
        ending = time.monotonic() + SECONDS
        while time.monotonic() < ending:
            time.sleep(rest * random.uniform(0.2, 0.8))
            _kill_store(self.now)
            time.sleep(rest * random.uniform(0.2, 0.8))
            _begin_upload(self.now.port)
            taken = memory_mb(self.now.process.pid)
            print(f"{taken:.0f} MB")
            assert taken < MOST_MB, "resident memory of the server with its store"
            self.now.kill()
            self.now = start_server(self.now.data, port=self.now.port, wait=False)
            self.now.wait_ready(200)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Killed]:
    killed = Killed(tmp_path / "data")
    yield killed
    killed.now.stop()


def test_every_acknowledged_write_is_there_once_after_kills_of_server_and_store(server: Killed) -> None:
    port = server.now.port
    Wire(port)("POST", "/api/2.0/mlflow/registered-models/create", {"name": MODEL})
    stopping = threading.Event()
    clients = [Hammer(port, number, stopping) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    server.again_and_again()
    stopping.set()
    for client in clients:
        client.join(60)
        if client.failure is not None:
            raise client.failure
    _expect(server.now, [client.ledger for client in clients])
    _expect_nothing_unfinished(server.now.data / "blobs")


def _begin_upload(port: int) -> None:
    """Half a file, of which the rest never comes; the socket is closed by the kill."""
    upload = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    upload.putrequest("PUT", f"/api/2.0/mlflow-artifacts/artifacts/hammer/half-{time.monotonic_ns()}")
    upload.putheader("content-type", "application/octet-stream")
    upload.putheader("content-length", "4000000")
    upload.endheaders(bytes(2_000_000))


def _expect_nothing_unfinished(blobs: Path) -> None:
    """Soon after a start what was cut off is gone."""
    deadline = time.monotonic() + 20
    while left := [path for path in blobs.rglob("*#*") if path.is_file()]:
        assert time.monotonic() < deadline, f"uploads that were cut off left {left}"
        time.sleep(0.1)
    assert not list(blobs.rglob("half-*"))


def _kill_store(server: RunningServer) -> None:
    """The store process is the one child of the server."""
    for pid in descendants(server.process.pid):
        os.kill(pid, signal.SIGKILL)


def _expect(server: RunningServer, ledgers: list[Ledger]) -> None:
    wire = Wire(server.port)
    _settle(wire)
    for ledger in ledgers:
        for run_id, written in ledger.runs.items():
            assert read_run(wire, run_id, written.points) == written
        for path, digest in ledger.files.items():
            assert hashlib.sha256(wire("GET", f"/api/2.0/mlflow-artifacts/artifacts/{path}")).hexdigest() == digest
        for (name, version), text in ledger.prompts.items():
            assert wire.json("GET", f"/api/v1/prompts/{name}/versions/{version}")["template"] == text
        _expect_traces(wire, ledger)
    _expect_versions(wire, [number for ledger in ledgers for number in ledger.versions])
    writes = sum(ledger.writes for ledger in ledgers)
    print(f"{writes} writes, {sum(len(ledger.runs) for ledger in ledgers)} runs")
    assert writes > 5 * CLIENTS, "too little was written to prove anything"


def _settle(wire: Wire) -> None:
    """Until what killed servers had journalled is stored."""
    deadline = time.monotonic() + 60 + SECONDS
    while wire.json("GET", "/health")["journal"]["pending"]:
        assert time.monotonic() < deadline, "the journal is not stored"
        time.sleep(0.1)


def _expect_traces(wire: Wire, ledger: Ledger) -> None:
    everything = list(ledger.spans)
    for ids in (everything[start : start + 50] for start in range(0, len(everything), 50)):
        query = "&".join(f"trace_ids=tr-{trace_id}" for trace_id in ids)
        found = {
            trace["trace_info"]["trace_id"].removeprefix("tr-"): trace
            for trace in wire.json("GET", f"/api/3.0/mlflow/traces/batchGet?{query}")["traces"]
        }
        assert {trace_id: len(found[trace_id]["spans"]) for trace_id in ids} == {trace_id: ledger.spans[trace_id] for trace_id in ids}
        for trace_id in ids:
            assert ledger.trace_tags.get(trace_id, {}).items() <= found[trace_id]["trace_info"]["tags"].items()


def _expect_versions(wire: Wire, acknowledged: list[int]) -> None:
    """Numbers are distinct, and none is left out; those of which nobody was told may be among them."""
    assert [number for number, times in Counter(acknowledged).items() if times > 1] == []
    stored, token = [], ""
    while True:
        query = f"filter=name%3D'{MODEL}'&max_results=1000" + (f"&page_token={token}" if token else "")
        page = wire.json("GET", f"/api/2.0/mlflow/model-versions/search?{query}")
        stored += [int(version["version"]) for version in page.get("model_versions", [])]
        token = page.get("next_page_token")
        if not token:
            break
    assert sorted(stored) == list(range(1, len(stored) + 1))
    assert set(acknowledged) <= set(stored)
