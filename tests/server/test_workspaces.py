"""Workspaces divide a server: a name means something else in each, and what is in one is not found in others."""

import io
import tarfile
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from server.cli import cli
from tests.server.people import KEY, Person, grant, numbers

PATH = "/api/3.0/mlflow/workspaces"


def inside(person: Person, workspace: str) -> Person:
    """The same person in a workspace."""
    there = Person.__new__(Person)
    there.name, there.http = person.name, person.http.__class__(base_url=person.http.base_url, auth=person.http.auth, timeout=30)
    there.http.headers["x-mlflow-workspace"] = workspace
    return there


@pytest.fixture
def workspace(admin: Person) -> Iterator[str]:
    name = f"team-{next(numbers)}"
    made = admin.call("POST", PATH, name=name, description="Ours")
    assert made.status_code == 201 and made.json()["workspace"] == {"name": name, "description": "Ours"}
    yield name
    if admin.status("GET", f"{PATH}/{name}") == 200:
        assert admin.http.delete(f"{PATH}/{name}", params={"mode": "CASCADE"}).status_code == 204


def test_a_name_means_something_else_in_each_workspace(admin, workspace):
    team = inside(admin, workspace)
    name = f"shared {next(numbers)}"
    experiments = {each.post("experiments/create", name=name)["experiment_id"] for each in (admin, team)}
    assert len(experiments) == 2
    assert {
        each.get("experiments/get-by-name", experiment_name=name)["experiment"]["experiment_id"] for each in (admin, team)
    } == experiments
    for where, source in ((admin, "s3://b/ours"), (team, "s3://b/theirs")):
        assert where.post("registered-models/create", name=name)["registered_model"]["name"] == name
        assert where.post("model-versions/create", name=name, source=source)["model_version"]["name"] == name
        where.post("registered-models/alias", name=name, alias="champion", version="1")
        pointed = where.get("registered-models/alias", name=name, alias="champion")["model_version"]
        assert (pointed["name"], pointed["source"]) == (name, source)
        for asked in ({}, {"filter": f"name = '{name}'"}, {"filter": "name LIKE 'shared%'"}):
            assert name in [each["name"] for each in where.get("registered-models/search", **asked)["registered_models"]]
        assert [each["source"] for each in where.get("model-versions/search", filter=f"name='{name}'")["model_versions"]] == [source]
    assert not [each for each in team.get("registered-models/search")["registered_models"] if each["name"] != name]
    copied = team.post("model-versions/create", name=name, source=f"models:/{name}@champion")["model_version"]
    assert copied["source"] == f"models:/{name}/1"
    assert admin.status("GET", "registered-models/get", name=f"{workspace}/{name}") == 400


def test_what_is_elsewhere_is_not_found(admin, workspace):
    team = inside(admin, workspace)
    ours, theirs = admin.experiment(), team.experiment()
    run = team.post("runs/create", experiment_id=theirs)["run"]["info"]["run_id"]
    model = team.post("logged-models", experiment_id=theirs)["model"]["info"]["model_id"]
    for path, fields, sentence in (
        ("experiments/get", {"experiment_id": theirs}, f"No Experiment with id={theirs} exists"),
        ("runs/get", {"run_id": run}, f"Run with id={run} not found"),
        ("metrics/get-history", {"run_id": run, "metric_key": "m"}, f"Run with id={run} not found"),
        (f"logged-models/{model}", {}, f"Logged model with ID '{model}' not found."),
    ):
        missing = admin.call("GET", path, **fields)
        assert (missing.status_code, missing.json()["message"]) == (404, sentence) and team.status("GET", path, **fields) == 200
    assert admin.status("POST", "runs/set-tag", run_id=run, key="a", value="b") == 404
    assert team.status("POST", "runs/create", experiment_id=ours) == 404
    assert admin.post("runs/search", experiment_ids=[theirs]) == {} == admin.post("logged-models/search", experiment_ids=[theirs])
    assert len(team.post("runs/search", experiment_ids=[ours, theirs])["runs"]) == 1
    listed = {each["experiment_id"] for each in admin.post("experiments/search", max_results=1000)["experiments"]}
    assert ours in listed and theirs not in listed
    assert [each["experiment_id"] for each in team.post("experiments/search", max_results=1000)["experiments"]] == [theirs]
    nowhere = inside(admin, "nowhere").call("POST", "experiments/search", max_results=1)
    assert (nowhere.status_code, nowhere.json()["message"]) == (404, "Workspace 'nowhere' not found")
    assert inside(admin, "../x").status("GET", "experiments/get", experiment_id="0") == 400
    archived = admin.call("POST", PATH, name="archived", trace_archival_config={"retention": "1d"})
    assert archived.status_code == 400 and "trace_archival_config" in archived.json()["message"]
    assert inside(admin, "nowhere").status("GET", "/api/3.0/mlflow/server-info") == 200


