"""What a client was told is written survives a killed server."""

import threading
from pathlib import Path

import httpx
import pytest

from tests.running import start_server

WRITERS = 4


class Writer(threading.Thread):
    """Logs to one run over a connection of its own, and counts the steps that were acknowledged."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__(daemon=True)
        self.client = httpx.Client(base_url=f"{url}/api/2.0/mlflow/", timeout=30)
        self.run_id = self.client.post("runs/create", json={"experiment_id": "0", "run_name": f"{number}"}).json()["run"]["info"]["run_id"]
        self.acknowledged = 0
        self.enough = threading.Event()

    def run(self) -> None:
        try:
            while self._log(self.acknowledged + 1):
                self.acknowledged += 1
                if self.acknowledged == 5:
                    self.enough.set()
        except httpx.TransportError:  # killed
            pass

    def _log(self, step: int) -> bool:
        point = {"key": "loss", "value": step / 2, "timestamp": step, "step": step}
        batch = {"run_id": self.run_id, "metrics": [point], "params": [{"key": f"p{step}", "value": f"{step}"}]}
        return self.client.post("runs/log-batch", json=batch).status_code == 200


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_every_acknowledged_batch_is_there_after_a_kill(tmp_path: Path) -> None:
    server = start_server(tmp_path / "data")
    writers = [Writer(server.url, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        assert writer.enough.wait(30)
    server.kill()
    for writer in writers:
        writer.join(30)
    server = start_server(tmp_path / "data")
    _expect(server.client, {writer.run_id: writer.acknowledged for writer in writers})
    server.stop()


def _expect(client: httpx.Client, written: dict[str, int]) -> None:
    """A write whose answer was cut off may be there, one more at most."""
    for run_id, acknowledged in written.items():
        data = client.get("/api/2.0/mlflow/runs/get", params={"run_id": run_id}).json()["run"]["data"]
        assert len(data["params"]) in {acknowledged, acknowledged + 1}
        history = client.get("/api/2.0/mlflow/metrics/get-history", params={"run_id": run_id, "metric_key": "loss"}).json()["metrics"]
        steps = [point["step"] for point in history]
        assert steps in (list(range(1, acknowledged + 1)), list(range(1, acknowledged + 2)))
