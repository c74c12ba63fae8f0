"""Virtual keys: made once, kept as digests, found without I/O, and opening what they should."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gateway.errors import KeyNotAllowed, Unauthenticated
from gateway.keys.errors import KeyInvalid, KeyNameTaken, KeyNotFound
from gateway.keys.policy import KeyPolicy
from gateway.keys.service import KeyService
from gateway.keys.types import NewKey
from gateway.policies import Call
from gateway.types import Inbound, Operation, Plan, Target
from gateway.wire.openai import RequestHead
from storage.key_tables import virtual_keys


def call(key: str, *targets: str, route: str = "", headers: tuple = (), **head) -> Call:
    plan = Plan(route, tuple(Target(*target.split("/", 1)) for target in targets))
    shown = ((b"authorization", b"Bearer " + key.encode()), *headers)
    inbound = Inbound(operation=Operation.CHAT, body=b"{}", headers=shown, received_ns=0, started=0)
    return Call(inbound=inbound, head=RequestHead(model="m", **head), plan=plan, providers={})


@pytest.fixture
def service(metadata_any) -> KeyService:
    return KeyService(metadata_any)


async def test_a_key_is_shown_once_and_its_text_is_nowhere_in_the_database(service, metadata_any):
    made = await service.create(NewKey(name="ci", team="search"))
    stored = str(await metadata_any.read(lambda connection: connection.execute(select(virtual_keys)).all()))
    assert made.key not in stored
    assert made.key.startswith(made.about.prefix)
    assert made.key not in repr(await service.list())
    assert service.index.find(made.key.encode()) == made.about


async def test_a_new_process_knows_the_keys_of_the_one_before(service, metadata_any):
    made = await service.create(NewKey(name="ci", models=("openai/*",), expires_at=datetime(2099, 1, 1, tzinfo=UTC)))
    other = KeyService(metadata_any)
    await other.load()
    assert other.index.find(made.key.encode()) == made.about


async def test_a_name_is_taken_until_its_key_is_revoked(service):
    first = await service.create(NewKey(name="ci"))
    with pytest.raises(KeyNameTaken):
        await service.create(NewKey(name="ci"))
    await service.revoke("ci")
    second = await service.create(NewKey(name="ci"))
    states = [(key.id, key.state(datetime.now(UTC))) for key in (await service.list()).keys]
    assert states == [(second.about.id, "active"), (first.about.id, "revoked")]


async def test_what_does_not_exist_or_has_ended_before_it_began_is_an_error(service):
    with pytest.raises(KeyNotFound):
        await service.revoke("nobody")
    with pytest.raises(KeyInvalid):
        await service.create(NewKey(name="late", expires_at=datetime.now(UTC) - timedelta(seconds=1)))


async def test_a_model_without_its_provider_is_refused_as_a_key_would_open_nothing_by_it(service):
    with pytest.raises(KeyInvalid, match="'gpt-4o'") as caught:
        await service.create(NewKey(name="ci", models=("openai/*", "gpt-4o")))
    assert "openai/gpt-4o" in caught.value.hint
    assert (await service.list()).keys == []


@pytest.mark.parametrize(
    ("scope", "asked", "opens"),
    [
        ({}, {"targets": ["openai/gpt-4o"]}, True),
        ({"routes": ("chat",)}, {"targets": ["openai/gpt-4o"], "route": "chat"}, True),
        ({"routes": ("chat",)}, {"targets": ["openai/gpt-4o"]}, False),
        ({"routes": ("chat",)}, {"targets": ["openai/gpt-4o"], "route": "other"}, False),
        ({"models": ("openai/gpt-4o*",)}, {"targets": ["openai/gpt-4o-mini"]}, True),
        ({"models": ("openai/gpt-4o*",)}, {"targets": ["anthropic/claude"]}, False),
        ({"models": ("openai/*",)}, {"targets": ["openai/gpt-4o", "anthropic/claude"], "route": "chat"}, False),
        ({"models": ("openai/*",)}, {"targets": ["openai/gpt-4o"], "route": "chat"}, True),
        ({"routes": ("chat",), "models": ("openai/*",)}, {"targets": ["openai/gpt-4o"]}, True),
        ({"routes": ("chat",), "models": ("openai/*",)}, {"targets": ["openai/gpt-4o"], "route": "other"}, False),
    ],
)
async def test_a_key_opens_its_routes_and_models_and_nothing_else(service, scope, asked, opens):
    made = await service.create(NewKey(name="scoped", **scope))
    request = call(made.key, *asked["targets"], route=asked.get("route", ""))
    if opens:
        assert KeyPolicy(service.index).admit(request) is None
    else:
        with pytest.raises(KeyNotAllowed, match="'scoped' does not open"):
            KeyPolicy(service.index).admit(request)


async def test_the_span_says_whose_request_it_was_and_never_the_key(service):
    made = await service.create(NewKey(name="ci", team="search", user="ada"))
    request = call(made.key, "fake/echo", user="somebody else")
    KeyPolicy(service.index).admit(request)
    assert request.attributes == {
        "tidegate.key.id": made.about.id,
        "tidegate.key.name": "ci",
        "tidegate.team": "search",
        "user.id": "ada",
    }
    assert (request.caller.key, request.caller.team, request.caller.user) == (made.about, "search", "ada")


async def test_the_user_is_the_keys_or_the_headers_or_the_bodys(service):
    made = await service.create(NewKey(name="shared"))
    header = ((b"x-tidegate-user-id", b"bo"),)
    asked = [
        call(made.key, "fake/echo", headers=header, user="cy"),
        call(made.key, "fake/echo", user="cy"),
        call(made.key, "fake/echo", metadata={"user_id": "di"}),
        call("unknown", "fake/echo"),
    ]
    for each in asked:
        KeyPolicy(service.index).admit(each)
    assert [each.caller.user for each in asked] == ["bo", "cy", "di", ""]


async def test_a_key_that_is_over_is_refused_by_name(service):
    made = await service.create(NewKey(name="ci"))
    await service.set_disabled("ci", disabled=True)
    with pytest.raises(Unauthenticated, match="is disabled"):
        KeyPolicy(service.index).admit(call(made.key, "fake/echo"))
    await service.set_disabled("ci", disabled=False)
    assert KeyPolicy(service.index).admit(call(made.key, "fake/echo")) is None
    await service.revoke(made.about.id)
    with pytest.raises(Unauthenticated, match="is revoked"):
        KeyPolicy(service.index).admit(call(made.key, "fake/echo"))