def test_who_has_no_role_in_a_workspace_does_not_enter_it_and_a_role_opens_that_one_alone(admin, make_person, workspace):
    ada, bob = make_person("editor"), make_person()
    roles = {each["name"]: each["id"] for each in admin.get("/api/3.0/mlflow/roles/list", workspace=workspace)["roles"]}
    assert set(roles) == {"viewer", "editor", "admin"}
    assert inside(ada, workspace).status("POST", "experiments/create", name="mine") == 403
    assert workspace not in {each["name"] for each in ada.get(PATH)["workspaces"]} and ada.status("GET", f"{PATH}/{workspace}") == 403
    theirs = inside(admin, workspace).experiment()
    run = inside(admin, workspace).post("runs/create", experiment_id=theirs)["run"]["info"]["run_id"]
    file = f"/api/2.0/mlflow-artifacts/artifacts/{theirs}/{run}/artifacts/f.txt"
    assert admin.http.put(file, content=b"x").status_code == 200
    for detour in (file, f"/get-artifact?run_id={run}&path=f.txt"):
        assert ada.http.get(detour).status_code == 403 == bob.http.get(detour).status_code, detour
    admin.post("/api/3.0/mlflow/roles/assign", username=bob.name, role_id=roles["viewer"])
    assert bob.http.get(file).text == "x" and bob.http.put(file, content=b"y").status_code == 403
    there = inside(bob, workspace)
    assert workspace in {each["name"] for each in bob.get(PATH)["workspaces"]}
    assert there.status("GET", "experiments/get", experiment_id=theirs) == 200
    assert there.status("POST", "runs/create", experiment_id=theirs) == 403 == there.status("POST", "experiments/create", name="b")
    grant(admin, bob, "experiment", theirs, "EDIT")
    assert there.status("POST", "runs/create", experiment_id=theirs) == 200
    admin.post("/api/3.0/mlflow/roles/assign", username=ada.name, role_id=roles["admin"])
    manager = inside(ada, workspace)
    assert manager.status("POST", "experiments/delete", experiment_id=theirs) == 200
    for path, fields in (
        ("users/create", {"username": "x", "password": "long pass word"}),
        (PATH, {"name": "another"}),
        ("webhooks", {"name": "w"}),
    ):
        assert manager.call("POST", path, **fields).status_code in {400, 403}, path
    assert manager.status("POST", "users/create", username="x", password="long pass word") == 403
    eve = make_person("viewer")
    admin.post("/api/3.0/mlflow/roles/assign", username=eve.name, role_id=roles["editor"])
    assert inside(eve, workspace).experiment() and eve.status("POST", "experiments/create", name="no") == 403
    secret = {"secret_name": "s", "secret_value": {"api_key": "k"}, "provider": "openai"}
    assert inside(eve, workspace).status("POST", "/api/3.0/mlflow/gateway/secrets/create", **secret) == 403
    ours, name = admin.experiment(), f"granted {next(numbers)}"
    for where in (admin, manager):
        where.post("registered-models/create", name=name)
    for kind, thing in (("experiment", ours), ("experiment", "0"), ("scorer", f"{ours}/s"), ("gateway_secret", "s")):
        asked = {"username": ada.name, "resource_type": kind, "resource_id": thing, "permission": "MANAGE"}
        assert manager.status("POST", "/api/3.0/mlflow/users/permissions/grant", **asked) == 403, kind
    assert manager.status("POST", "experiments/permissions/create", experiment_id=ours, username=ada.name, permission="MANAGE") == 403
    grant(manager, bob, "registered_model", name, "EDIT")
    assert there.status("POST", "registered-models/set-tag", name=name, key="a", value="b") == 200
    assert bob.status("POST", "registered-models/set-tag", name=name, key="a", value="b") == 403
    for place in ("mlflow-artifacts:/", f"mlflow-artifacts:/{admin.experiment()}"):
        assert manager.status("POST", "experiments/create", name=f"at {place}", artifact_location=place) == 400
        assert bob.status("POST", "experiments/create", name=f"at {place}", artifact_location=place) == 403


