"""``tidegate import mlflow`` into a real server: from databases of two eras, from another server, and started again after it was killed."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from registry.imports.files import LocalFiles
from registry.imports.mlflow_store import MlflowDatabase
from server.cli import run
from server.cli.api import Api
from server.cli.import_target import Target
from server.cli.import_work import Import
from tests.fixtures import mlflow_folder
from tests.fixtures.mlflow_database import DATASET, FILED, MODEL, NEW, OLD, RUN, TRACE, behind_a_server, divide, make
from tests.running import RunningServer, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
API = "/api/2.0/mlflow"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, RunningServer]]:
    home = tmp_path_factory.mktemp("import")
    with running_server(home / "one") as one, running_server(home / "two") as two:
        yield one, two


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    home = tmp_path_factory.mktemp("mlflow")
    return make(home, NEW), home / "mlruns"


@pytest.fixture(scope="module")
def server(servers: tuple[RunningServer, RunningServer], source: tuple[str, Path]) -> RunningServer:
    """A server into which ``source`` was imported, by an import that died and one that went on."""
    url, mlruns = source
    with httpx.Client() as client:
        done: list[str] = []

        def dies(kind: str, number: int) -> None:
            done.append(kind)
            if len(done) == 3:
                raise KeyboardInterrupt

        target = Target(Api(servers[0].url), client)
        with pytest.raises(KeyboardInterrupt):
            Import(MlflowDatabase.open(url), LocalFiles(mlruns), target, dies).run()
    return servers[0]


def imported(capsys: pytest.CaptureFixture[str], server: RunningServer, *arguments: str) -> dict:
    assert run(["import", "mlflow", *arguments, "--url", server.url, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def get(server: RunningServer, path: str, **asked: object) -> dict:
    return server.client.get(f"{API}/{path}", params=asked).raise_for_status().json()


def test_an_import_that_died_goes_on_and_nothing_is_there_twice(server, source, capsys):
    first = imported(capsys, server, source[0], str(source[1]))
    again = imported(capsys, server, source[0], str(source[1]))
    assert first["counts"] == again["counts"]
    assert {kind: number["here"] for kind, number in first["counts"].items()} == {
        "experiments": 3, "runs": 5, "params": 5, "tags": 5, "metrics": 10, "points": 105, "inputs": 1, "logged_models": 1,
        "registered_models": 2, "versions": 3, "aliases": 2, "scorer_versions": 2, "evaluation_datasets": 1, "dataset_records": 3, "traces": 1,
        "webhooks": 1,
    }  # fmt: skip
    assert all(number["source"] == number["here"] for number in first["counts"].values())
    assert (first["files_sent"], first["files_there_already"], again["files_sent"]) == (4, 3, 0)


def test_what_was_imported_has_its_identifiers_its_times_and_its_files(server, source, capsys):
    imported(capsys, server, source[0], str(source[1]))
    experiment = get(server, "experiments/get", experiment_id="7")["experiment"]
    assert (experiment["name"], experiment["creation_time"], experiment["artifact_location"]) == (
        "seven",
        1_600_000_000_007,
        "mlflow-artifacts:/7",
    )
    assert get(server, "experiments/get", experiment_id="8")["experiment"]["artifact_location"] == "s3://bucket/8"
    found = get(server, "runs/get", run_id=RUN.format(0))["run"]
    assert (found["info"]["run_name"], found["info"]["status"], found["info"]["start_time"]) == ("run 0", "FINISHED", 1000)
    assert {metric["key"]: metric["value"] for metric in found["data"]["metrics"]} == {"loss": 0.05, "odd": "NaN"}
    assert found["inputs"]["dataset_inputs"][0]["dataset"]["name"] == "clicks"
    assert found["outputs"]["model_outputs"] == [{"model_id": MODEL, "step": 3}]
    assert get(server, "runs/get", run_id=RUN.format(1))["run"]["info"]["lifecycle_stage"] == "deleted"
    assert len(get(server, "metrics/get-history", run_id=RUN.format(4), metric_key="loss")["metrics"]) == 20
    file = server.client.get("/get-artifact", params={"run_id": RUN.format(2), "path": "plots/ü 1.txt"})
    assert file.text == RUN.format(2)
    model = get(server, f"logged-models/{MODEL}")["model"]
    assert (model["info"]["status"], model["data"]["params"][0]["value"]) == ("LOGGED_MODEL_READY", "3")


def test_versions_point_at_the_files_where_they_are_now_and_numbers_go_on(server, source, capsys):
    imported(capsys, server, source[0], str(source[1]))
    model = get(server, "registered-models/get", name="ranker")["registered_model"]
    assert (model["description"], model["aliases"]) == ("about ranker", [{"alias": "champion", "version": "3"}])
    places = {
        number: get(server, "model-versions/get-download-uri", name="ranker", version=number)["artifact_uri"] for number in ("1", "3")
    }
    assert places == {
        "1": f"mlflow-artifacts:/7/{RUN.format(0)}/artifacts/model",
        "3": f"mlflow-artifacts:/7/models/{MODEL}/artifacts",
    }
    for number in places:
        file = server.client.get("/model-versions/get-artifact", params={"name": "ranker", "version": number, "path": "MLmodel"})
        assert file.text == "flavors: {}"
    assert server.client.get("/api/v1/prompts/greeting/versions/live").json()["template"] == "Hello {{name}}"
    made = server.client.post("/api/v1/prompts", json={"name": "greeting", "template": "Hi"}).json()
    assert made["version"] == 2


def test_traces_come_with_spans_tags_and_assessments(server, source, capsys):
    for _ in range(2):
        imported(capsys, server, source[0], str(source[1]))
    found = server.client.get("/api/3.0/mlflow/traces/get", params={"trace_id": TRACE}).json()["trace"]
    info = found["trace_info"]
    assert (info["tags"]["team"], info["trace_metadata"]["mlflow.sourceRun"]) == ("search", RUN.format(0))
    assert (info["tags"]["mlflow.traceName"], info["trace_metadata"]["mlflow.trace.session"]) == ("greet", "s-1")
    assert json.loads(info["trace_metadata"]["mlflow.trace.tokenUsage"]) == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    assert info["trace_location"]["mlflow_experiment"]["experiment_id"] == "7"
    assert [(each["assessment_id"], each["feedback"]["value"], each["rationale"]) for each in info["assessments"]] == [
        ("a-1", True, "it is")
    ]
    (span,) = found["spans"]
    assert (span["name"], len(span["events"])) == ("answer", 1)
    place = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "7"}}]
    for linked in (f"attributes.run_id = '{RUN.format(2)}'", "prompt = 'greeting/1'"):
        asked = {"locations": place, "filter": linked, "max_results": 9}
        assert [each["trace_id"] for each in server.client.post("/api/3.0/mlflow/traces/search", json=asked).json()["traces"]] == [TRACE]


def test_scorers_and_evaluation_datasets_keep_their_numbers_ids_and_experiments(server, source, capsys):
    imported(capsys, server, source[0], str(source[1]))
    listed = server.client.get("/api/3.0/mlflow/scorers/versions", params={"experiment_id": "7", "name": "polite"}).json()["scorers"]
    assert [(each["scorer_version"], each["scorer_id"], each["creation_time"]) for each in listed] == [(1, "s-1", 9), (3, "s-1", 9)]
    next_one = {"experiment_id": "7", "name": "polite", "serialized_scorer": '{"name": "polite"}'}
    assert server.client.post("/api/3.0/mlflow/scorers/register", json=next_one).json()["version"] >= 4
    only = {"experiment_id": "7", "name": "polite", "version": 4}
    server.client.request("DELETE", "/api/3.0/mlflow/scorers/delete", json=only).raise_for_status()
    dataset = server.client.get(f"/api/3.0/mlflow/datasets/{DATASET}").json()["dataset"]
    assert (dataset["name"], json.loads(dataset["tags"])["team"], dataset["experiment_ids"]) == ("questions", "search", ["7"])
    records = json.loads(server.client.get(f"/api/3.0/mlflow/datasets/{DATASET}/records").json()["records"])
    assert [(each["dataset_record_id"], each["inputs"], each["outputs"], each["expectations"]) for each in records] == [
        (f"dr-{number}", {"q": number}, {"a": 1}, {"expected_response": "ho"}) for number in range(3)
    ]


def test_webhooks_come_switched_off_once_and_what_was_switched_on_here_stays_on(server, source, capsys):
    imported(capsys, server, source[0], str(source[1]))
    [hook] = get(server, "webhooks")["webhooks"]
    assert (hook["name"], hook["status"]) == ("releases", "DISABLED")
    assert hook["events"] == [{"entity": "MODEL_VERSION", "action": "CREATED"}]
    server.client.patch(f"{API}/webhooks/{hook['webhook_id']}", json={"status": "ACTIVE", "secret": "ours"}).raise_for_status()
    imported(capsys, server, source[0], str(source[1]))
    assert [each["status"] for each in get(server, "webhooks")["webhooks"]] == ["ACTIVE"]
    server.client.patch(f"{API}/webhooks/{hook['webhook_id']}", json={"status": "DISABLED"}).raise_for_status()


def test_a_server_is_imported_like_a_database_and_beside_what_is_there_already(servers, server, source, capsys):
    imported(capsys, server, source[0], str(source[1]))
    two = servers[1]
    taken = [two.client.post(f"{API}/experiments/create", json={"name": f"mine {number}"}).json()["experiment_id"] for number in range(7)]
    assert "7" in taken
    report = imported(capsys, two, server.url)
    assert all(number["source"] <= number["here"] for number in report["counts"].values())
    assert report["counts"]["points"] == {"source": 105, "here": 105}
    assert (report["files_sent"], report["missing"]) == (7, [])
    moved = get(two, "experiments/get-by-name", experiment_name="seven")["experiment"]
    assert moved["experiment_id"] not in {*taken, "7"}
    uri = get(two, "runs/get", run_id=RUN.format(0))["run"]["info"]["artifact_uri"]
    assert uri == f"mlflow-artifacts:/{moved['experiment_id']}/{RUN.format(0)}/artifacts"
    place = get(two, "model-versions/get-download-uri", name="ranker", version="3")["artifact_uri"]
    assert place == f"mlflow-artifacts:/{moved['experiment_id']}/models/{MODEL}/artifacts"


def test_a_database_of_mlflow_2_has_fewer_tables_and_is_imported_all_the_same(servers, tmp_path, capsys):
    url = make(tmp_path, OLD)
    report = imported(capsys, servers[1], url, str(tmp_path / "mlruns"))
    assert report["counts"]["runs"] == {"source": 5, "here": 5}
    assert report["counts"]["logged_models"] == {"source": 0, "here": 0}


def test_a_file_store_is_imported_like_a_database(servers, tmp_path, capsys):
    folder = mlflow_folder.make(tmp_path / "mlruns")
    for _ in range(2):
        report = imported(capsys, servers[1], str(folder))
    assert {kind: number["here"] for kind, number in report["counts"].items()} == {
        "experiments": 2, "runs": 1, "params": 1, "tags": 1, "metrics": 2, "points": 4, "inputs": 1, "logged_models": 1,
        "registered_models": 1, "versions": 1, "aliases": 1, "scorer_versions": 0, "evaluation_datasets": 0, "dataset_records": 0, "traces": 1,
        "webhooks": 0,
    }  # fmt: skip
    assert (report["files_sent"], report["files_there_already"], report["missing"]) == (0, 2, [])
    run_id = mlflow_folder.RUN
    found = get(servers[1], "runs/get", run_id=run_id)["run"]
    assert {metric["key"]: metric["value"] for metric in found["data"]["metrics"]} == {"loss": 0.1 + 0.2, "eval/acc": "NaN"}
    assert (found["data"]["params"], found["info"]["status"]) == ([{"key": "net/depth", "value": "3"}], "FINISHED")
    history = get(servers[1], "metrics/get-history", run_id=run_id, metric_key="loss")["metrics"]
    assert [(point["step"], point["value"]) for point in history] == [(0, 1.0), (1, 0.5), (2, 0.1 + 0.2)]
    file = servers[1].client.get("/model-versions/get-artifact", params={"name": "folder-ranker", "version": "1", "path": "MLmodel"})
    assert file.text == "flavors: {}"
    trace = servers[1].client.get("/api/3.0/mlflow/traces/get", params={"trace_id": mlflow_folder.TRACE}).json()["trace"]
    assert (trace["trace_info"]["execution_duration"], [span["name"] for span in trace["spans"]]) == ("0.61s", ["answer"])


@pytest.mark.parametrize(
    ("revision", "said"),
    [("ffffffffffff", "revision ffffffffffff, is none of MLflow 2.0 to 3.18"), (None, "This is no database of MLflow's")],
)
def test_what_cannot_be_imported_is_refused_before_anything_is_stored(servers, tmp_path, capsys, revision, said):
    url = make(tmp_path, revision) if revision else f"sqlite:///{tmp_path}/empty.db"
    (tmp_path / "empty.db").touch()
    assert run(["import", "mlflow", url, "--url", servers[1].url]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("source", ["sqlite:///{}/misspelt.db", "{}/misspelt"])
def test_a_source_that_is_not_there_is_named_and_not_made(servers, tmp_path, capsys, source):
    assert run(["import", "mlflow", source.format(tmp_path), "--url", servers[1].url]) == 2
    assert f"There is no {'file' if 'sqlite' in source else 'directory'} {tmp_path}/misspelt" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_not_where_the_database_says_are_named(servers, tmp_path, capsys):
    (tmp_path / "there").mkdir()
    url = make(tmp_path / "there", NEW)
    (tmp_path / "there" / "mlruns").rename(tmp_path / "elsewhere")
    report = imported(capsys, servers[1], url)
    assert len(report["missing"]) == 6


def test_equal_names_of_different_workspaces_stay_apart(servers, tmp_path, capsys):
    """From a database, and from there to another server."""
    url = make(tmp_path, NEW, runs=1)
    divide(url)
    for server, arguments in ((servers[0], (url, str(tmp_path / "mlruns"))), (servers[1], (servers[0].url,))):
        for _ in range(2):
            report = imported(capsys, server, *arguments)
            assert all(number["source"] <= number["here"] for number in report["counts"].values())
        theirs = {"x-mlflow-workspace": "team-a"}

        def there(path: str, server=server, theirs=theirs, **asked: object) -> dict:
            return server.client.get(f"{API}/{path}", params=asked, headers=theirs).raise_for_status().json()

        ours = get(server, "experiments/get-by-name", experiment_name="seven")["experiment"]["experiment_id"]
        number = there("experiments/get-by-name", experiment_name="seven")["experiment"]["experiment_id"]
        assert number != ours
        assert there("runs/get", run_id=RUN.format(90))["run"]["info"]["experiment_id"] == number
        assert server.client.get(f"{API}/runs/get", params={"run_id": RUN.format(90)}).status_code == 404
        sources = [ask("registered-models/alias", name="ranker", alias="champion") for ask in (lambda *a, **k: get(server, *a, **k), there)]  # noqa: B023
        assert [found["model_version"]["version"] for found in sources] == ["3", "1"]
    traces = "/api/3.0/mlflow/traces/" + TRACE.replace("beef", "feed")
    answers = [servers[0].client.get(traces, headers=each).status_code for each in ({"x-mlflow-workspace": "team-a"}, {})]
    assert answers == [200, 404]


def test_files_behind_another_server_come_though_their_uris_stay_and_what_is_refused_keeps_nothing_else_back(servers, tmp_path, capsys):
    url, two = behind_a_server(tmp_path), servers[1]
    assert run(["import", "mlflow", url, str(tmp_path / "mlruns"), "--url", two.url, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["files_sent"], report["elsewhere"], report["missing"]) == (4, 0, [])
    (refused,) = report["refused"]
    assert refused.startswith("version 2 of goodbye: The tag 'mlflow.prompt.text' of a chat prompt must be")
    assert {kind: each for kind, each in report["counts"].items() if each["here"] != each["source"]} == {
        "versions": {"source": 2, "here": 1}
    }
    assert two.client.get("/get-artifact", params={"run_id": RUN.format(70), "path": "link.txt"}).text == "aa"
    assert two.client.get("/api/v1/prompts/goodbye/versions/1").json()["template"] == "Hello {{name}}"
    trace = two.client.get("/api/3.0/mlflow/traces/get", params={"trace_id": FILED}).json()["trace"]
    assert [span["name"] for span in trace["spans"]] == ["answer"]
    place = trace["trace_info"]["tags"]["mlflow.artifactLocation"].removeprefix("mlflow-artifacts:")
    assert two.client.get(f"/api/2.0/mlflow-artifacts/artifacts{place}/attachments/picture").text == "png"
