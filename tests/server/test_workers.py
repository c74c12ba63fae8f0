"""One command, one port, several gateway processes: what is promised for one process holds for all of them together."""

import json
import os
import signal
import socket
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from storage.journal_frames import scan
from storage.records import Opening, Row
from tests.running import RunningServer, start_server
from tests.server.with_workers import MASTER, Answer, ask, children, configure, eventually, send
from tests.soak.rig import resident_mb

MOST_MB = 130
AT_ONCE = 16


@pytest.fixture(scope="module")
def server(workers_server: RunningServer) -> RunningServer:
    return workers_server


def statuses(server: RunningServer, count: int, **asked: Any) -> Counter[int]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return Counter(answer.status_code for answer in threads.map(lambda _: ask(server, **asked), range(count)))


def test_a_limit_lets_as_many_pass_as_it_says_however_many_workers_are_asked_at_once(server: RunningServer):
    assert statuses(server, 40, model="limited") == {200: 10, 429: 30}
    assert (used(server, "ten"), used(server, "ten", "reserved")) == (10, 0)


def test_a_key_opens_and_closes_every_worker_at_once(server: RunningServer):
    key = server.client.post("/api/v1/keys", json={"name": "ada"}, headers=MASTER).json()["key"]
    shown = {"authorization": f"Bearer {key}"}
    assert statuses(server, 16, headers=shown) == {200: 16}
    server.client.delete("/api/v1/keys/ada", headers=MASTER).raise_for_status()
    assert statuses(server, 16, headers=shown) == {401: 16}


