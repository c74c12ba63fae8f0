"""Nobody comes from one workspace to what is in another: neither by a detour, nor by a permission that was meant for one of them."""

from collections.abc import Iterator

import pytest

from tests.server.people import Person, grant, numbers
from tests.server.test_workspaces import PATH, inside

FILES = "/api/2.0/mlflow-artifacts/artifacts"
GRANT = "/api/3.0/mlflow/users/permissions/grant"


@pytest.fixture
def workspace(admin: Person) -> Iterator[str]:
    name = f"walled-{next(numbers)}"
    admin.call("POST", PATH, name=name, default_artifact_root=f"mlflow-artifacts:/{name}").raise_for_status()
    yield name
    if admin.status("GET", f"{PATH}/{name}") == 200:
        admin.http.delete(f"{PATH}/{name}", params={"mode": "CASCADE"}).raise_for_status()


def enter(admin: Person, person: Person, workspace: str, role: str) -> Person:
    """Give a role of a workspace, and go there."""
    roles = admin.get("/api/3.0/mlflow/roles/list", workspace=workspace)["roles"]
    admin.post("/api/3.0/mlflow/roles/assign", username=person.name, role_id=next(each["id"] for each in roles if each["name"] == role))
    return inside(person, workspace)


def trace(person: Person, experiment: str | None, trace_id: str) -> int:
    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}} if experiment else {}
    info = {"trace_id": trace_id, "trace_location": place, "request_time": "2026-01-01T00:00:00Z", "state": "OK"}
    return person.status("POST", "/api/3.0/mlflow/traces", trace={"trace_info": info if place else {**info, "trace_location": None}})


def test_who_manages_a_workspace_grants_nothing_on_all_things(admin, make_person, workspace):
    bob = make_person("viewer")
    there = enter(admin, bob, workspace, "admin")
    for kind in ("experiment", "registered_model", "prompt", "scorer"):
        asked = {"username": bob.name, "resource_type": kind, "resource_id": "*", "permission": "MANAGE"}
        assert there.status("POST", GRANT, **asked) == 403, kind
    asked = {"experiment_id": "*", "username": bob.name, "permission": "MANAGE"}
    assert there.status("POST", "experiments/permissions/create", **asked) == 403


def test_no_model_is_called_as_all_models_are_in_permissions(admin, make_person):
    ada, name = make_person(), f"mine{next(numbers)}"
    ada.post("registered-models/create", name=name)
    assert ada.status("POST", "registered-models/create", name="*") == 400
    assert ada.status("POST", "registered-models/rename", name=name, new_name="*") == 400


def test_a_permission_on_all_things_is_one_on_those_of_the_default_workspace(admin, make_person, workspace):
    bob = make_person()
    there = enter(admin, bob, workspace, "viewer")
    grant(admin, bob, "experiment", "*", "MANAGE")
    theirs = inside(admin, workspace).experiment()
    assert there.status("GET", "experiments/get", experiment_id=theirs) == 200
    assert there.status("POST", "experiments/delete", experiment_id=theirs) == 403


def test_files_in_the_place_of_a_workspace_are_its_own(admin, make_person, workspace):
    ada, bob = make_person("editor"), make_person()
    team = inside(admin, workspace)
    theirs = team.experiment()
    run = team.post("runs/create", experiment_id=theirs)["run"]["info"]
    assert run["artifact_uri"] == f"mlflow-artifacts:/{workspace}/{theirs}/{run['run_id']}/artifacts"
    file = f"{FILES}/{workspace}/{theirs}/{run['run_id']}/artifacts/f.txt"
    assert admin.http.put(file, content=b"x").status_code == 200
    for detour in (
        file,
        file.replace(f"/{workspace}/", f"/./{workspace}/"),
        f"{FILES}?path=./{workspace}/{theirs}",
        f"{FILES}?path={workspace}",
    ):
        assert ada.http.get(detour).status_code in {400, 403}, detour
    assert ada.http.put(file, content=b"y").status_code == 403 == ada.http.delete(file).status_code
    place = f"mlflow-artifacts:/{workspace}/{theirs}"
    assert ada.status("POST", "experiments/create", name=f"at {place}", artifact_location=place) == 403
    enter(admin, bob, workspace, "viewer")
    assert bob.http.get(file).text == "x" and bob.http.put(file, content=b"y").status_code == 403


