"""Pages and our own API look into one workspace, the chosen one, and what is elsewhere is as if it were not there."""

import io
import re
import tarfile
from collections.abc import Iterator

import pytest

from server.cli import run
from tests.server.people import ADMIN, KEY, Person, grant, numbers
from tests.server.test_workspace_walls import enter
from tests.server.test_workspaces import PATH, inside


@pytest.fixture(scope="module")
def divided(users_server) -> Iterator[tuple[Person, Person, str]]:
    """The admin in the default workspace and in another one, and its name."""
    admin, name = Person(users_server, ADMIN), f"apart-{next(numbers)}"
    admin.call("POST", PATH, name=name).raise_for_status()
    yield admin, inside(admin, name), name
    admin.http.delete(f"{PATH}/{name}", params={"mode": "CASCADE"}).raise_for_status()


def spans(person: Person, experiment: str) -> str:
    """A trace in an experiment, and its id."""
    trace_id, times = f"{next(numbers):032x}", {"startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000000100000000"}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": trace_id, "spanId": "0000000000000001", "name": "s", **times}]}]}]}
    person.http.post("/v1/traces", json=body, headers={"x-mlflow-experiment-id": experiment}).raise_for_status()
    return trace_id


def uploaded(text: bytes) -> bytes:
    """A skill of one file."""
    held, member = io.BytesIO(), tarfile.TarInfo("SKILL.md")
    member.size = len(text)
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        tar.addfile(member, io.BytesIO(text))
    return held.getvalue()


def names(answer: dict, of: str) -> set[str]:
    return {each["name"] for each in answer[of]}


def test_a_prompt_of_a_workspace_is_found_there_alone_under_its_plain_name(divided):
    admin, team, workspace = divided
    name = f"greeting{next(numbers)}"
    for where, text in ((admin, "Hello"), (team, "Ahoy {{ you }}")):
        assert where.post("/api/v1/prompts", name=name, template=text)["name"] == name
        shown = where.get(f"/api/v1/prompts/{name}/versions/1")
        assert (shown["name"], shown["template"]) == (name, text)
        assert name in names(where.get("/api/v1/prompts"), "prompts")
    assert team.get("/api/v1/prompts")["prompts"][-1]["name"] == name
    moved = team.call("PUT", f"/api/v1/prompts/{name}/aliases/live", version=1)
    assert moved.json()["name"] == name and not admin.get(f"/api/v1/prompts/{name}/versions/1")["aliases"]
    assert team.post(f"/api/v1/prompts/{name}/render", version="live", variables={"you": "Ada"})["name"] == name
    assert [each["alias"] for each in team.get("/api/v1/moves", name=name)["moves"]] == ["live"]
    assert not admin.get("/api/v1/moves", name=name)["moves"] and name in names(team.get("/api/v1/moves"), "moves")
    missing = team.call("GET", f"/api/v1/prompts/no{name}")
    assert missing.status_code == 404 and workspace not in missing.text
    assert admin.status("GET", f"/api/v1/prompts/{workspace}%2F{name}") in {400, 404}
    assert admin.get(f"/api/v1/prompts/{name}/versions/1", workspace=workspace)["template"] == "Ahoy {{ you }}"


def test_pages_of_prompts_come_page_by_page_in_a_workspace_too(divided):
    _, team, _ = divided
    made = sorted(f"page{next(numbers)}" for _ in range(3))
    for each in made:
        team.post("/api/v1/prompts", name=each, template="x")
    found, cursor = [], ""
    while True:
        answer = team.get("/api/v1/prompts", limit=2, cursor=cursor)
        found += [each["name"] for each in answer["prompts"]]
        if not (cursor := answer.get("next_cursor") or ""):
            break
    assert found == sorted(found) and set(made) <= set(found)


