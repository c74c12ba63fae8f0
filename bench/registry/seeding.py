"""What is in a tracking server before it is measured: many runs to search among, one with a long history, and a registered model."""

import json
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

__all__ = ("MODEL", "Seeded", "SeededRun", "Store", "seed")

WRITERS: Final = 8
POINTS: Final = 10_000
BATCH: Final = 1000
MODEL: Final = "bench"
"""The registered model that gets versions."""


class Seeded(msgspec.Struct, frozen=True):
    """Where the seeded data lies."""

    experiment_id: str
    new_runs_id: str
    """An experiment for runs that are made while the clock runs, so that all servers search among as many."""

    run_id: str
    artifact_uri: str


class SeededRun(msgspec.Struct, frozen=True):
    """One of the runs to search among; all servers have the same."""

    number: int

    @property
    def name(self) -> str:
        """The name of the run."""
        return f"run {self.number}"

    @property
    def metrics(self) -> dict[str, float]:
        """Its metrics, at step 1 and time 1."""
        return {key: (self.number * prime % 1000) / 1000 for key, prime in METRICS}

    @property
    def params(self) -> dict[str, str]:
        """Its two params."""
        return {"lr": f"0.{self.number % 5}", "depth": str(self.number % 7)}

    @property
    def tags(self) -> dict[str, str]:
        """Its one tag."""
        return {"team": ("north", "south")[self.number % 2]}


Store = Callable[[str, str, Iterator[SeededRun]], None]
"""Stores runs in an experiment, of which it is given the id and the artifact location, past the API."""


def seed(url: str, runs: int, store: Store | None = None) -> Seeded:
    """Fill a server at ``url``, all but the many runs through its API; they too, where there is no ``store``. Raises ``OSError``."""
    client = Client(url)
    experiment = client.post("experiments/create", {"name": "bench"})["experiment_id"]
    run = client.post("runs/create", {"experiment_id": experiment})["run"]["info"]
    run_id = run["run_id"]
    client.post("registered-models/create", {"name": MODEL})
    new_runs = client.post("experiments/create", {"name": "bench-new"})["experiment_id"]
    for start in range(0, POINTS, BATCH):
        points = [{"key": "history", "value": step / 3, "timestamp": step, "step": step} for step in range(start, start + BATCH)]
        client.post("runs/log-batch", {"run_id": run_id, "metrics": points})
    if store is None:
        _runs(url, experiment, runs)
    else:
        store(experiment, run["artifact_uri"].rsplit("/", 2)[0], map(SeededRun, range(runs)))
    return Seeded(experiment, new_runs, run_id, run["artifact_uri"])


def _runs(url: str, experiment: str, count: int) -> None:
    numbers = iter(range(count))
    lock = threading.Lock()
    errors: list[Exception] = []

    def write() -> None:
        try:
            client = Client(url)
            for number in _shared(numbers, lock):
                _write_run(client, experiment, number)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, daemon=True) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def _shared(numbers: Iterator[int], lock: threading.Lock) -> Iterator[int]:
    while True:
        with lock:
            number = next(numbers, None)
        if number is None:
            return
        yield number


def _write_run(client: "Client", experiment: str, number: int) -> None:
    seeded = SeededRun(number)
    run = client.post("runs/create", {"experiment_id": experiment, "start_time": number, "run_name": seeded.name})
    batch = {
        "run_id": run["run"]["info"]["run_id"],
        "metrics": [{"key": key, "value": value, "timestamp": 1, "step": 1} for key, value in seeded.metrics.items()],
        "params": [{"key": key, "value": value} for key, value in seeded.params.items()],
        "tags": [{"key": key, "value": value} for key, value in seeded.tags.items()],
    }
    client.post("runs/log-batch", batch)


METRICS: Final = tuple(zip(("loss", "acc", "f1"), (617, 331, 127), strict=True))


class Client:
    """One keep-alive connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=60)

    def post(self, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Send JSON and return the answer. Raises ``OSError`` for any answer but 200."""
        self._connection.request("POST", f"/api/2.0/mlflow/{path}", json.dumps(fields), {"content-type": "application/json"})
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise OSError(f"{path} was answered {answer.status}: {body[:300]!r}")
        found: dict[str, Any] = json.loads(body)
        return found