@pytest.mark.parametrize("query", ["path=./{0}", "path={0}&path={0}", "path=&path={0}", "path=/{0}", "path=.%2F{0}"])
def test_no_way_to_spell_a_folder_lists_that_of_others(admin, make_person, workspace, query):
    ada = make_person("editor")
    ours = admin.experiment()
    grant(admin, ada, "experiment", ours, "DENY")
    run = admin.post("runs/create", experiment_id=ours)["run"]["info"]["run_id"]
    admin.http.put(f"{FILES}/{ours}/{run}/artifacts/secret.txt", content=b"x").raise_for_status()
    answer = ada.http.get(f"{FILES}?{query.format(f'{ours}/{run}/artifacts')}")
    assert "secret.txt" not in answer.text, (answer.status_code, answer.text)


def test_what_was_in_a_removed_workspace_is_nobodys(admin, make_person, workspace):
    ada, team = make_person("editor"), inside(admin, workspace)
    theirs, trace_id = team.experiment(), f"tr-{next(numbers):032x}"
    name = f"gone {next(numbers)}"
    team.post("registered-models/create", name=name)
    dataset = team.post("/api/3.0/mlflow/datasets/create", name=name, experiment_ids=[theirs])["dataset"]["dataset_id"]
    run = team.post("runs/create", experiment_id=theirs)["run"]["info"]["run_id"]
    assert trace(team, theirs, trace_id) == 200
    files = [f"{FILES}/{theirs}/f.txt", f"{FILES}/{workspace}/{theirs}/f.txt"]
    for file in files:
        admin.http.put(file, content=b"x").raise_for_status()
    assert admin.http.delete(f"{PATH}/{workspace}", params={"mode": "CASCADE"}).status_code == 204
    for file in files:
        assert ada.http.get(file).status_code == 403
    assert ada.http.get(f"/api/v1/traces/{trace_id.removeprefix('tr-')}").status_code in {403, 404}
    assert ada.status("GET", f"/api/3.0/mlflow/traces/{trace_id}") in {403, 404}
    assert admin.status("GET", "experiments/get", experiment_id=theirs) == 404 == admin.status("GET", "runs/get", run_id=run)
    assert admin.status("GET", f"/api/3.0/mlflow/datasets/{dataset}") == 404
    assert admin.experiment() != theirs
    shown = admin.post("experiments/search", max_results=1000, view_type="ALL")["experiments"]
    assert theirs not in {each["experiment_id"] for each in shown}


def test_a_version_is_copied_only_by_who_may_read_it_however_it_is_named(admin, make_person):
    ada = make_person()
    secret, mine = f"secret{next(numbers)}", f"mine{next(numbers)}"
    admin.post("registered-models/create", name=secret)
    admin.post("model-versions/create", name=secret, source="s3://b/secret")
    admin.post("registered-models/alias", name=secret, alias="champion", version="1")
    grant(admin, ada, "registered_model", secret, "DENY")
    ada.post("registered-models/create", name=mine)
    for source in (
        f"models:/{secret}/1",
        f"models:/{secret}@champion",
        f"MODELS:/{secret}/1",
        f"models:/{secret}/latest",
        f"models:///{secret}/1",
    ):
        assert ada.status("POST", "model-versions/create", name=mine, source=source) in {400, 403}, source


