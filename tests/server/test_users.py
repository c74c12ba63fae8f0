"""People sign in and do what their permissions say: a real server, over HTTP."""

import json
from pathlib import Path

import httpx
from click.testing import CliRunner

from server.cli import cli
from tests.running import start_server
from tests.server.people import KEY, Person, grant, numbers


def test_nobody_enters_without_signing_in(users_server, admin):
    for path in ("/", "/api/2.0/mlflow/experiments/get?experiment_id=0", "/api/v1/traces", "/v1/models", "/get-artifact?run_uuid=x"):
        answer = httpx.get(users_server.url + path)
        assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Basic")
        assert httpx.get(users_server.url + path, auth=("admin", "wrong")).status_code == 401
        assert httpx.get(users_server.url + path, headers={"authorization": "Bearer tgu-nonsense"}).status_code == 401
    assert httpx.get(f"{users_server.url}//get-artifact?run_uuid=x").status_code == 401
    for path in ("/health", "/version", "/api/3.0/mlflow/server-info"):
        assert httpx.get(users_server.url + path).status_code == 200
    assert admin.status("GET", "/welcome") == 200


def test_a_key_of_the_configuration_goes_on_opening_everything(users_server):
    opened = httpx.get(f"{users_server.url}/api/2.0/mlflow/users/list", headers={"authorization": f"Bearer {KEY}"})
    assert opened.status_code == 200 and "admin" in opened.text


