"""What runs during a soak: two vendors, a server, clients at a steady rate, and somebody who watches the processes."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.claude import scripted_claude
from tests.running import RunningServer, start_server
from tests.soak.clients import Sdks, Told, ask_by_socket
from tests.soak.plans import CONFIG, drawn
from tests.soak.reconcile import Stored, differences
from tests.soak.streams import ticking, whole_streams
from tests.upstream import scripted_upstream

MASTER = "master-of-the-soak"
WATCH_SECONDS = 5.0
PIECES, PIECE_SECONDS = 10, 0.3
"""Of each of the streams that are counted."""


@dataclass
class Weight:
    """A process at a moment: resident megabytes and open files of the server, tasks of its loop, megabytes of its store."""

    at: float
    server_mb: float
    store_mb: float
    files: int
    tasks: int


@dataclass
class Soak:
    server: RunningServer
    chance: random.Random
    keys: dict[str, str] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    weights: list[Weight] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)

    async def run(self, seconds: float, rate: float) -> None:
        """Ask at ``rate`` a second, whatever becomes of it, for ``seconds``."""
        sdks = Sdks(self.server.url)
        began, number, under_way = time.monotonic(), 0, set()
        watching = asyncio.create_task(self._watch())
        while (passed := time.monotonic() - began) < seconds:
            while number < passed * rate:
                task = asyncio.create_task(self._one(number, sdks))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                number += 1
            await asyncio.sleep(0.02)
        if under_way:
            await asyncio.wait(under_way)
        watching.cancel()
        await sdks.close()

    async def _one(self, number: int, sdks: Sdks) -> None:
        plan = drawn(number, self.chance)
        key = self.keys[plan.key]
        try:
            if "sdk" in plan.surface:
                self.told.append(await sdks.ask(plan, key))
            else:
                self.told.append(await ask_by_socket(plan, self.server.port, key, self.chance))
        except TimeoutError:
            self.hung.append(f"{plan} hung")
        except Exception as error:  # noqa: BLE001 - whatever a client stumbles over is a finding
            self.hung.append(f"{plan}: {error!r}")

    async def _watch(self) -> None:
        async with httpx.AsyncClient(base_url=self.server.url, headers=authorised(), timeout=30) as client:
            while True:
                with suppress(httpx.TimeoutException):  # on a machine that stands still nobody is weighed
                    self.weights.append(await weighed(self.server, client))
                await asyncio.sleep(WATCH_SECONDS)

    async def streams(self, count: int) -> int:
        """How many of ``count`` streams that are open at once come whole."""
        return await whole_streams(count, self.server.port, MASTER, "clock/one", PIECES)

    def outcomes(self) -> Counter[str]:
        return Counter(f"{each.outcome} {each.status} {each.code}".strip() for each in self.told)


def authorised() -> dict[str, str]:
    return {"authorization": f"Bearer {MASTER}"}


async def weighed(server: RunningServer, client: httpx.AsyncClient) -> Weight:
    text = (await client.get("/metrics")).text

    def figure(name: str) -> float:
        return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])

    child = [pid for task in Path(f"/proc/{server.process.pid}/task").glob("*/children") for pid in task.read_text().split()]
    return Weight(
        at=time.monotonic(),
        server_mb=round(figure("process_resident_memory_bytes") / 2**20, 1),
        store_mb=round(sum(map(resident_mb, child)), 1),
        files=int(figure("process_open_fds")),
        tasks=int(figure("tidegate_tasks")),
    )


def resident_mb(pid: str) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


@asynccontextmanager
async def soaking(home: Path, seed: int = 7) -> AsyncIterator[Soak]:
    """A server in front of the scripted vendors, with its keys made."""
    async with scripted_upstream() as up, scripted_claude() as claude, ticking(PIECES, PIECE_SECONDS) as clock:
        config = home / "tidegate.yaml"
        config.write_text(CONFIG.format(up=up.url, claude=claude.url, clock=f"http://127.0.0.1:{clock.port}/v1"))
        env = {"SERVER_KEY": MASTER, "UP_KEY": "sk-of-the-account"}
        server = await asyncio.to_thread(start_server, home / "data", config=config, env=env)
        try:
            soak = Soak(server, random.Random(seed))
            await _make_keys(soak)
            yield soak
        finally:
            await asyncio.to_thread(server.stop)


async def _make_keys(soak: Soak) -> None:
    wanted = [
        {"name": "ada", "user": "ada", "team": "red", "limits": [{"name": "hers", "cost": 100000.0, "window": "day"}]},
        {"name": "bo", "user": "bo"},
        {"name": "narrow", "user": "cy", "routes": ["plain", "kept"]},
    ]
    async with httpx.AsyncClient(base_url=soak.server.url, headers=authorised()) as client:
        for each in wanted:
            answer = await client.post("/api/v1/keys", json=each)
            soak.keys[each["name"]] = answer.raise_for_status().json()["key"]


async def account(soak: Soak) -> list[str]:
    """What does not agree once all is over, and what is left open."""
    async with httpx.AsyncClient(base_url=soak.server.url, headers=authorised(), timeout=60) as client:
        traces = await all_traces(client)
        shadows = await all_traces(client, filter="attributes.'tidegate.shadow' = 'true'")
        asked = await all_traces(client, filter="attributes.'tidegate.target' ~ '/'")
        budgets = (await client.get("/api/v1/budgets")).json()["budgets"]
    found = [*soak.hung, *differences(soak.told, Stored(traces, shadows, asked, budgets))]
    if "Traceback" in soak.server.log.read_text():
        found.append("the log has a traceback")
    return found


async def all_traces(client: httpx.AsyncClient, **wanted: str) -> list[dict]:
    traces: list[dict] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get("/api/v1/traces", params={"limit": "1000", **wanted, **cursor})).raise_for_status().json()
        traces += page["traces"]
        if page["next_cursor"] is None:
            return traces
        cursor = {"cursor": page["next_cursor"]}