def test_the_address_that_a_client_prints_opens_the_run_in_its_workspace(admin, make_person, workspace):
    ada, team = make_person("editor"), inside(admin, workspace)
    experiment = team.experiment()
    run = team.post("runs/create", experiment_id=experiment, run_name="far away")["run"]["info"]["run_id"]
    page = f"/experiments/{experiment}/runs/{run}"
    browser = Person.__new__(Person)
    browser.name, browser.http = admin.name, admin.http.__class__(base_url=admin.http.base_url, auth=admin.http.auth, follow_redirects=True)
    assert browser.http.get(page).status_code == 404
    opened = browser.http.get(page, params={"workspace": workspace})
    assert opened.status_code == 200 and "far away" in opened.text and f'?workspace={workspace}" aria-current' in opened.text
    link = f'href="/experiments/{experiment}"'
    assert link in browser.http.get("/experiments").text
    assert link not in browser.http.get("/experiments", params={"workspace": "default"}).text
    assert browser.http.get(page).status_code == 404
    assert ada.http.get(page, params={"workspace": workspace}, follow_redirects=True).status_code in {403, 404}
    nowhere = browser.http.get("/experiments", params={"workspace": "no\r\nx"})
    assert nowhere.status_code == 400 and "set-cookie" not in nowhere.headers


def test_the_command_line_gives_a_role_of_a_workspace(users_server, admin, make_person, workspace):
    ada = make_person()
    asked = ("users", "role", ada.name, f"{workspace}/viewer", "--url", users_server.url, "--api-key", KEY)
    assert CliRunner().invoke(cli, asked, standalone_mode=False).exit_code == 0
    assert inside(ada, workspace).status("POST", "experiments/search", max_results=1) == 200
    wrong = CliRunner().invoke(cli, [each.replace("viewer", "boss") for each in asked], standalone_mode=False).exception
    assert workspace in str(wrong) and "viewer" in wrong.hint


def test_a_workspace_goes_empty_or_with_all_or_into_the_default_one(admin, workspace):
    team, name = inside(admin, workspace), f"moved {next(numbers)}"
    experiment = team.post("experiments/create", name=name)["experiment_id"]
    team.post("registered-models/create", name=name)
    admin.post("registered-models/create", name=name)
    kept = admin.http.delete(f"{PATH}/{workspace}")
    assert kept.status_code == 400 and "still contains 1 resource" in kept.json()["message"]
    taken = admin.http.delete(f"{PATH}/{workspace}", params={"mode": "SET_DEFAULT"})
    assert (taken.status_code, taken.json()["error_code"]) == (400, "INVALID_STATE") and name in taken.json()["message"]
    admin.call("DELETE", "registered-models/delete", name=name)
    assert admin.http.delete(f"{PATH}/{workspace}", params={"mode": "SET_DEFAULT"}).status_code == 204
    assert admin.get("experiments/get", experiment_id=experiment)["experiment"]["name"] == name
    assert admin.get("registered-models/get", name=name)["registered_model"]["name"] == name
    assert admin.status("GET", f"{PATH}/{workspace}") == 404


@pytest.mark.parametrize(
    ("method", "path", "fields", "status", "code"),
    [
        ("POST", PATH, {"name": "default"}, 400, "INVALID_PARAMETER_VALUE"),
        ("POST", PATH, {"name": "Team"}, 400, "INVALID_PARAMETER_VALUE"),
        ("POST", PATH, {"name": "x"}, 400, "INVALID_PARAMETER_VALUE"),
        ("POST", PATH, {"name": "api"}, 400, "INVALID_PARAMETER_VALUE"),
        ("PATCH", f"{PATH}/missing", {"description": "d"}, 404, "RESOURCE_DOES_NOT_EXIST"),
        ("PATCH", f"{PATH}/missing", {}, 400, "INVALID_PARAMETER_VALUE"),
        ("DELETE", f"{PATH}/default", {}, 400, "INVALID_PARAMETER_VALUE"),
        ("DELETE", f"{PATH}/missing", {}, 404, "RESOURCE_DOES_NOT_EXIST"),
    ],
)
def test_what_is_no_workspace_is_refused_in_a_way_that_no_client_repeats(admin, method, path, fields, status, code):
    refused = admin.call(method, path, **fields)
    assert (refused.status_code, refused.json()["error_code"]) == (status, code)