def test_who_makes_a_key_is_answered_when_every_worker_knows_it(server: RunningServer):
    slow = children(server)[1]
    os.kill(slow, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as threads:
            made = threads.submit(
                send, server, "POST", "/api/v1/keys", json.dumps({"name": "late"}), {**MASTER, "content-type": "application/json"}
            )
            assert not wait([made], 1.5).done, "longer than others wait for what a worker says of itself"
            os.kill(slow, signal.SIGCONT)
            shown = {"authorization": f"Bearer {json.loads(made.result().body)['key']}"}
        assert statuses(server, 16, headers=shown) == {200: 16}
    finally:
        os.kill(slow, signal.SIGCONT)


def test_a_worker_that_dies_while_it_is_told_of_a_key_holds_nobodys_answer(server: RunningServer):
    dying = children(server)[1]
    os.kill(dying, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        key = json.dumps({"name": "quick"})
        made = threads.submit(send, server, "POST", "/api/v1/keys", key, {**MASTER, "content-type": "application/json"})
        assert not wait([made], 0.5).done
        os.kill(dying, signal.SIGKILL)
        assert wait([made], 2.5).done, "a worker that is stuck is waited for, one that is gone is not"
        shown = {"authorization": f"Bearer {json.loads(made.result().body)['key']}"}
    assert statuses(server, 16, headers=shown) == {200: 16}
    eventually(lambda: len(children(server)) == 3)


def test_a_reload_reaches_every_worker_and_drops_no_request(server: RunningServer, silent: socket.socket):
    assert ask(server, model="later").status_code == 404
    with ThreadPoolExecutor(1) as threads:
        meanwhile = threads.submit(lambda: [ask(server).status_code for _ in range(60)])
        configure(server.data.parent, silent, "\n  - {name: later, targets: [{model: fake/echo}]}")
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: server.client.get("/health", headers=MASTER).json()["config_version"] > 1)
        assert statuses(server, 16, model="later") == {200: 16}
        assert set(meanwhile.result()) == {200}


def test_what_is_not_the_gateways_comes_from_the_core_files_of_any_size_both_ways(server: RunningServer):
    content = os.urandom(3_000_000)
    path = "/api/2.0/mlflow-artifacts/artifacts/0/some/file.bin"
    assert server.client.put(path, content=content, headers=MASTER).status_code == 200
    pieces = iter([content[:1_000_000], content[1_000_000:]])
    assert server.client.put(f"{path}.chunked", content=pieces, headers=MASTER).status_code == 200
    assert [server.client.get(each, headers=MASTER).content for each in (path, f"{path}.chunked")] == [content, content]
    assert server.client.get("/api/v1/traces").status_code == 401


def test_a_killed_worker_is_started_again_and_what_it_had_under_way_is_interrupted(server: RunningServer, silent: socket.socket):
    before = children(server)
    with ThreadPoolExecutor(8) as threads:
        hanging = [threads.submit(ask, server, "silent/model") for _ in range(8)]
        taken = [silent.accept()[0] for _ in hanging]
        assert all(each.recv(1) for each in taken)
        eventually(lambda: begun(server) >= len(hanging))  # that a request began is written down a millisecond after it was sent
        for worker in before[1:]:
            os.kill(worker, signal.SIGKILL)
        for each in taken:
            each.close()
    assert all(each.exception() is not None for each in hanging)
    eventually(lambda: len(now := children(server)) == 3 and not set(now) & set(before[1:]))
    eventually(lambda: answers_again(server))
    eventually(lambda: Counter(each["status"] for each in traces(server))["INTERRUPTED"] == len(hanging))


def begun(server: RunningServer) -> int:
    """How many requests are under way, as the journals of the workers that live tell."""
    records = [frame.record for path in (server.data / "journal").glob("*.seg") for frame in scan(path.read_bytes(), closed=False).frames]
    return len({each.key for each in records if isinstance(each, Opening)} - {each.key for each in records if isinstance(each, Row)})


def traces(server: RunningServer) -> list[dict[str, Any]]:
    """Once what those who ended had written down is stored."""

    def told() -> list[dict[str, Any]] | None:
        answer = server.client.get("/api/v1/traces?limit=200", headers=MASTER)
        return answer.json()["traces"] if answer.status_code != 503 else None

    return eventually(told)


def answers_again(server: RunningServer) -> bool:
    try:
        return ask(server).status_code == 200
    except (OSError, HTTPException):
        return False


class Kill(NamedTuple):
    """What clients saw of a core that was killed while limits were spent."""

    workers: list[int]
    without_limit: Answer
    of_the_core: Answer
    spent: Answer
    burst: Counter[int]
    reserved: float


@pytest.fixture(scope="module")
def kill(server: RunningServer, silent: socket.socket) -> Kill:
    statuses(server, 10, model="limited")
    (held,) = threaded(lambda: ask(server, model="held"))
    vendor, _ = silent.accept()
    (burst,) = threaded(lambda: statuses(server, 60, model="burst"))
    eventually(lambda: used(server, "twenty") >= 5)
    core, *workers = children(server)
    os.kill(server.process.pid, signal.SIGSTOP)  # who would start the next one
    os.kill(core, signal.SIGKILL)
    try:
        seen = [ask(server), send(server, "GET", "/api/2.0/mlflow/experiments/search")]
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    seen.append(ask(server, model="limited"))
    found = burst()
    eventually(lambda: server.client.get("/ready").status_code == 200)
    reserved = used(server, "held", "reserved")
    vendor.close()
    assert held().status_code == 502
    return Kill(workers, *seen, found, reserved)


def test_the_gateway_answers_while_the_core_is_away_and_what_is_the_cores_says_so_in_its_clients_words(server: RunningServer, kill: Kill):
    assert kill.without_limit.status_code == 200
    assert (kill.of_the_core.status_code, json.loads(kill.of_the_core.body)["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
    assert children(server)[1:] == kill.workers
    assert statuses(server, 4) == {200: 4}


def test_a_limit_is_not_overrun_when_the_core_is_killed_while_it_is_spent(server: RunningServer, kill: Kill):
    """Where cores are free the next one is there within the ten seconds that requests wait."""
    assert kill.spent.status_code in {429, 503}
    assert int(kill.spent.headers["retry-after"]) > 0
    assert ask(server, model="limited").status_code == 429, "what was spent stays spent"
    kill.burst.update(statuses(server, 30, model="burst"))
    assert set(kill.burst) <= {200, 429, 503}
    assert 20 - AT_ONCE <= kill.burst[200] <= 20, (
        "one that the dead core granted, and whose worker it did not tell, is counted all the same"
    )
    assert kill.reserved == 1, "the next core knows who is under way"
    eventually(lambda: (used(server, "held", "reserved"), used(server, "held")) == (0, 1))


def threaded(*work: Callable[[], Any]) -> list[Callable[[], Any]]:
    """Begin each in a thread of its own; what waits for its result."""
    threads = ThreadPoolExecutor(len(work))
    begun = [threads.submit(each).result for each in work]
    threads.shutdown(wait=False)
    return begun


def used(server: RunningServer, limit: str, what: str = "used") -> float:
    answer = send(server, "GET", "/api/v1/budgets")
    return (
        next((each[what] for each in json.loads(answer.body)["budgets"] if each["limit"] == limit), 0) if answer.status_code == 200 else 0
    )


def test_a_worker_is_small(server: RunningServer):
    assert all(resident_mb(str(worker)) < MOST_MB for worker in children(server)[1:])


def test_a_trace_is_found_as_soon_as_its_answer_is_there_whichever_worker_gave_it(server: RunningServer):
    for _ in range(4):
        answered = ask(server).headers["x-tidegate-trace-id"]
        assert send(server, "GET", f"/api/v1/traces/{answered}").status_code == 200, "read your writes, whoever took the write"


def counted(server: RunningServer, name: str) -> dict[str, float]:
    """The samples of a figure, by its labels."""
    lines = send(server, "GET", "/metrics").body.decode().splitlines()
    return {
        line[len(name) :].rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name}{{", f"{name} "))
    }


def test_figures_are_of_all_workers_also_of_one_that_ended(server: RunningServer):
    before = sum(counted(server, "tidegate_gateway_requests_total").values())
    assert statuses(server, 16) == {200: 16}
    assert sum(counted(server, "tidegate_gateway_requests_total").values()) == before + 16
    os.kill(children(server)[1], signal.SIGKILL)
    eventually(lambda: set(counted(server, "tidegate_worker_up").values()) == {1.0})
    assert sum(counted(server, "tidegate_gateway_requests_total").values()) == before + 16


def test_a_worker_that_is_stuck_is_unknown_and_not_idle(server: RunningServer):
    assert all(each["state"] == "ok" for each in json.loads(send(server, "GET", "/health").body)["workers"])
    stuck = children(server)[2]
    os.kill(stuck, signal.SIGSTOP)
    try:
        health = json.loads(send(server, "GET", "/health").body)
        assert health["status"] == "degraded"
        assert Counter(each["state"] for each in health["workers"]) == {"ok": 1, "stuck": 1}
        (found,) = (each for each in health["workers"] if each["state"] == "stuck")
        assert {value for name, value in found.items() if name not in {"number", "state"}} == {None}
        assert f'{{worker="{found["number"]}"}}' not in counted(server, "tidegate_worker_requests")
        assert "does not answer" in send(server, "GET", "/gateway", headers={**MASTER, "accept": "text/html"}).body.decode()
        assert send(server, "GET", "/ready").status_code == 200
    finally:
        os.kill(stuck, signal.SIGCONT)
    eventually(lambda: json.loads(send(server, "GET", "/health").body)["status"] == "ok")


def test_a_client_is_known_by_its_own_address_and_not_by_what_it_claims(server: RunningServer):
    claims = {**MASTER, "x-forwarded-for": "198.51.100.1", "x-tidegate-client-address": "http 198.51.100.1 1 198.51.100.1 1"}
    for address in ("127.0.0.1", "127.0.0.2"):
        found = [ask(server, model="by-address", headers=claims, address=address).status_code for _ in range(4)]
        assert found == [200, 200, 200, 429]
    for client in ("198.51.100.1", "198.51.100.2"):
        claims["x-forwarded-for"] = f"192.0.2.1, {client}"
        found = [ask(server, model="by-address", headers=claims, address="127.0.0.3").status_code for _ in range(4)]
        assert found == [200, 200, 200, 429], "unless it is a proxy that the settings name"


def test_clearing_the_cache_forgets_what_every_worker_keeps(server: RunningServer):
    def kept_by_both() -> bool:
        misses.append(ask(server, model="cached").headers["x-tidegate-cache"] == "miss")
        return sum(misses) == 2

    for _ in range(2):
        misses: list[bool] = []
        eventually(kept_by_both)
        assert misses[0]
        assert json.loads(send(server, "DELETE", "/api/v1/cache?route=cached").body) == {"removed": 2}


def test_a_worker_that_is_killed_under_load_loses_nothing_that_was_answered(server: RunningServer):
    def answered() -> str | None:
        try:
            return ask(server).headers["x-tidegate-trace-id"]
        except (OSError, HTTPException):
            return None

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(answered) for _ in range(120)]
        assert asked[40].result()
        os.kill(children(server)[1], signal.SIGKILL)
        found = {each.result() for each in asked} - {None}
    assert len(found) > 80
    assert found <= {each["trace_id"] for each in traces(server)}


WORD = 'data: {"id":"1","object":"chat.completion.chunk","model":"model","choices":[{"index":0,"delta":{"content":"a word"}}]}\n\n'


def test_a_stream_comes_word_by_word_and_is_said_to_its_end_when_the_server_is_told_to_stop(server: RunningServer, silent: socket.socket):
    """The last of the module: the server is gone afterwards."""
    eventually(lambda: len(children(server)) == 3)
    body = {"model": "silent/model", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json", **MASTER})
        vendor, _ = silent.accept()
        vendor.recv(65536)
        vendor.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        vendor.sendall(chunk(WORD))
        answer = connection.getresponse()
        assert answer.read(len(WORD)).decode() == WORD, "the vendor has said no more"
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: refused(server))
        vendor.sendall(chunk(WORD) + chunk("data: [DONE]\n\n") + b"0\r\n\r\n")
        assert answer.read().decode() == f"{WORD}data: [DONE]\n\n"
    assert server.process.wait(60) == 0
    assert len(list((server.data / "journal").glob("*.lock"))) == 2, "the core's, and the writer's: what workers wrote is stored"


def chunk(text: str) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text.encode())


def refused(server: RunningServer) -> bool:
    """A connection that was being made while the last process stopped listening is reset; the next one is refused."""
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    except (ConnectionResetError, TimeoutError):
        return False
    return False


def test_settings_that_pass_the_files_checks_and_cannot_be_run_end_it_as_they_end_one_process(tmp_path: Path):
    (tmp_path / "tidegate.yaml").write_text("providers: {cloud: {kind: vertex, project: p, credentials: env:CREDENTIALS}}")
    env = {"CREDENTIALS": str(tmp_path / "nowhere.json")}
    ending = start_server(tmp_path / "data", config=tmp_path / "tidegate.yaml", env=env, wait=False, arguments=("--workers", "2"))
    assert ending.process.wait(30) == 2
    assert "error: The provider 'cloud' has 'credentials' that are neither" in ending.log.read_text()
