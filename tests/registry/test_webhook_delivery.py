"""What a webhook is told, and what happens when its receiver delays, breaks and lies."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from config.schema import WebhookSettings
from registry.events import Event
from registry.outbound.guard import AddressGuard
from registry.webhooks.deliverer import Deliverer
from registry.webhooks.sender import Sender
from registry.webhooks.service import WebhookService
from registry.webhooks.types import Changes, NewWebhook, Status
from storage.sealing import Seal
from storage.webhook_tables import webhook_deliveries
from tests.receiver import scripted_receiver

QUICK = WebhookSettings(timeout=15, max_attempts=4, first_pause=0.02, longest_pause=0.05)
IMPATIENT = replace(QUICK, timeout=0.4)
"""For receivers that hang."""


class Hooks:
    """The service over a deliverer that can be stopped and started."""

    def __init__(self, metadata, settings=QUICK, *, private=True):
        seal = Seal(b"k" * 32)
        guard = AddressGuard(lambda: private)
        self.metadata = metadata
        self.deliverer = Deliverer(metadata, Sender(guard, concurrency=20), seal, lambda: settings, "here")
        self.service = WebhookService(metadata, guard, seal, self.deliverer)

    async def hook(self, url, *events, secret=None):
        new = NewWebhook(name="hook", url=url, events=list(events or ("prompt.created",)), secret=secret)
        return (await self.service.create(new)).webhook_id

    async def tell(self, number=1, key="prompt/a", event="prompt.created"):
        entity, _, action = event.partition(".")
        await self.service.announce(Event(entity=entity, action=action, key=key, payload={"number": number}))

    @asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.deliverer.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def log(self, state=None):
        page = await self.service.deliveries(webhook_id=None, states=(state,) if state else (), cursor="", limit=100)
        return page.deliveries

    async def settled(self, count, seconds=15):
        async with asyncio.timeout(seconds):
            while len(found := [each for each in await self.log() if each.state != "waiting"]) < count:
                await asyncio.sleep(0.02)
        return found


@pytest.fixture
async def receiver():
    async with scripted_receiver() as opened:
        yield opened


async def test_an_event_reaches_those_who_hear_of_it_and_nobody_else(metadata_any, receiver):
    hooks = Hooks(metadata_any)
    await hooks.hook(receiver.url("/200"), "prompt.created")
    await hooks.hook(receiver.url("/201"), "prompt.created", "model_version.created")
    await hooks.hook(receiver.url("/202"), "model_version.created")
    async with hooks.running():
        await hooks.tell(7)
        await hooks.settled(2)
    assert sorted(each.path for each in receiver.requests) == ["/200", "/201"]
    body = json.loads(receiver.requests[0].body)
    assert {name: body[name] for name in ("entity", "action", "data")} == {"entity": "prompt", "action": "created", "data": {"number": 7}}
    assert datetime.fromisoformat(body["timestamp"]).utcoffset() == timedelta(0)


async def test_the_signature_is_the_one_that_mlflow_makes(metadata_any, receiver):
    hooks = Hooks(metadata_any)
    await hooks.hook(receiver.url(), secret="open sesame")
    async with hooks.running():
        await hooks.tell()
        [got] = await receiver.until(1)
    signed = f"{got.delivery_id}.{got.headers['x-mlflow-timestamp']}.{got.body}".encode()
    expected = base64.b64encode(hmac.new(b"open sesame", signed, hashlib.sha256).digest()).decode()
    assert got.headers["x-mlflow-signature"] == f"v1,{expected}"
    assert abs(int(got.headers["x-mlflow-timestamp"]) - time.time()) < 30


async def test_without_a_secret_nothing_is_signed(metadata_any, receiver):
    hooks = Hooks(metadata_any)
    await hooks.hook(receiver.url())
    async with hooks.running():
        await hooks.tell()
        [got] = await receiver.until(1)
    assert "x-mlflow-signature" not in got.headers


@pytest.mark.parametrize("trouble", ["500", "503", "408", "cut", "hang", "garbage"])
async def test_what_may_pass_is_tried_again_under_the_same_ids(metadata, receiver, trouble):
    hooks = Hooks(metadata, IMPATIENT if trouble == "hang" else QUICK)
    await hooks.hook(receiver.url(f"/{trouble}/200"))
    async with hooks.running():
        await hooks.tell()
        [delivery] = await hooks.settled(1)
    first, second = receiver.requests
    assert delivery.state == "delivered" and delivery.attempts == 2
    assert first.delivery_id == second.delivery_id == delivery.delivery_id
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == delivery.event_id
    assert [each.headers["x-tidegate-attempt"] for each in receiver.requests] == ["1", "2"]


@pytest.mark.parametrize("refusal", ["400", "401", "404", "410", "redirect"])
async def test_what_is_refused_is_a_dead_letter_at_once(metadata, receiver, refusal):
    hooks = Hooks(metadata)
    await hooks.hook(receiver.url(f"/{refusal}"))
    async with hooks.running():
        await hooks.tell()
        [delivery] = await hooks.settled(1)
    assert delivery.state == "dead" and delivery.attempts == 1
    assert len(receiver.requests) == 1  # a redirect was not followed, either


async def test_a_receiver_that_stays_broken_gets_every_attempt_and_then_a_dead_letter(metadata_any, receiver):
    hooks = Hooks(metadata_any)
    await hooks.hook(receiver.url("/500"))
    async with hooks.running():
        await hooks.tell()
        [delivery] = await hooks.settled(1)
    detail = await hooks.service.delivery(delivery.delivery_id)
    assert delivery.state == "dead" and "given up after 4 attempts" in delivery.error
    assert [(each.number, each.status, each.answer) for each in detail.attempts] == [(n, 500, "received") for n in range(1, 5)]


async def test_an_answer_whose_head_says_yes_is_a_yes_whatever_its_body_does(metadata, receiver):
    hooks = Hooks(metadata)
    await hooks.hook(receiver.url("/endless"))
    async with hooks.running():
        await hooks.tell()
        [delivery] = await hooks.settled(1)
    [attempt] = (await hooks.service.delivery(delivery.delivery_id)).attempts
    assert delivery.state == "delivered" and attempt.answer == "x" * 4096


async def test_a_receiver_may_ask_for_time(metadata, receiver):
    hooks = Hooks(metadata)
    await hooks.hook(receiver.url("/wait/200"))
    async with hooks.running():
        await hooks.tell()
        [delivery] = await hooks.settled(1)
    first, second = (await hooks.service.delivery(delivery.delivery_id)).attempts
    assert second.started_at - first.started_at >= timedelta(seconds=1)  # QUICK alone would wait 0.02 s


async def test_events_of_one_entity_arrive_in_order_and_others_do_not_wait_for_them(metadata_any, receiver):
    hooks = Hooks(metadata_any)
    await hooks.hook(receiver.url("/500/500/200"))
    for number in range(1, 6):
        await hooks.tell(number, key="prompt/stuck")
    async with hooks.running():
        await hooks.settled(5)
    numbers = [each.data["number"] for each in receiver.requests]
    assert numbers == [1, 1, 1, 2, 3, 4, 5]

    receiver.requests.clear()
    await hooks.service.delete((await hooks.service.list(offset=0, limit=1))[0].webhook_id)
    hooks = Hooks(metadata_any, IMPATIENT)
    await hooks.hook(receiver.url("/hang/200/200/200"))
    await hooks.tell(1, key="prompt/stuck")
    async with hooks.running():
        await receiver.until(1)
        await hooks.tell(2, key="prompt/stuck")
        await hooks.tell(3, key="prompt/free")
        await hooks.settled(8)
    numbers = [each.data["number"] for each in receiver.requests]
    assert numbers.index(3) < numbers.index(2), "an event of another entity waited for a receiver that hung"


async def test_an_undone_change_is_not_told(metadata_any, receiver):
    hooks = Hooks(metadata_any)
    await hooks.hook(receiver.url())
    event = Event(entity="prompt", action="created", key="prompt/a", payload={})

    def change(connection):
        hooks.service.outbox.publish(connection, event)
        raise RuntimeError("the change failed after it was told")

    with pytest.raises(RuntimeError):
        await metadata_any.run(change)
    assert await hooks.log() == []


async def test_a_dead_letter_can_be_delivered_again_with_the_same_idempotency_key(metadata_any, receiver):
    hooks = Hooks(metadata_any)
    await hooks.hook(receiver.url("/400/200"), secret="s")
    async with hooks.running():
        await hooks.tell(5)
        [dead] = await hooks.settled(1)
        again = await hooks.service.redeliver(dead.delivery_id)
        await hooks.settled(2)
    first, second = receiver.requests
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert second.delivery_id == again.delivery_id != first.delivery_id
    assert [each.state for each in await hooks.log()] == ["delivered", "dead"]


async def test_a_disabled_webhook_keeps_what_waits_and_hears_nothing_new(metadata, receiver):
    hooks = Hooks(metadata)
    hook = await hooks.hook(receiver.url())
    await hooks.tell(1)
    await hooks.service.update(hook, Changes(status=Status.DISABLED))
    await hooks.tell(2)
    async with hooks.running():
        await asyncio.sleep(0.2)
        assert receiver.requests == []
        await hooks.service.update(hook, Changes(status=Status.ACTIVE))
        await hooks.settled(1)
    assert [each.data["number"] for each in receiver.requests] == [1]


async def test_a_deleted_webhook_is_told_nothing_more_and_its_log_says_why(metadata_any, receiver):
    hooks = Hooks(metadata_any)
    hook = await hooks.hook(receiver.url())
    await hooks.tell()
    await hooks.service.delete(hook)
    async with hooks.running():
        await hooks.settled(1)
    assert receiver.requests == []
    [delivery] = await hooks.log("dead")
    assert delivery.error == "the webhook was deleted"


async def test_what_waits_is_signed_with_the_secret_of_now(metadata, receiver):
    hooks = Hooks(metadata)
    hook = await hooks.hook(receiver.url(), secret="old")
    await hooks.tell()
    await hooks.service.update(hook, Changes(secret="new"))
    async with hooks.running():
        [got] = await receiver.until(1)
    signed = f"{got.delivery_id}.{got.headers['x-mlflow-timestamp']}.{got.body}".encode()
    assert got.headers["x-mlflow-signature"] == "v1," + base64.b64encode(hmac.new(b"new", signed, hashlib.sha256).digest()).decode()


async def test_two_workers_deliver_each_event_once(metadata_any, receiver):
    one, two = Hooks(metadata_any), Hooks(metadata_any)
    two.deliverer._holder = "there"
    await one.hook(receiver.url())
    for number in range(30):
        await one.tell(number, key=f"prompt/{number % 7}")
    async with one.running(), two.running():
        await one.settled(30)
    assert sorted(each.data["number"] for each in receiver.requests) == list(range(30))


async def test_what_another_worker_holds_is_taken_over_when_its_lease_has_run_out(metadata_any, receiver):
    hooks = Hooks(metadata_any)
    await hooks.hook(receiver.url())
    await hooks.tell()

    def hold(until):
        held = update(webhook_deliveries).values(claimed_by="gone", lease_expires_at=until)
        return metadata_any.run(lambda connection: connection.execute(held))

    await hold(datetime.now(UTC) + timedelta(minutes=1))
    async with hooks.running():
        await asyncio.sleep(0.2)
        assert receiver.requests == []
        await hold(datetime.now(UTC) - timedelta(seconds=1))
        hooks.deliverer.wake()
        await hooks.settled(1)
    assert len(receiver.requests) == 1


async def test_old_deliveries_leave_the_log(metadata_any, receiver):
    hooks = Hooks(metadata_any)
    await hooks.hook(receiver.url())
    async with hooks.running():
        await hooks.tell()
        await hooks.settled(1)
    long_ago = update(webhook_deliveries).values(settled_at=datetime.now(UTC) - timedelta(days=31))
    await metadata_any.run(lambda connection: connection.execute(long_ago))
    (old,) = await hooks.log()
    later = Hooks(metadata_any)
    await later.tell()
    async with later.running(), asyncio.timeout(15):
        while old.delivery_id in {each.delivery_id for each in await later.log()}:
            await asyncio.sleep(0.02)
    assert len(await later.log()) == 1


async def test_a_name_that_turns_private_after_it_was_checked_is_not_connected_to(metadata, receiver, monkeypatch):
    hooks = Hooks(metadata, private=False)
    answers = iter(["93.184.216.34", "127.0.0.1"])
    loop = asyncio.get_running_loop()

    async def lying(host, port, **_):
        return [(2, 1, 6, "", (next(answers), port))]

    monkeypatch.setattr(loop, "getaddrinfo", lying)
    await hooks.hook(f"https://rebinding.example:{receiver.port}/200")
    await hooks.tell()
    async with hooks.running():
        [delivery] = await hooks.settled(1)
    assert delivery.state == "dead" and "127.0.0.1, which is not a public address" in delivery.error
    assert receiver.requests == []


async def test_a_secret_sealed_with_another_key_is_a_dead_letter_that_says_so(metadata, receiver):
    hooks = Hooks(metadata)
    await hooks.hook(receiver.url(), secret="s")
    hooks.deliverer._seal = Seal(b"o" * 32)
    await hooks.tell()
    async with hooks.running():
        [delivery] = await hooks.settled(1)
    assert delivery.state == "dead" and "sealed with key" in delivery.error
    assert receiver.requests == []


async def test_a_test_is_sent_at_once_and_tells_what_came_back(metadata, receiver):
    hooks = Hooks(metadata)
    good = await hooks.hook(receiver.url("/200"), "prompt_alias.created", secret="s")
    assert (result := await hooks.service.test(good)).success and result.response_status == 200
    assert receiver.requests[0].data == {"name": "example_prompt", "alias": "example_alias", "version": "1"}
    assert "x-mlflow-signature" in receiver.requests[0].headers
    bad = await hooks.hook(receiver.url("/500"))
    assert not (result := await hooks.service.test(bad, "budget.exceeded")).success and result.response_status == 500
    away = await hooks.hook("http://127.0.0.1:9/")
    result = await hooks.service.test(away)
    assert not result.success and result.response_status is None and "no answer" in (result.error_message or "")
    assert await hooks.log() == []
