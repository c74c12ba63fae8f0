"""Budgets that run out are told to a receiver that checks MLflow's signature: each threshold once, with two workers and across kills of everything."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from threading import Thread

from tests.receiver import Receiver, scripted_receiver
from tests.running import RunningServer
from tests.server.with_workers import MASTER, eventually, kill_all, send, start_again

SECRET = "whsec-of-the-receiver"
MONEY = ("own-money", "team-money")


def verified(receiver: Receiver) -> Counter:
    """What was told, by name and limit, each by the keys that tell it apart from a repetition. A wrong signature fails."""
    told = set()
    for each in receiver.requests:
        signed = f"{each.headers['x-mlflow-delivery-id']}.{each.headers['x-mlflow-timestamp']}.{each.body}".encode()
        digest = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        assert hmac.compare_digest(each.headers["x-mlflow-signature"], f"v1,{digest}")
        action = each.body.partition('"action":"')[2].partition('"')[0]
        told.add((action, each.data["budget"], each.data["subject"], each.headers["idempotency-key"]))
    return Counter((action, budget, subject) for action, budget, subject, _ in told)


def spend(server: RunningServer, key: str) -> int:
    """One request of about 0.00015 dollars, to whichever worker takes it; its status."""
    body = {"model": "fake/lorem", "messages": [{"role": "user", "content": "a"}], "max_tokens": 100}
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    return send(server, "POST", "/v1/chat/completions", json.dumps(body), headers).status_code


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver in a thread of its own."""
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(stack.enter_async_context(scripted_receiver()), loop).result()
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def used(server: RunningServer) -> float:
    budgets = server.client.get("/api/v1/budgets", headers=MASTER).json()["budgets"]
    return sum(each["used"] for each in budgets if each["limit"] in MONEY)


def test_each_threshold_of_a_keys_and_a_teams_budget_is_told_once_whatever_is_killed_in_between(workers_server: RunningServer):
    server = workers_server
    if server.process.poll() is not None:  # another test has ended it
        start_again(server)
    with receiving() as receiver:
        hook = {"name": "money", "url": receiver.url(), "events": ["budget.warned", "budget.exceeded"], "secret": SECRET}
        made = server.client.post("/api/v1/webhooks", json=hook, headers=MASTER).raise_for_status().json()
        about = {"name": "ann", "team": "search", "limits": [{"name": "own-money", "cost": 0.0008, "window": "month"}]}
        key = server.client.post("/api/v1/keys", json=about, headers=MASTER).json()["key"]
        other = server.client.post("/api/v1/keys", json={"name": "bo", "team": "search"}, headers=MASTER).json()["key"]
        assert [spend(server, key) for _ in range(5)] == [200] * 5, "which goes over 80 percent of the key's"
        assert spend(server, key) == 429, "what is left does not pay for another one"
        assert spend(server, other) == 200
        assert spend(server, other) == 200, "which goes over 80 percent of the team's"
        spent = used(server)
        kill_all(server)
        start_again(server)
        eventually(lambda: used(server) >= spent * 0.999)  # the traces tell what the kill hid
        assert spend(server, key) == 429
        while spend(server, other) == 200:
            pass
        wanted = {(action, name) for action in ("warned", "exceeded") for name in MONEY}
        eventually(lambda: {each[:2] for each in verified(receiver)} == wanted)
        assert set(verified(receiver).values()) == {1}
        server.client.delete(f"/api/v1/webhooks/{made['webhook_id']}", headers=MASTER).raise_for_status()