def test_a_model_of_a_workspace_is_found_there_alone_with_its_lineage(divided):
    admin, team, workspace = divided
    name = f"ranker{next(numbers)}"
    experiment = team.experiment()
    run = team.post("runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    team.post("registered-models/create", name=name)
    team.post("model-versions/create", name=name, source="s3://b/theirs", run_id=run)
    assert name in names(team.get("/api/v1/models"), "models") and name not in names(admin.get("/api/v1/models"), "models")
    assert name in names(team.get("/api/v1/models", filter=f"name = '{name}'"), "models")
    set_ = team.call("PUT", f"/api/v1/models/{name}/aliases/champion", version=1, reason="best")
    assert set_.status_code == 200 and set_.json()["name"] == name, set_.text
    assert team.get(f"/api/v1/models/{name}")["versions"][0]["name"] == name
    assert admin.status("GET", f"/api/v1/models/{name}") == 404 == admin.status("GET", f"/api/v1/models/{name}/versions/1")
    graph = team.get("/api/v1/lineage", of=f"model_version:{name}/1")
    assert {each["ref"] for each in graph["nodes"]} == {f"model_version:{name}/1", f"run:{run}"} and len(graph["edges"]) == 1
    assert workspace not in str(graph)
    assert (
        admin.status("GET", "/api/v1/lineage", of=f"run:{run}")
        == 404
        == admin.status("GET", "/api/v1/lineage", of=f"model_version:{name}/1")
    )
    assert admin.status("GET", "/api/v1/lineage", of=f"model_version:{workspace}/{name}/1") == 404


def test_traces_are_those_of_the_workspace(divided, make_person):
    admin, team, workspace = divided
    experiment = team.experiment()
    ours, theirs = spans(admin, admin.experiment()), spans(team, experiment)
    for where, seen, hidden in ((admin, ours, theirs), (team, theirs, ours)):
        assert where.status("GET", f"/api/v1/traces/{seen}") == 200, seen
        found = {each["trace_id"] for each in where.get("/api/v1/traces", limit=1000)["traces"]}
        assert seen in found and hidden not in found
        feedback = {"name": "right", "value": True}
        assert where.status("POST", f"/api/v1/traces/{seen}/assessments", **feedback) == 201
        assert where.status("POST", f"/api/v1/traces/{hidden}/assessments", **feedback) == 404
        assert where.status("GET", f"/api/v1/traces/{hidden}") == 404 == where.status("GET", f"/traces/{hidden}")
        assert where.http.post(f"/ui/traces/{hidden}/feedback", data={"verdict": "yes"}).status_code == 404
        page = where.http.get("/traces").text
        assert f"/traces/{seen}" in page and hidden not in page
    bob = make_person("viewer")
    there = enter(admin, bob, workspace, "viewer")
    assert there.status("GET", f"/api/v1/traces/{theirs}") == 200 and bob.status("GET", f"/api/v1/traces/{theirs}") == 404
    grant(admin, bob, "experiment", experiment, "DENY")
    assert there.status("GET", f"/api/v1/traces/{theirs}") == 404


def test_nobody_looks_into_a_workspace_without_a_role_there(divided, make_person):
    _, _, workspace = divided
    eve = make_person("editor")
    for path in ("/api/v1/prompts", "/api/v1/models", "/api/v1/traces", "/api/v1/usage", "/api/v1/lineage?of=run:x"):
        refused = inside(eve, workspace).call("GET", path)
        assert refused.status_code == 403 and refused.json()["error"]["code"] == "permission_denied", path
        assert inside(eve, "nowhere").status("GET", path) == 404
    for page in ("/prompts", "/models", "/traces", "/"):
        assert eve.http.get(page, params={"workspace": workspace}).status_code == 403, page
    assert f"workspace={workspace}" not in eve.http.get("/traces").text


def test_a_page_leads_to_the_other_workspaces_and_remembers_the_chosen_one(divided):
    admin, team, workspace = divided
    name = f"kept{next(numbers)}"
    team.post("/api/v1/prompts", name=name, template="x")
    browser = Person.__new__(Person)
    browser.name, browser.http = admin.name, admin.http.__class__(base_url=admin.http.base_url, auth=admin.http.auth, timeout=30)
    assert f'href="/prompts?workspace={workspace}"' in browser.http.get("/prompts").text
    assert browser.http.get(f"/prompts/{name}").status_code == 404
    assert browser.http.get("/prompts", params={"workspace": workspace}).status_code == 200
    assert browser.http.get(f"/prompts/{name}").status_code == 200
    assert workspace in browser.http.get(f"/prompts/no{name}").text
    assert f'href="/prompts/{name}"' not in browser.http.get("/prompts", params={"workspace": "default"}).text


def test_the_command_line_reads_and_moves_what_is_in_the_workspace_that_is_named(divided, users_server, monkeypatch, capsys):
    admin, team, workspace = divided
    name = f"spoken{next(numbers)}"
    for where, text in ((admin, "Hello"), (team, "Ahoy")):
        where.post("/api/v1/prompts", name=name, template=text)
    monkeypatch.setenv("TIDEGATE_URL", users_server.url)
    monkeypatch.setenv("TIDEGATE_API_KEY", KEY)

    def said(*arguments: str) -> str:
        assert run(list(arguments)) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    assert "Ahoy" in said("prompts", "show", name, "--workspace", workspace)
    assert "Hello" in said("prompts", "show", name)
    said("prompts", "alias", name, "live", "1", "--workspace", workspace)
    assert not admin.get(f"/api/v1/prompts/{name}/versions/1")["aliases"]
    monkeypatch.setenv("TIDEGATE_WORKSPACE", workspace)
    assert "Ahoy" in said("prompts", "show", name, "live")
    assert [run(["models", "list", "--workspace", each]) for each in ("nowhere", "Team Ä")] == [2, 2]
    told = capsys.readouterr().err
    assert "nowhere" in told and "no name of a workspace" in told


def test_mcp_servers_and_skills_of_a_workspace_have_pages_there_alone(divided):
    admin, team, workspace = divided
    slug, root = f"s{next(numbers)}", "/api/3.0/mlflow"
    server_json = {"name": f"com.example/{slug}", "version": "1.0.0"}
    team.post(f"{root}/mcp-servers/com.example/{slug}/versions", server_json=server_json, status="active")
    form = {"metadata": (None, "{}", "application/json"), "content": ("c", uploaded(b"# Theirs"))}
    team.http.post(f"{root}/skills/{slug}/versions", files=form).raise_for_status()
    for path in (f"/mcp-servers/com.example/{slug}", f"/skills/{slug}"):
        assert slug in team.http.get(f"/{path.split('/')[1]}").text and slug not in admin.http.get(f"/{path.split('/')[1]}").text
        assert team.http.get(path).status_code == 200 and admin.http.get(path).status_code == 404
    shown = team.http.get(f"/skills/{slug}", params={"file": "SKILL.md"}).text
    assert "# Theirs" in shown
    saved = re.search(r'href="(/api/2.0/mlflow-artifacts/[^"]+)"', shown)
    assert saved and team.http.get(saved[1]).content == b"# Theirs" and workspace in saved[1]