def test_who_makes_an_experiment_manages_it_and_others_read_it(make_person):
    ada, bob = make_person(), make_person()
    experiment = ada.experiment()
    run = ada.post("runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    assert bob.get("runs/get", run_id=run)["run"]["info"]["run_id"] == run
    for path, fields in (
        ("runs/create", {"experiment_id": experiment}),
        ("runs/set-tag", {"run_id": run, "key": "a", "value": "b"}),
        ("runs/log-batch", {"run_id": run}),
        ("runs/delete", {"run_id": run}),
        ("experiments/update", {"experiment_id": experiment, "new_name": "mine"}),
        ("logged-models", {"experiment_id": experiment}),
        (
            "/api/3.0/mlflow/users/permissions/grant",
            {"username": bob.name, "resource_type": "experiment", "resource_id": experiment, "permission": "EDIT"},
        ),
    ):
        refused = bob.call("POST", path, **fields)
        assert (refused.status_code, refused.json()["error_code"]) == (403, "PERMISSION_DENIED"), path
    grant(ada, bob, "experiment", experiment, "EDIT")
    assert bob.status("POST", "runs/set-tag", run_id=run, key="a", value="b") == 200
    assert bob.status("POST", "runs/delete", run_id=run) == 403
    assert ada.status("POST", "runs/delete", run_id=run) == 200


def test_what_is_denied_is_neither_read_nor_found(admin, make_person):
    bob = make_person()
    experiment = admin.experiment()
    run = admin.post("runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    model = admin.post("logged-models", experiment_id=experiment)["model"]["info"]["model_id"]
    admin.http.put(f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/a.txt", content=b"x").raise_for_status()
    found = {"experiment_ids": [experiment]}
    assert len(bob.post("runs/search", **found)["runs"]) == 1 and len(bob.post("logged-models/search", **found)["models"]) == 1
    grant(admin, bob, "experiment", experiment, "DENY")
    assert bob.post("runs/search", **found) == {} == bob.post("logged-models/search", **found)
    assert experiment not in {each["experiment_id"] for each in bob.post("experiments/search", max_results=1000)["experiments"]}
    for path, fields in (
        ("experiments/get", {"experiment_id": f"0{experiment}"}),
        ("runs/get", {"run_id": run}),
        ("metrics/get-history", {"run_id": run, "metric_key": "loss"}),
        (f"logged-models/{model}", {}),
        ("artifacts/list", {"run_id": run}),
        ("/api/2.0/mlflow-artifacts/artifacts", {"path": f"{experiment}/{run}/artifacts"}),
        (f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/a.txt", {}),
        ("/get-artifact", {"run_uuid": run, "path": "a.txt"}),
    ):
        assert bob.status("GET", path, **fields) == 403, path
    doubled = f"{admin.http.base_url}//get-artifact?run_uuid={run}&path=a.txt"
    assert bob.http.get(doubled).status_code == 403 and admin.http.get(doubled).text == "x"
    assert admin.status("GET", "/get-artifact", run_uuid=run, path="a.txt") == 200


def test_no_detour_leads_to_files_that_are_denied(admin, make_person):
    person = make_person()
    secret = admin.experiment()
    run = admin.post("runs/create", experiment_id=secret)["run"]["info"]["run_id"]
    model = admin.post("logged-models", experiment_id=secret, name="m")["model"]["info"]["model_id"]
    where = f"/api/2.0/mlflow-artifacts/artifacts/{secret}/{run}/artifacts/f"
    assert admin.http.put(where, content=b"secret").status_code == 200
    grant(admin, person, "experiment", secret, "DENY")
    assert person.http.get(where).status_code == 403
    assert person.http.get("/get-artifact", params={"run_uuid": run, "path": "f"}).status_code == 403
    for number, place in enumerate((f"mlflow-artifacts:/{secret}", "mlflow-artifacts:/", f"mlflow-artifacts:/x/%2e%2e/{secret}")):
        assert person.status("POST", "experiments/create", name=f"detour {number} {person.name}", artifact_location=place) in {400, 403}
    person.post("registered-models/create", name=f"detour of {person.name}")
    for source in (
        {"source": f"runs:/{run}/", "run_id": run},
        {"source": f"models:/{model}"},
        {"source": f"models:/{model}", "model_id": model},
    ):
        assert person.status("POST", "model-versions/create", name=f"detour of {person.name}", **source) == 403
    assert person.call("POST", "/api/v1/import/runs", runs=[]).status_code == 403


def test_a_search_fills_its_pages_with_what_may_be_seen(admin, make_person):
    bob = make_person()
    marker = f"page {next(numbers)}"
    made = [admin.post("experiments/create", name=f"{marker} {number}")["experiment_id"] for number in range(7)]
    for experiment in made[::2]:
        grant(admin, bob, "experiment", experiment, "DENY")
    asked = {"filter": f"name LIKE '{marker}%'", "max_results": 2, "order_by": ["name"]}
    first = bob.post("experiments/search", **asked)
    assert [each["experiment_id"] for each in first["experiments"]] == [made[1], made[3]]
    rest = bob.post("experiments/search", **asked, page_token=first["next_page_token"])
    assert [each["experiment_id"] for each in rest["experiments"]] == [made[5]] and "next_page_token" not in rest


def test_permissions_follow_a_model_to_its_new_name_and_end_with_it(make_person):
    ada, bob = make_person(), make_person()
    name = f"model {next(numbers)}"
    ada.post("registered-models/create", name=name)
    assert bob.status("PATCH", "registered-models/update", name=name, description="x") == 403
    ada.post("registered-models/rename", name=name, new_name=f"{name}!")
    assert ada.status("PATCH", "registered-models/update", name=f"{name}!", description="x") == 200
    assert ada.status("DELETE", "registered-models/delete", name=f"{name}!") == 200
    bob.post("registered-models/create", name=f"{name}!")
    assert ada.status("PATCH", "registered-models/update", name=f"{name}!", description="x") == 403


def test_viewers_read_editors_write_and_admins_administer(make_person):
    viewer, editor, chief = make_person("viewer"), make_person("editor"), make_person("admin")
    experiment = editor.experiment()
    assert viewer.status("GET", "experiments/get", experiment_id=experiment) == 200 and viewer.status("GET", "/api/v1/traces") == 200
    chat = {"model": "fake/echo", "messages": [{"role": "user", "content": "hi"}]}
    assert viewer.status("POST", "experiments/create", name="no") == 403
    assert viewer.status("POST", "/v1/chat/completions", **chat) == 403
    assert editor.status("POST", "/v1/chat/completions", **chat) == 200
    for path in ("users/create", "webhooks"):
        asked = {"username": f"x{next(numbers)}", "password": "long pass word", "name": "hook", "url": "https://example.com", "events": []}
        assert editor.status("POST", path, **asked) == 403
    assert editor.status("GET", "/api/v1/keys") == 403 and chief.status("GET", "/api/v1/keys") == 200
    assert chief.status("POST", "users/create", username=f"x{next(numbers)}", password="long pass word") == 200


def test_people_change_their_own_password_and_nobody_elses(admin, make_person, users_server):
    ada, bob = make_person(), make_person()
    assert bob.status("PATCH", "users/update-password", username=ada.name, password="x") == 403
    assert ada.status("PATCH", "users/update-password", username=ada.name, password="x") == 400
    assert ada.status("PATCH", "users/update-password", username=ada.name, password="x", current_password="wrong") == 400
    assert (
        ada.status("PATCH", "users/update-password", username=ada.name, password="a newer password", current_password="long pass word")
        == 200
    )
    assert ada.status("GET", "users/current") == 401
    short = admin.call("PATCH", "users/update-password", username=ada.name, password="eleven char")
    assert short.status_code == 400 and short.json()["message"] == "Password must be at least 12 characters."
    again = Person(users_server, (ada.name, "a newer password"))
    assert again.get("users/current")["user"]["username"] == ada.name
    assert admin.status("DELETE", "users/delete", username=ada.name) == 200
    assert again.status("GET", "users/current") == 401
    assert admin.status("DELETE", "users/delete", username="admin") == 400


def test_a_role_has_a_name_that_mlflow_could_keep(admin):
    path, long = "/api/3.0/mlflow/roles/create", "r" * 256
    refused = admin.call("POST", path, name=long, workspace="default")
    assert (refused.status_code, refused.json()["message"]) == (400, "'Role name' exceeds the maximum length of 255 characters")
    assert admin.status("POST", path, name=long[1:], workspace="default") == 200
    own = admin.call("POST", path, name="__user_1__", workspace="default")
    assert own.status_code == 400 and "kept for what single users were granted" in own.json()["message"]


def test_who_has_a_role_in_a_workspace_is_shown_its_roles_and_nobody_elses_own(admin, make_person):
    ada, bob = make_person("viewer"), make_person()
    grant(admin, ada, "experiment", "7", "EDIT")
    grant(admin, bob, "experiment", "8", "EDIT")
    path, of = "/api/3.0/mlflow/roles/list", "/api/3.0/mlflow/roles/permissions/list"
    everything = admin.get(path, workspace="default")["roles"]
    own = {role["name"]: role["id"] for role in everything if role["name"].startswith("__user_")}
    shown = ada.get(path, workspace="default")["roles"]
    assert {"viewer", "editor", "admin"} <= {role["name"] for role in shown} == {role["name"] for role in everything} - own.keys()
    assert ada.get(of, role_id=shown[0]["id"])["role_permissions"]
    mine = {role["id"] for role in ada.get("/api/3.0/mlflow/users/roles/list", username=ada.name)["roles"]}
    assert {ada.status("GET", of, role_id=each) for each in own.values() if each not in mine} == {403}
    assert [ada.status("GET", path), ada.status("GET", path, workspace=["default", "elsewhere"])] == [403, 403]
    assert [bob.status("GET", path, workspace="default"), bob.status("GET", of, role_id=shown[0]["id"])] == [403, 403]


def test_a_token_stands_for_its_user_until_it_is_taken_back(users_server, make_person):
    ada = make_person()
    made = ada.post(f"/api/v1/users/{ada.name}/tokens", name="ci")
    assert (
        made["token"].startswith(made["about"]["prefix"]) and made["token"] not in ada.call("GET", f"/api/v1/users/{ada.name}/tokens").text
    )
    who = {"url": f"{users_server.url}/api/2.0/mlflow/users/current"}
    for how in ({"headers": {"authorization": f"Bearer {made['token']}"}}, {"auth": ("anything", made["token"])}):
        assert httpx.get(**who, **how).json()["user"]["username"] == ada.name
    assert make_person().status("GET", f"/api/v1/users/{ada.name}/tokens") == 403
    assert ada.call("DELETE", f"/api/v1/users/{ada.name}/tokens/ci").status_code == 204
    assert httpx.get(**who, headers={"authorization": f"Bearer {made['token']}"}).status_code == 401


def test_what_is_kept_and_told_holds_no_password(users_server, admin, make_person):
    ada = make_person()
    assert (
        "scrypt" not in admin.call("GET", "users/list").text
        and "long pass word" not in admin.call("GET", "users/get", username=ada.name).text
    )
    stored = b"".join(file.read_bytes() for file in users_server.data.glob("metadata.sqlite*"))
    assert b"long pass word" not in stored and b"correct horse" not in stored and b"scrypt$" in stored
    assert "long pass word" not in users_server.log.read_text() and "correct horse" not in users_server.log.read_text()


def test_without_a_first_password_the_server_says_what_is_missing(tmp_path: Path):
    config = tmp_path / "tidegate.yaml"
    config.write_text("security: {users: true}\n")
    server = start_server(tmp_path / "data", config=config, wait=False)
    assert server.process.wait(60) != 0
    assert "security.admin_password" in server.log.read_text()


def test_a_browser_signs_in_for_a_while_and_acts_only_from_our_pages(users_server, make_person):
    ada = make_person()
    with httpx.Client(base_url=users_server.url) as browser:
        led = browser.get("/traces?range=24h", headers={"accept": "text/html"})
        assert (led.status_code, led.headers["location"]) == (303, "/sign-in?next=%2Ftraces%3Frange%3D24h")
        assert "<form" in browser.get(led.headers["location"]).text
        form = {"username": ada.name, "password": "wrong", "next": "/prompts"}
        assert browser.post("/sign-in", data=form).status_code == 401
        right = browser.post("/sign-in", data={**form, "password": "long pass word"})
        assert (right.status_code, right.headers["location"]) == (303, "/prompts")
        assert {"httponly", "samesite=lax", "max-age=43200"} <= set(right.headers["set-cookie"].lower().replace(" ", "").split(";"))
        assert ada.name in browser.get("/prompts").text
        new = {"name": f"mine-{ada.name}", "template": "x"}
        assert browser.post("/api/v1/prompts", json=new).status_code == 401
        for site in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "http://evil.example"}):
            assert browser.post("/api/v1/prompts", json=new, headers=site).status_code in {401, 403}
        assert browser.post("/api/v1/prompts", json=new, headers={"sec-fetch-site": "same-origin"}).status_code == 201
        changed = ada.call(
            "PATCH", "users/update-password", username=ada.name, password="a newer password", current_password="long pass word"
        )
        assert changed.status_code == 200 and browser.get("/prompts").status_code == 401
        signed_in = browser.post("/sign-in", data={**form, "password": "a newer password", "next": "//evil.example/"})
        assert signed_in.headers["location"] == "/" and browser.get("/prompts").status_code == 200
        browser.post("/sign-out", headers={"sec-fetch-site": "same-origin"})
        assert browser.get("/prompts").status_code == 401


def test_passwords_are_not_guessed_without_end_and_nobody_is_locked_out_by_it(users_server, make_person):
    ada, bob = make_person(), make_person()
    where = f"{users_server.url}/api/2.0/mlflow/users/current"
    statuses = [httpx.get(where, auth=(ada.name, f"guess {number}")).status_code for number in range(11)]
    assert statuses == [401] * 10 + [429]
    refused = httpx.get(where, auth=(ada.name, "long pass word"))
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0 and "token" in refused.json()["message"]
    assert bob.status("GET", "users/current") == 200


def test_the_command_line_administers_people_and_says_what_is_wrong(users_server, admin):
    def tidegate(*arguments: str, stdin: str = "", key: str = KEY):
        asked = [*arguments, "--url", users_server.url, "--api-key", key]
        return CliRunner().invoke(cli, asked, input=stdin, standalone_mode=False)

    name = f"person{next(numbers)}"
    experiment = admin.experiment()
    assert tidegate("users", "add", name, "--role", "editor", "--password-stdin", stdin="long pass word\n").exit_code == 0
    person = Person(users_server, (name, "long pass word"))
    assert person.status("GET", "experiments/get", experiment_id=experiment) == 200
    assert tidegate("users", "grant", name, "experiment", experiment, "READ").exit_code == 0
    assert tidegate("users", "grant", name, "experiment", experiment, "deny").exit_code == 0
    assert person.status("GET", "experiments/get", experiment_id=experiment) == 403
    shown = json.loads(tidegate("users", "show", name, "--json").stdout)
    assert {(row["resource_pattern"], row["permission"]) for row in shown["permissions"]} >= {(experiment, "DENY"), ("*", "USE")}
    assert tidegate("users", "revoke", name, "experiment", experiment).exit_code == 0
    assert person.status("GET", "experiments/get", experiment_id=experiment) == 200
    token = tidegate("users", "token", "create", name, "ci", "--expires", "1d").stdout.strip()
    assert token.startswith("tgu-") and token not in tidegate("users", "token", "list", name).stdout
    refused = tidegate("users", "list", key=token)
    assert refused.exit_code == 0 and name in refused.stdout
    assert tidegate("users", "add", "x", "--password-stdin", stdin="long pass word\n", key=token).exception.hint.startswith(
        "An administrator"
    )
    assert tidegate("users", "role", name, "editor", "--remove").exit_code == 0
    assert tidegate("users", "password", name, "--password-stdin", stdin="another password\n").exit_code == 0
    assert person.status("GET", "users/current") == 401
    assert "viewer" in tidegate("users", "role", name, "edtior").exception.hint
    assert "already exists" in str(tidegate("users", "add", name, "--password-stdin", stdin="long pass word\n").exception)
    assert (
        "--password-stdin" in tidegate("users", "add", "z").exception.hint and "--yes" in tidegate("users", "delete", name).exception.hint
    )
    assert tidegate("users", "token", "revoke", name, "ci").exit_code == tidegate("users", "delete", name, "--yes").exit_code == 0
    assert name not in tidegate("users", "list").stdout


def test_clients_up_to_3_9_give_permissions_under_their_own_names(admin, make_person):
    ada, bob = make_person(), make_person()
    experiment, model = ada.experiment(), f"older {next(numbers)}"
    ada.post("registered-models/create", name=model)
    for kind, thing, answer in (
        ("experiments", {"experiment_id": experiment}, "experiment_permission"),
        ("registered-models", {"name": model}, "registered_model_permission"),
    ):
        about = {**thing, "username": bob.name}
        assert bob.status("POST", f"{kind}/permissions/create", **about, permission="EDIT") == 403
        given = ada.post(f"{kind}/permissions/create", **about, permission="NO_PERMISSIONS")[answer]
        assert thing.items() <= given.items() and given["permission"] == "NO_PERMISSIONS"
        assert bob.status("GET", f"{kind}/get", **thing) == 403
        assert ada.status("POST", f"{kind}/permissions/create", **about, permission="READ") == 400
        assert ada.call("PATCH", f"{kind}/permissions/update", **about, permission="READ").json() == {}
        assert (
            ada.get(f"{kind}/permissions/get", **about)[answer]["permission"] == "READ" and bob.status("GET", f"{kind}/get", **thing) == 200
        )
        [shown] = admin.get("users/get", username=bob.name)["user"][f"{answer}s"]
        assert shown["permission"] == "READ"
        assert ada.call("DELETE", f"{kind}/permissions/delete", **about).json() == {}
        missing = ada.call("GET", f"{kind}/permissions/get", **about)
        assert (missing.status_code, missing.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
        assert missing.json()["message"].endswith(f" and username={bob.name} not found")


def test_clients_up_to_3_9_give_permissions_on_scorers_and_on_things_of_the_gateway(admin, make_person):
    bob = make_person()
    experiment, secret = admin.experiment(), f"secret {next(numbers)}"
    asked = {"secret_name": secret, "secret_value": {"api_key": "x"}, "provider": "openai"}
    secret_id = admin.post("/api/3.0/mlflow/gateway/secrets/create", **asked)["secret"]["secret_id"]
    for path, thing, answer in (
        ("scorers", {"experiment_id": experiment, "scorer_name": "right/wrong"}, "scorer_permission"),
        ("gateway/secrets", {"secret_id": secret_id}, "gateway_secret_permission"),
        ("gateway/endpoints", {"endpoint_id": "e-1"}, "gateway_endpoint_permission"),
        ("gateway/model-definitions", {"model_definition_id": "d-1"}, "gateway_model_definition_permission"),
    ):
        about, at = {**thing, "username": bob.name}, f"/api/3.0/mlflow/{path}/permissions"
        assert bob.status("POST", f"{at}/create", **about, permission="EDIT") == 403
        given = admin.post(f"{at}/create", **about, permission="NO_PERMISSIONS")[answer]
        assert thing.items() <= given.items() and given["permission"] == "NO_PERMISSIONS"
        assert admin.call("PATCH", f"{at}/update", **about, permission="USE").json() == {}
        assert admin.get(f"{at}/get", **about)[answer]["permission"] == "USE"
        assert admin.call("DELETE", f"{at}/delete", **about).json() == {}
        missing = admin.call("GET", f"{at}/get", **about)
        assert missing.status_code == 404 and all(f"{key}={value}" in missing.json()["message"] for key, value in thing.items())


def test_an_endpoint_answers_nobody_who_may_not_use_it(admin, make_person):
    """In the dialect of whoever asks; who was granted nothing gets through to the (dead) upstream."""
    ada, bob = make_person(), make_person()
    gateway, name = "/api/3.0/mlflow/gateway", f"endpoint-{next(numbers)}"
    key = {"secret_value": {"api_key": "x"}, "provider": "openai", "auth_config": {"api_base": "http://127.0.0.1:1/v1"}}
    secret = ada.post(f"{gateway}/secrets/create", secret_name=name, **key)["secret"]["secret_id"]
    model = {"name": name, "secret_id": secret, "provider": "openai", "model_name": "m"}
    definition = ada.post(f"{gateway}/model-definitions/create", **model)["model_definition"]["model_definition_id"]
    configs = [{"model_definition_id": definition, "linkage_type": "PRIMARY"}]
    endpoint = ada.post(f"{gateway}/endpoints/create", name=name, model_configs=configs)["endpoint"]["endpoint_id"]
    asked = {"model": name, "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}
    paths = ("/v1/chat/completions", "/v1/messages", f"/gateway/{name}/mlflow/invocations")
    grant(ada, bob, "gateway_endpoint", endpoint, "DENY")
    openai, anthropic, mlflow = (bob.call("POST", path, **asked) for path in paths)
    assert [each.status_code for each in (openai, anthropic, mlflow)] == [403, 403, 403]
    assert openai.json()["error"]["code"] == "permission_denied" and anthropic.json()["error"]["type"] == "permission_error"
    assert f"{bob.name!r}, who has no USE permission on the endpoint {name!r}" in openai.json()["error"]["message"]
    lists = ("/v1/models", "/anthropic/v1/models", "/gateway/mlflow/v1/models")
    assert [name in bob.http.get(each).text for each in lists] == [False] * 3  # nor is anybody told of it
    assert [name in ada.http.get(each).text for each in lists] == [True] * 3
    denied = {"username": bob.name, "resource_type": "gateway_endpoint", "resource_id": endpoint}
    ada.post("/api/3.0/mlflow/users/permissions/revoke", **denied)
    assert name in bob.http.get(lists[0]).text
    assert bob.status("POST", paths[0], **asked) == 502


def test_a_person_who_may_not_enter_is_shown_who_they_are_what_they_lack_and_whom_to_ask(make_person):
    bob = make_person()
    shown = bob.http.get("/keys", headers={"accept": "text/html"})
    assert shown.status_code == 403 and shown.headers["content-type"].startswith("text/html")
    assert f"signed in as &#39;{bob.name}&#39;, who is no administrator" in shown.text and "Ask an administrator (admin" in shown.text
    assert "Sign out" in shown.text and shown.headers["content-security-policy"]
    card = bob.http.get("/keys", headers={"accept": "*/*", "hx-request": "true"})
    assert card.status_code == 403 and "<html" not in card.text and 'role="alert"' in card.text
    assert bob.http.get("/api/v1/keys", headers={"accept": "text/html"}).json()["error"]["code"] == "permission_denied"
