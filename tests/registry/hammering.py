"""Clients that write without pause, over raw HTTP, to a server that is killed meanwhile; each remembers what was acknowledged."""

import hashlib
import http.client
import json
import random
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote

__all__ = ("MODEL", "Hammer", "Ledger", "Refused", "Wire", "read_run")

MLFLOW = "/api/2.0/mlflow/"
FILES = "/api/2.0/mlflow-artifacts/artifacts/"
MODEL = "hammered"
POINTS = 25
NAPS = 0.05
"""Seconds between attempts to reach a server that is being started again."""


class Refused(Exception):
    """An answer that is not the one that was asked for."""


class Wire:
    """One keep-alive connection. Raises ``OSError`` and ``http.client.HTTPException`` when the server goes away."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def __call__(self, method: str, path: str, body: Any = None) -> bytes:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        try:
            self._connection.request(method, path, data, {"content-type": kind})
            answer = self._connection.getresponse()
            text = answer.read()
        except BaseException:
            self._connection.close()
            raise
        if answer.status == 503:  # storage is being opened again, say: nothing was acknowledged
            raise ConnectionError(text)
        if answer.status not in {200, 201}:
            raise Refused(f"{method} {path}: {answer.status} {text[:400]!r}")
        return text

    def json(self, method: str, path: str, body: Any = None) -> Any:
        return json.loads(self(method, path, body))


@dataclass
class Run:
    """What is in a run. Points are (step, value)."""

    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    points: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Ledger:
    """What one client was told is written: numbers of versions, digests of files, texts of prompts, numbers of spans and tags of traces."""

    runs: dict[str, Run] = field(default_factory=dict)
    versions: list[int] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    prompts: dict[tuple[str, int], str] = field(default_factory=dict)
    spans: dict[str, int] = field(default_factory=dict)
    trace_tags: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    writes: int = 0


class Hammer(threading.Thread):
    """One client. What was not acknowledged is sent again, as MLflow's client does, if sending it twice is to change nothing."""

    def __init__(self, port: int, number: int, stopping: threading.Event) -> None:
        super().__init__(daemon=True)
        self.ledger = Ledger()
        self.failure: BaseException | None = None
        self._wire = Wire(port)
        self._number, self._stopping = number, stopping
        self._random = random.Random(number)
        self._numbers = count(1)
        self._run_id = ""

    def run(self) -> None:
        try:
            self._until_done(self._new_run)
            while not self._stopping.is_set():
                self._write()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test that waits for this thread is told
            self.failure = error

    def _write(self) -> None:
        kinds = {
            self._metric: 6, self._param: 3, self._tag: 3, self._batch: 4, self._new_run: 2, self._version: 2, self._file: 2,
            self._prompt: 1, self._trace: 3, self._trace_tag: 1, self._read_back: 1,
        }  # fmt: skip
        (kind,) = self._random.choices(list(kinds), list(kinds.values()))
        kind() if kind == self._read_back else self._until_done(kind)
        self.ledger.writes += 1

    def _until_done(self, write: Any) -> None:
        """Send what ``write`` prepares until it is acknowledged. A write whose answer was lost may have happened."""
        number = next(self._numbers)
        while True:
            try:
                write(number)
            except (OSError, http.client.HTTPException):
                time.sleep(NAPS)
            else:
                return

    def _new_run(self, number: int) -> None:
        made = self._wire.json("POST", MLFLOW + "runs/create", {"experiment_id": "0", "run_name": f"{self._number}-{number}"})
        self._run_id = made["run"]["info"]["run_id"]
        self.ledger.runs[self._run_id] = Run()

    @property
    def _current(self) -> Run:
        return self.ledger.runs[self._run_id]

    def _metric(self, number: int) -> None:
        body = {"run_id": self._run_id, "key": "loss", "value": number / 7, "timestamp": number, "step": number}
        self._wire("POST", MLFLOW + "runs/log-metric", body)
        self._current.points["loss"].append((number, number / 7))

    def _param(self, number: int) -> None:
        self._wire("POST", MLFLOW + "runs/log-parameter", {"run_id": self._run_id, "key": f"p{number}", "value": f"{number}"})
        self._current.params[f"p{number}"] = f"{number}"

    def _tag(self, number: int) -> None:
        self._wire("POST", MLFLOW + "runs/set-tag", {"run_id": self._run_id, "key": f"t{number % 10}", "value": f"{number}"})
        self._current.tags[f"t{number % 10}"] = f"{number}"

    def _batch(self, number: int) -> None:
        points = [(number * POINTS + place, number + place / 3) for place in range(POINTS)]
        metrics = [{"key": "batch", "value": value, "timestamp": step, "step": step} for step, value in points]
        params, tags = {f"b{number}": f"{number}"}, {f"batch{number % 3}": f"{number}"}
        body = {"run_id": self._run_id, "metrics": metrics, "params": _pairs(params), "tags": _pairs(tags)}
        self._wire("POST", MLFLOW + "runs/log-batch", body)
        self._current.points["batch"] += points
        self._current.params |= params
        self._current.tags |= tags

    def _version(self, number: int) -> None:
        run = self._wire.json("GET", f"{MLFLOW}runs/get?run_id={self._run_id}")["run"]["info"]
        body = {"name": MODEL, "source": f"{run['artifact_uri']}/model", "run_id": self._run_id}
        made = self._wire.json("POST", MLFLOW + "model-versions/create", body)
        self.ledger.versions.append(int(made["model_version"]["version"]))

    def _file(self, number: int) -> None:
        path = f"hammer/{self._number}/{number % 50}"
        data = self._random.randbytes(self._random.choice((10, 5_000, 400_000)))
        self._wire("PUT", FILES + path, data)
        self.ledger.files[path] = hashlib.sha256(data).hexdigest()

    def _prompt(self, number: int) -> None:
        name, text = f"prompt-{self._number}-{number % 5}", f"say {number} to {{{{name}}}}"
        made = self._wire.json("POST", "/api/v1/prompts", {"name": name, "template": text})
        self.ledger.prompts[name, made["version"]] = text

    def _trace(self, number: int) -> None:
        trace_id = hashlib.blake2b(f"{self._number}/{number}".encode(), digest_size=16).hexdigest()
        spans = [_span(trace_id, place) for place in range(1 + number % 4)]
        self._wire("POST", "/v1/traces", {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
        self.ledger.spans[trace_id] = len(spans)

    def _trace_tag(self, number: int) -> None:
        if not self.ledger.spans:
            return
        trace_id = self._random.choice(list(self.ledger.spans))
        self._wire("PATCH", f"/api/3.0/mlflow/traces/tr-{trace_id}/tags", {"trace_id": f"tr-{trace_id}", "key": "k", "value": f"{number}"})
        self.ledger.trace_tags[trace_id]["k"] = f"{number}"

    def _read_back(self) -> None:
        """What was acknowledged is read by whoever asks, at once."""
        run = self._current
        try:
            found = read_run(self._wire, self._run_id, run.points)
        except (OSError, http.client.HTTPException):
            return
        assert found == run, "a read did not see what was acknowledged"


def _pairs(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _span(trace_id: str, place: int) -> dict[str, Any]:
    began = time.time_ns() - 1_000_000 + place
    parent = {"parentSpanId": f"{1:016x}"} if place else {}
    return {
        "traceId": trace_id, "spanId": f"{place + 1:016x}", **parent, "name": f"step {place}",
        "startTimeUnixNano": str(began), "endTimeUnixNano": str(began + 1000),
    }  # fmt: skip


def read_run(wire: Wire, run_id: str, keys: Any) -> Run:
    """A run as the server has it, with the histories of these metrics in the order of their steps."""
    data = wire.json("GET", f"{MLFLOW}runs/get?run_id={run_id}")["run"]["data"]
    tags = {tag["key"]: tag["value"] for tag in data.get("tags", []) if tag["key"] != "mlflow.runName"}
    run = Run({param["key"]: param["value"] for param in data.get("params", [])}, tags)
    for key in keys:
        history = wire.json("GET", f"{MLFLOW}metrics/get-history?run_id={run_id}&metric_key={quote(key)}").get("metrics", [])
        run.points[key] = [(point["step"], point["value"]) for point in history]
    return run
