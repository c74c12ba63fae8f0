"""Every method of the vendors' SDKs is answered here, or is in this file with the reason why not, and then refused in words that say what there is."""

import re
from unittest.mock import MagicMock

import anthropic
import openai
import pytest
from litestar import Litestar
from litestar.exceptions import MethodNotAllowedException, NotFoundException

from gateway.surfaces.resources import METHODS
from server.gateway_app import gateway_routers
from tests.clients.conftest import Resources
from tests.clients.sdk_methods import requests_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

OWNERS = "is the account's administration, for its owner's key and not for whoever has one of ours"
STAYS_OPEN = "leads to a connection that stays open (WebSocket, WebRTC, SIP), which does not go through here"
OPENAIS = {
    r"admin\..*": OWNERS,
    r"webhooks\.(?!unwrap|verify).*": OWNERS,
    r"safety\..*": OWNERS,
    r"models\.delete": "takes a model from all who use the account",
    r"(beta\.)?realtime\..*": STAYS_OPEN,
    r"live\..*": STAYS_OPEN,
}
ANTHROPICS = {
    r"(beta\.)?(organization|admin).*": OWNERS,
    r"(beta\.)?tunnels\..*": OWNERS,
}
LOCAL = {
    "beta.agents.environments.files.prepare": "reads files",
    "beta.agents.environments.files.prepare_directory": "reads files",
    "beta.agents.sessions.artifacts.for_result": "asks by an answer it was given",
    "responses.stream": "is create, or retrieve of the response it is given",
    "uploads.upload_file_chunked": "is uploads.create, parts.create and complete",
    "webhooks.unwrap": "checks a signature",
    "webhooks.verify_signature": "checks a signature",
    "beta.webhooks.unwrap": "checks a signature",
    "beta.webhooks.parse_unverified": "reads what it is given",
    "beta.messages.thread": "keeps a conversation",
    "beta.messages.tool_runner": "is messages.create, again and again",
}


@pytest.fixture(scope="module")
def app() -> Litestar:
    return Litestar(gateway_routers(MagicMock(), MagicMock(), MagicMock(), 1_000_000), openapi_config=None)


def answered(app: Litestar, method: str, path: str) -> bool:
    try:
        _, handler, *_ = app.asgi_router.handle_routing(path=path, method=method)
    except (NotFoundException, MethodNotAllowedException):
        return False
    return method in METHODS and handler is not None


@pytest.mark.parametrize(
    ("client", "prefix", "excepted"),
    [
        (openai.OpenAI(api_key="k", admin_api_key="k", base_url="http://h.invalid"), "/v1", OPENAIS),
        (anthropic.Anthropic(api_key="k", base_url="http://h.invalid"), "", ANTHROPICS),
        (anthropic.Anthropic(api_key="k", base_url="http://h.invalid"), "/anthropic", ANTHROPICS),
    ],
)
def test_every_method_of_an_sdk_is_answered_or_excepted_with_a_reason(app: Litestar, client, prefix: str, excepted: dict[str, str]):
    requests = requests_of(client)
    assert len(requests) > 100
    unasked = {
        name: told for name, told in requests.items() if isinstance(told, str) and name not in LOCAL and not _excepted(name, excepted)
    }
    assert unasked == {}, "call these in sdk_methods.py, or say in LOCAL why they ask for nothing"
    asked = {name: told for name, told in requests.items() if not isinstance(told, str)}
    missing = {name: told for name, told in asked.items() if not _excepted(name, excepted) and not answered(app, told[0], prefix + told[1])}
    assert missing == {}
    needless = [pattern for pattern in excepted if not any(re.fullmatch(pattern, name) for name in requests)]
    assert needless == [] or prefix == "/anthropic"
    there = [name for name, told in asked.items() if _excepted(name, excepted) and answered(app, told[0], prefix + told[1])]
    assert there == [], "these are answered: take them out of the exceptions"


def _excepted(name: str, excepted: dict[str, str]) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in excepted)


@pytest.mark.asyncio(loop_scope="package")
async def test_what_is_not_here_is_refused_in_the_clients_words_that_say_what_is(resources: Resources):
    ours = openai.AsyncOpenAI(base_url=f"{resources.server.url}/v1", api_key="k", admin_api_key="k")
    for asking in (ours.admin.organization.projects.list(), ours.realtime.client_secrets.create(), ours.webhooks.list()):
        with pytest.raises(openai.NotFoundError, match=r"/v1/responses.*/passthrough/PROVIDER") as refused:
            await asking
        assert refused.value.type == "invalid_request_error"
    with pytest.raises(openai.APIStatusError, match="DELETE is not answered") as denied:
        await ours.models.delete("ft:x")
    assert denied.value.status_code == 405
    for url in (resources.server.url, f"{resources.server.url}/anthropic"):
        with pytest.raises(anthropic.NotFoundError, match=r"/v1/messages.*/passthrough/PROVIDER") as unfound:
            await anthropic.AsyncAnthropic(base_url=url, api_key="k").beta.tunnels.list()
        assert unfound.value.body["error"]["type"] == "not_found_error"
