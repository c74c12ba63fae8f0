"""``tidegate gc``: what was deleted goes with all that belongs to it, and nothing else does."""

import json

from click.testing import CliRunner

from server.cli import cli
from tests.server.people import KEY, Person, numbers

FILES = "/api/2.0/mlflow-artifacts/artifacts"
TIMES = {"startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000000100000000"}


def gc(server, *arguments: str) -> dict[str, int]:
    ran = CliRunner().invoke(cli, ["gc", *arguments, "--json", "--url", server.url, "--api-key", KEY], standalone_mode=False)
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def _run(admin: Person, experiment: str) -> str:
    run = admin.post("runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    metrics = [{"key": "loss", "value": step, "timestamp": 1, "step": step} for step in range(3)]
    admin.post("runs/log-batch", run_id=run, metrics=metrics)
    admin.http.put(f"{FILES}/{experiment}/{run}/artifacts/a.txt", content=b"x").raise_for_status()
    return run


def test_what_was_deleted_goes_with_its_files_points_and_traces_and_nothing_else_does(users_server, admin):
    ours, theirs = admin.experiment(), admin.experiment()
    kept, doomed, of_experiment = _run(admin, ours), _run(admin, ours), _run(admin, theirs)
    model = admin.post("logged-models", experiment_id=theirs)["model"]["info"]["model_id"]
    trace = f"{next(numbers):032x}"
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": trace, "spanId": "0" * 15 + "1", "name": "gone", **TIMES}]}]}]}
    admin.http.post("/v1/traces", json=body, headers={"x-mlflow-experiment-id": theirs}).raise_for_status()
    assert admin.status("GET", f"/api/3.0/mlflow/traces/tr-{trace}") == 200
    admin.post("runs/delete", run_id=doomed)
    admin.post("experiments/delete", experiment_id=theirs)
    assert gc(users_server, "--older-than", "1d", "--dry-run")["runs"] == 0
    counted = gc(users_server, "--older-than", "0d", "--dry-run")
    assert counted["runs"] >= 2 and counted["points"] >= 6 and counted["traces"] >= 1 and counted["experiments"] >= 1
    removed = gc(users_server, "--older-than", "0d")
    assert {key: removed[key] for key in counted if key != "files_left"} == {key: counted[key] for key in counted if key != "files_left"}
    assert gc(users_server, "--older-than", "0d", "--dry-run")["runs"] == 0
    assert [admin.status("GET", "runs/get", run_id=run) for run in (kept, doomed, of_experiment)] == [200, 404, 404]
    assert [admin.status("GET", f"{FILES}/{ours}/{run}/artifacts/a.txt") for run in (kept, doomed)] == [200, 404]
    assert admin.status("GET", f"{FILES}/{theirs}/{of_experiment}/artifacts/a.txt") == 404
    assert len(admin.get("metrics/get-history", run_id=kept, metric_key="loss")["metrics"]) == 3
    assert admin.status("GET", f"logged-models/{model}") == admin.status("GET", "experiments/get", experiment_id=theirs) == 404
    assert admin.status("GET", f"/api/3.0/mlflow/traces/tr-{trace}") == 404
    assert admin.status("GET", "experiments/get", experiment_id=ours) == 200


def test_an_age_that_is_none_is_refused(users_server):
    for age in ("soon", "1x", "d", "-1d"):
        ran = CliRunner().invoke(cli, ["gc", f"--older-than={age}", "--url", users_server.url], standalone_mode=False)
        assert "no length of time" in str(ran.exception)
