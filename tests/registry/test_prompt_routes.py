import pytest
from litestar.testing import AsyncTestClient, create_async_test_client

from registry.prompts.routes import router
from registry.prompts.service import PromptService

PROMPTS = "/api/v1/prompts"


@pytest.fixture
async def client(metadata_any):
    async with create_async_test_client(router(PromptService(metadata_any))) as made:
        yield made


async def registered(client: AsyncTestClient, **body):
    answer = await client.post(PROMPTS, json={"name": "support", "template": "Help {{ who }}", "aliases": ["production"], **body})
    assert answer.status_code == 201
    return answer.json()


async def test_a_registered_prompt_is_read_back_by_number_alias_and_latest(client):
    made = await registered(client, commit_message="start", tags={"team": "a"}, model="fake/echo")
    assert (made["version"], made["kind"], made["variables"], made["model"]) == (1, "text", ["who"], "fake/echo")
    for selector in ("1", "production", "latest"):
        assert (await client.get(f"{PROMPTS}/support/versions/{selector}")).json() == made
    detail = (await client.get(f"{PROMPTS}/support")).json()
    assert (detail["prompt"]["aliases"], detail["versions"]) == ({"production": 1}, [made])
    assert [each["name"] for each in (await client.get(PROMPTS)).json()["prompts"]] == ["support"]


async def test_a_chat_prompt_is_rendered(client):
    await registered(client, name="chat", template=None, messages=[{"role": "system", "content": "Be {{ tone }}"}])
    answer = await client.post(f"{PROMPTS}/chat/render", json={"version": "production", "variables": {"tone": "brief"}})
    assert answer.json() == {"name": "chat", "version": 1, "model": None, "messages": [{"role": "system", "content": "Be brief"}]}


async def test_an_alias_is_set_moved_and_deleted(client):
    await registered(client)
    await registered(client, aliases=[])
    moved = await client.put(f"{PROMPTS}/support/aliases/production", json={"version": 2})
    assert (moved.status_code, moved.json()["version"], moved.json()["aliases"]) == (200, 2, ["production"])
    assert (await client.delete(f"{PROMPTS}/support/aliases/production")).status_code == 204
    assert (await client.delete(f"{PROMPTS}/support/aliases/production")).status_code == 404


async def test_an_unchanged_read_is_not_sent_again(client):
    await registered(client)
    path = f"{PROMPTS}/support/versions/latest"
    first = await client.get(path)
    again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await registered(client)
    assert (await client.get(path, headers={"if-none-match": first.headers["etag"]})).json()["version"] == 2


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "said"),
    [
        ("POST", "", {"name": "a b", "template": "x"}, 400, "prompt_name_invalid", "'a b'"),
        ("POST", "", {"name": "a", "template": "{{ a-b }}"}, 400, "prompt_template_invalid", "{{ a-b }}"),
        ("POST", "", {"name": "a", "template": "x", "aliases": ["v2"]}, 400, "prompt_alias_invalid", "'v2'"),
        ("POST", "", {"name": "a", "templat": "x"}, 400, "request_invalid", "templat"),
        ("POST", "", {"template": "x"}, 400, "request_invalid", "name"),
        ("POST", "", {"name": "a", "messages": [{"role": "robot", "content": "x"}]}, 400, "request_invalid", "robot"),
        ("POST", "", "nonsense", 400, "request_invalid", "object"),
        ("GET", "?limit=0", None, 400, "request_invalid", "limit"),
        ("GET", "/support/versions/9", None, 404, "prompt_version_not_found", "no version 9"),
        ("GET", "/support/versions/staging", None, 404, "prompt_alias_not_found", "'staging'"),
        ("GET", "/other", None, 404, "prompt_not_found", "'other'"),
        ("GET", "/other/versions/latest", None, 404, "prompt_not_found", "'other'"),
        ("PUT", "/support/aliases/latest", {"version": 1}, 400, "prompt_alias_invalid", "'latest'"),
        ("PUT", "/support/aliases/x", {"version": 7}, 404, "prompt_version_not_found", "no version 7"),
        ("PUT", "/support/aliases/x", {"version": 10**30}, 404, "prompt_version_not_found", "no version 1000"),
        ("POST", "/support/render", {"version": -1}, 404, "prompt_version_not_found", "no version -1"),
        ("GET", "/support/versions/a%00b", None, 404, "prompt_alias_not_found", "no alias"),
        ("POST", "", {"name": "a", "template": "a\0b"}, 400, "prompt_invalid", "NUL"),
        ("POST", "/support/render", {"variables": {"whom": "x"}}, 400, "prompt_variables_rejected", "'who'"),
        ("POST", "/support/render", {"variables": {"who": None}}, 400, "prompt_variables_rejected", "'who'"),
    ],
)
async def test_a_bad_request_is_told_what_was_wrong_and_how_to_fix_it(client, method, path, body, status, code, said):
    await registered(client)
    answer = await client.request(method, PROMPTS + path, json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert said in error["message"]
    assert error["hint"]