def test_mcp_servers_have_names_of_their_own_in_each_workspace(admin, workspace, make_person):
    team, name, reader = inside(admin, workspace), f"com.example/tools{next(numbers)}", inside(make_person("viewer"), workspace)
    path = "/api/3.0/mlflow/mcp-servers"
    for where, version in ((admin, "1.0.0"), (team, "2.0.0")):
        where.post(f"{path}/{name}/versions", server_json={"name": name, "version": version})
        assert [each["latest_version"] for each in where.get(path, filter_string=f"name = '{name}'")["mcp_servers"]] == [version]
    assert reader.status("GET", f"{path}/{name}") == 403
    role = next(each for each in admin.get("/api/3.0/mlflow/roles/list", workspace=workspace)["roles"] if each["name"] == "viewer")
    admin.post("/api/3.0/mlflow/roles/assign", username=reader.name, role_id=role["id"])
    found = reader.get(path)["mcp_servers"]
    assert [(each["name"], each["workspace"], each["allowed_actions"]) for each in found] == [(name, workspace, [])]
    assert reader.status("PATCH", f"{path}/{name}", description="mine") == 403
    assert reader.status("POST", f"{path}/{name}/versions", server_json={"name": name, "version": "3.0.0"}) == 403
    grant(admin, reader, "mcp_server", f"{workspace}/{name}", "EDIT")
    assert reader.status("PATCH", f"{path}/{name}", description="mine") == 200
    assert inside(reader, "default").status("PATCH", f"{path}/{name}", description="mine") == 403
    removed = admin.http.delete(f"{PATH}/{workspace}", params={"mode": "SET_DEFAULT"})
    assert removed.status_code == 400 and name in removed.text


def test_files_of_skills_are_read_by_who_reads_the_skill_and_written_by_nobody(admin, workspace, make_person):
    team, name, reader = inside(admin, workspace), f"helper{next(numbers)}", make_person()
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        member = tarfile.TarInfo("SKILL.md")
        member.size = 4
        tar.addfile(member, io.BytesIO(b"# hi"))
    files = {"metadata": (None, "{}", "application/json"), "content": ("c.tar.gz", held.getvalue(), "application/gzip")}
    made = team.http.post(f"/api/3.0/mlflow/skills/{name}/versions", files=files).raise_for_status().json()
    path = f"/api/2.0/mlflow-artifacts/artifacts/{made['source'].removeprefix('mlflow-artifacts:/')}/SKILL.md"
    assert admin.http.get(path).content == b"# hi" and admin.status("GET", f"/api/3.0/mlflow/skills/{name}") == 404
    there = inside(reader, workspace)
    assert (reader.http.get(path).status_code, there.http.get(path).status_code) == (403, 403)
    grant(admin, reader, "skill", f"{workspace}/{name}", "READ")
    assert reader.http.get(path).content == b"# hi"
    assert [person.http.put(path, content=b"x").status_code for person in (admin, reader)] == [403, 403]
    assert admin.http.delete(path).status_code == 403


def test_lists_of_models_in_a_workspace_leave_out_what_is_denied_there(admin, workspace, make_person):
    team, ada = inside(admin, workspace), make_person()
    shown, denied = f"shown {next(numbers)}", f"denied {next(numbers)}"
    for name in (shown, denied):
        team.post("registered-models/create", name=name)
        team.post("model-versions/create", name=name, source="s3://b/m")
    role = next(each for each in admin.get("/api/3.0/mlflow/roles/list", workspace=workspace)["roles"] if each["name"] == "viewer")
    admin.post("/api/3.0/mlflow/roles/assign", username=ada.name, role_id=role["id"])
    grant(admin, ada, "registered_model", f"{workspace}/{denied}", "DENY")
    there = inside(ada, workspace)
    assert [each["name"] for each in there.get("registered-models/search")["registered_models"]] == [shown]
    assert [each["name"] for each in there.get("model-versions/search")["model_versions"]] == [shown]