def test_nothing_is_said_of_what_is_elsewhere(admin, make_person, workspace):
    """Metrics of their models, links to their runs, traces that are theirs."""
    eve = make_person("editor")
    team = inside(admin, workspace)
    theirs, ours = team.experiment(), eve.experiment()
    model = team.post("logged-models", experiment_id=theirs)["model"]["info"]["model_id"]
    their_run = team.post("runs/create", experiment_id=theirs)["run"]["info"]["run_id"]
    run = eve.post("runs/create", experiment_id=ours)["run"]["info"]["run_id"]
    metric = {"key": "m", "value": 1.0, "timestamp": 1, "step": 0, "model_id": model}
    assert eve.status("POST", "runs/log-metric", run_id=run, **metric) in {403, 404}
    assert eve.status("POST", "runs/log-batch", run_id=run, metrics=[metric]) in {403, 404}
    assert eve.status("POST", "runs/log-inputs", run_id=run, models=[{"model_id": model}]) in {403, 404}
    assert eve.status("POST", "runs/outputs", run_id=run, models=[{"model_id": model, "step": 0}]) in {403, 404}
    ours_trace, their_trace = (f"tr-{next(numbers):032x}" for _ in range(2))
    assert trace(eve, ours, ours_trace) == 200 == trace(team, theirs, their_trace)
    assert eve.status("POST", "logged-models", experiment_id=ours, source_run_id=their_run) in {403, 404}
    models = [{"model_definition_id": "d", "linkage_type": "PRIMARY", "weight": 1.0}]
    into = {"name": f"e{next(numbers)}", "experiment_id": theirs, "usage_tracking": True, "model_configs": models}
    assert eve.status("POST", "/api/3.0/mlflow/gateway/endpoints/create", **into) in {403, 404}
    linked = {"trace_ids": [ours_trace], "run_id": their_run}
    assert eve.status("POST", "traces/link-to-run", **linked) in {403, 404}
    assert trace(eve, ours, their_trace) in {403, 404}
    assert trace(eve, None, their_trace) in {403, 404}
    assert eve.status("GET", f"/api/3.0/mlflow/traces/{their_trace}") in {403, 404}
    assert team.status("GET", f"/api/3.0/mlflow/traces/{their_trace}") == 200


def test_no_trace_is_taken_from_others_with_spans_that_are_sent_into_ones_own_experiment(admin, make_person, workspace):
    eve, team = make_person("editor"), inside(admin, workspace)
    theirs, ours, trace_id = team.experiment(), eve.experiment(), f"{next(numbers):032x}"
    assert trace(team, theirs, f"tr-{trace_id}") == 200
    times = {"startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000000100000000"}
    span = {"traceId": trace_id, "spanId": "0000000000000001", "name": "taken", **times}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    for _ in range(2):  # before it is stored, and after
        sent = eve.http.post("/v1/traces", json=body, headers={"x-mlflow-experiment-id": ours})
        assert sent.status_code == 400 and "another experiment" in sent.text
        assert eve.http.get(f"/api/v1/traces/{trace_id}").status_code == 404
        assert team.status("GET", f"/api/3.0/mlflow/traces/tr-{trace_id}") == 200
    unnamed = eve.http.post("/v1/traces", json=body)
    assert unnamed.status_code == 403 and unnamed.json()["error_code"] == "PERMISSION_DENIED"
    for known in (ours, None):  # one's own traces take spans either way
        fresh = {**span, "traceId": f"{next(numbers):032x}"}
        for each in (fresh, {**fresh, "spanId": "0000000000000002"}):
            sent = {"resourceSpans": [{"scopeSpans": [{"spans": [each]}]}]}
            named = {"x-mlflow-experiment-id": known} if known and each is fresh else {}
            assert eve.http.post("/v1/traces", json=sent, headers=named).status_code == 200


def test_spans_that_name_a_run_link_their_trace_to_it_where_whoever_sends_them_may(admin, make_person):
    eve, ours, theirs = make_person("editor"), admin.experiment(), admin.experiment()
    grant(admin, eve, "experiment", theirs, "DENY")
    runs = [admin.post("runs/create", experiment_id=each)["run"]["info"]["run_id"] for each in (ours, theirs)]
    times = {"startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000000100000000"}

    def send(run: str, **span: str) -> int:
        body = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "run", **times, **span}]}]}]}
        return eve.http.post("/v1/traces", json=body, headers={"x-mlflow-experiment-id": ours, "x-mlflow-run-id": run}).status_code

    def linked(run: str) -> list[str]:
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": ours}}
        found = admin.post("/api/3.0/mlflow/traces/search", locations=[place], filter=f"attributes.run_id = '{run}'")
        return [each["trace_id"] for each in found.get("traces", [])]

    one, other = (f"{next(numbers):032x}" for _ in range(2))
    assert send(runs[0], traceId=one, spanId="0000000000000002", parentSpanId="0000000000000001") == 200
    assert linked(runs[0]) == []  # its root comes last
    assert send(runs[0], traceId=one, spanId="0000000000000001") == 200
    assert linked(runs[0]) == [f"tr-{one}"]
    assert send("0" * 32, traceId=other, spanId="0000000000000001") == 200
    assert send(runs[1], traceId=other, spanId="0000000000000002") == 403 and linked(runs[1]) == []


