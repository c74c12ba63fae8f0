"""Tokens: fetched once, renewed in time, and never told."""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from config.secrets import Secret
from gateway.accounts.aws import AwsIdentity
from gateway.accounts.entra import EntraApplication
from gateway.accounts.google import GoogleIdentity
from gateway.accounts.tokens import BearerToken, Token
from gateway.errors import Misconfigured, UpstreamUnreachable
from tests.cloud import Said, Sent, scripted_cloud

CANARY = "canary-9c1e"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Fetching:
    """Gives a new token each time, after a moment; fails when told to."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.count, self.fails = clock, 0, False

    async def __call__(self) -> Token:
        self.count += 1
        count = self.count
        await asyncio.sleep(0.01)
        if self.fails:
            raise UpstreamUnreachable("the authority is away")
        return Token(f"token-{count}", self.clock.now + 3600)


async def test_many_who_wait_share_one_token_and_one_who_leaves_takes_nothing_away():
    clock = Clock()
    fetching = Fetching(clock)
    account = BearerToken(fetching, clock)
    tasks = [asyncio.create_task(account.value()) for _ in range(20)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    done, _ = await asyncio.wait(tasks)
    assert {task.result() for task in done if not task.cancelled()} == {"token-1"}
    assert (fetching.count, tasks[0].cancelled()) == (1, True)


async def test_a_token_is_renewed_behind_those_who_ask_and_an_old_one_is_never_sent():
    clock = Clock()
    fetching = Fetching(clock)
    account = BearerToken(fetching, clock)
    assert await account.value() == "token-1"
    clock.now += 3400
    assert await account.value() == "token-1"
    await asyncio.sleep(0.05)
    assert await account.value() == "token-2"
    clock.now += 3595
    assert await account.value() == "token-3"


async def test_an_authority_that_is_away_costs_nothing_while_the_token_is_good():
    clock = Clock()
    fetching = Fetching(clock)
    account = BearerToken(fetching, clock)
    await account.value()
    fetching.fails = True
    clock.now += 3400
    assert await account.value() == "token-1"
    await asyncio.sleep(0.05)
    clock.now += 190
    with pytest.raises(UpstreamUnreachable):
        await account.value()
    fetching.fails = False
    assert (await account.value()).startswith("token-")


def test_a_token_has_no_readable_form():
    assert CANARY not in repr(Token(CANARY, 1))


async def test_entra_gives_a_token_for_the_applications_secret():
    def authority(sent: Sent) -> Said:
        form = {name: values[0] for name, values in parse_qs(sent.body.decode()).items()}
        assert sent.target == "/tenant/oauth2/v2.0/token"
        assert form == {"grant_type": "client_credentials", "client_id": "app", "client_secret": CANARY, "scope": "scope/.default"}
        return Said(pieces=(json.dumps({"access_token": "granted", "expires_in": 3599, "token_type": "Bearer"}).encode(),))

    async with scripted_cloud(authority) as cloud:
        token = await EntraApplication("az", "tenant", "app", Secret(CANARY), "scope/.default", cloud.url).fetch()
    assert token.value == "granted"


async def test_what_entra_refuses_is_told_without_the_secret():
    async with scripted_cloud(lambda sent: Said(401, (sent.body,))) as cloud:
        with pytest.raises(UpstreamUnreachable) as caught:
            await EntraApplication("az", "tenant", "app", Secret(CANARY), "s", cloud.url).fetch()
    assert "answered 401" in caught.value.message
    assert CANARY not in caught.value.message


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def service_account(private: rsa.RSAPrivateKey, token_uri: str) -> str:
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    email = "robot@project-7.iam.example"
    return json.dumps(
        {"type": "service_account", "project_id": "project-7", "private_key": pem, "client_email": email, "token_uri": token_uri}
    )


def padded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("form", ["json", "file"])
async def test_google_gives_a_token_for_a_signed_assertion(private: rsa.RSAPrivateKey, tmp_path: Path, form: str):
    def authority(sent: Sent) -> Said:
        assertion = parse_qs(sent.body.decode())["assertion"][0]
        signed, _, signature = assertion.rpartition(".")
        private.public_key().verify(padded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        claims = json.loads(padded(signed.split(".")[1]))
        assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
        return Said(pieces=(json.dumps({"access_token": "granted", "expires_in": 3600}).encode(),))

    async with scripted_cloud(authority) as cloud:
        text = service_account(private, cloud.url)
        if form == "file":
            (tmp_path / "key.json").write_text(text)
            text = str(tmp_path / "key.json")
        identity = GoogleIdentity("vx", Secret(text))
        assert identity.project == "project-7"
        assert (await identity.fetch()).value == "granted"


def test_credentials_that_are_no_key_are_refused_without_being_quoted():
    with pytest.raises(Misconfigured) as caught:
        GoogleIdentity("vx", Secret(f"/nowhere/{CANARY}"))
    assert CANARY not in str(caught.value)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, dict[str, str]], AwsIdentity]:
    """An identity of a machine that has this configuration of AWS's and this environment."""

    def made(profiles: str, env: dict[str, str]) -> AwsIdentity:
        (tmp_path / "aws").write_text(profiles)
        for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        files = {"AWS_CONFIG_FILE": str(tmp_path / "aws"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")}
        for name, value in {"AWS_EC2_METADATA_DISABLED": "true", **files, **env}.items():
            monkeypatch.setenv(name, value)
        return AwsIdentity("aws", "bedrock", "eu-west-1", None, None, None)

    return made


PROFILE = "[profile tides]\naws_access_key_id = AKIDTIDES\naws_secret_access_key = s\n"
ROLE = f"{PROFILE}[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = tides\nregion = eu-west-1\n"


@pytest.mark.parametrize(
    ("env", "key"), [({"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s"}, "AKIDENV"), ({"AWS_PROFILE": "tides"}, "AKIDTIDES")]
)
async def test_a_machine_signs_with_the_key_of_its_environment_or_of_its_profile(machine, env: dict[str, str], key: str):
    proof = dict(await machine(PROFILE, env).headers("https://bedrock.example/model/m/converse", "application/json", b"{}"))
    assert f"Credential={key}/" in proof["authorization"]


@pytest.mark.parametrize("profile", ["role", "nowhere", ""])
async def test_a_machine_without_credentials_or_with_a_role_that_is_refused_says_so_and_tells_no_secret(machine, profile: str):
    refused = f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>{CANARY}</Message></Error></ErrorResponse>"
    async with scripted_cloud(lambda _: Said(403, (refused.encode(),), "text/xml")) as cloud:
        identity = machine(ROLE, {"AWS_ENDPOINT_URL_STS": cloud.url} | ({"AWS_PROFILE": profile} if profile else {}))
        with pytest.raises(UpstreamUnreachable, match="The provider 'aws' has no AWS") as caught:
            await identity.headers("https://bedrock.example/model/m/converse", "application/json", b"{}")
    assert CANARY not in caught.value.message


async def test_a_token_that_is_refused_is_replaced_once_and_not_for_ever():
    clock = Clock()
    fetching = Fetching(clock)
    account = BearerToken(fetching, clock)
    first = await account.headers("", "", b"")
    assert (account.refused(first), await account.value()) == (True, "token-2")
    assert account.refused(first), "that one was replaced already"
    assert not account.refused(await account.headers("", "", b"")), "its successor is no better"
    clock.now += 60
    assert account.refused(await account.headers("", "", b""))