def test_prompts_of_traces_are_those_of_their_workspace(admin, workspace):
    team, trace_id = inside(admin, workspace), f"tr-{next(numbers):032x}"
    theirs = team.experiment()
    assert trace(team, theirs, trace_id) == 200
    team.post("traces/link-prompts", trace_id=trace_id, prompt_versions=[{"name": "hello", "version": "1"}])
    told = team.get(f"/api/3.0/mlflow/traces/{trace_id}")["trace"]["trace_info"]["tags"]["mlflow.linkedPrompts"]
    assert told == '[{"name":"hello","version":"1"}]'
    asked = {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": theirs}}], "filter": "prompt = 'hello/1'"}
    found = team.post("/api/3.0/mlflow/traces/search", **asked)["traces"]
    assert [each["trace_id"] for each in found] == [trace_id]
    assert "prompt:hello/1" in team.http.get(f"/api/v1/lineage?of=trace:{trace_id[3:]}").text
    assert trace_id[3:] not in admin.http.get("/api/v1/lineage?of=prompt:hello/1").text


def test_nobody_waits_in_the_folder_of_an_experiment_that_is_to_come(admin, make_person):
    eve = make_person("editor")
    for place in (f"{int(admin.experiment()) + 5}", "99999999999/x", "%38%38%38%38"):
        refused = eve.call("POST", "experiments/create", name=f"at {place}", artifact_location=f"mlflow-artifacts:/{place}")
        assert refused.status_code == 400 and "does not exist" in refused.json()["message"]


@pytest.mark.parametrize("uri", ["s3://[/x", "mlflow-artifacts://[/x", "models://[/x/1"])
def test_what_is_no_uri_is_refused(admin, uri):
    name = f"uri{next(numbers)}"
    admin.post("registered-models/create", name=name)
    assert admin.status("POST", "model-versions/create", name=name, source=uri) == 400
    assert admin.status("POST", "experiments/create", name=name, artifact_location=uri) == 400
    assert admin.status("POST", PATH, name=name, default_artifact_root=uri) == 400


def test_a_trace_of_no_experiment_is_one_of_the_default_experiment(admin, make_person):
    ada = make_person()
    grant(admin, ada, "experiment", "0", "DENY")
    assert trace(ada, None, f"tr-{next(numbers):032x}") == 403
    assert ada.status("POST", "traces", timestamp_ms=1) in {400, 403}


def test_an_evaluation_dataset_is_in_the_workspace_of_its_experiments_and_has_one(admin, make_person, workspace):
    eve = make_person()
    team = inside(admin, workspace)
    theirs = team.experiment()
    lonely = team.call("POST", "/api/3.0/mlflow/datasets/create", name="lonely")
    assert lonely.status_code == 400 and "experiment" in lonely.json()["message"]
    made = team.post("/api/3.0/mlflow/datasets/create", name=f"d{next(numbers)}", experiment_ids=[theirs])["dataset"]["dataset_id"]
    removed = team.status("POST", f"/api/3.0/mlflow/datasets/{made}/remove-experiments", experiment_ids=[theirs])
    assert removed == 400
    free = admin.post("/api/3.0/mlflow/datasets/create", name=f"free{next(numbers)}")["dataset"]["dataset_id"]
    listed = [each["dataset_id"] for each in team.post("/api/3.0/mlflow/datasets/search", max_results=50).get("datasets", [])]
    assert listed == [made] and team.status("GET", f"/api/3.0/mlflow/datasets/{free}") == 404
    listed = [each["dataset_id"] for each in eve.post("/api/3.0/mlflow/datasets/search", max_results=50).get("datasets", [])]
    assert free in listed and made not in listed


def test_questions_without_experiments_are_refused_and_not_answered_of_all(admin, make_person, workspace):
    eve, team = make_person(), inside(admin, workspace)
    for person in (eve, team):
        for path, fields in (
            ("experiments/search-datasets", {"experiment_ids": []}),
            (
                "/api/3.0/mlflow/traces/metrics",
                {
                    "experiment_ids": [],
                    "view_type": "TRACES",
                    "metric_name": "trace_count",
                    "aggregations": [{"aggregation_type": "COUNT"}],
                },
            ),
            ("/api/3.0/mlflow/traces/calculate-filter-correlation", {"experiment_ids": [], "filter_string1": "", "filter_string2": ""}),
        ):
            answer = person.call("POST", path, **fields)
            assert answer.status_code < 500, (path, answer.text)
            assert answer.status_code == 400 or "1" not in answer.text.replace("filter1", ""), (path, answer.text)
