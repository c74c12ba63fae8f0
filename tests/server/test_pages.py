"""The pages and the API over the composed server: what was sent a moment ago is there."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tests.running import RunningServer, running_server

CHAT = {"model": "fake/echo", "messages": [{"role": "user", "content": "Where is my parcel <b>1007</b>?"}]}


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("pages") / "data") as running:
        yield running


def test_the_first_run_page_shows_code_for_this_server_and_then_traces(tmp_path: Path):
    with running_server(tmp_path / "data") as fresh:
        first = fresh.client.get("/")
        assert f"{fresh.url}/v1" in first.text
        fresh.client.post("/v1/chat/completions", json=CHAT).raise_for_status()
        assert "Where is my parcel" in fresh.client.get("/", follow_redirects=True).text


def test_a_trace_is_on_every_page_that_tells_of_it_and_its_text_is_never_markup(server: RunningServer):
    trace_id = server.client.post("/v1/chat/completions", json=CHAT).headers["x-tidegate-trace-id"]
    new = {"name": "greeting", "template": "Say hello to {{ name }}.", "aliases": ["production"]}
    server.client.post("/api/v1/prompts", json=new).raise_for_status()
    for path, said in {
        "/traces": "Where is my parcel",
        f"/traces/{trace_id}": "fake/echo",
        "/prompts": "greeting",
        "/prompts/greeting": "Say hello",
        "/gateway": "fake",
        "/judges": "judge",
    }.items():
        page = server.client.get(path)
        assert (page.status_code, said in page.text) == (200, True), path
        assert "<b>1007</b>" not in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]


def test_a_span_of_any_exporter_joins_the_gateways_in_one_trace(server: RunningServer):
    provider = TracerProvider(resource=Resource({"service.name": "shop"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"{server.url}/v1/traces")))
    with provider.get_tracer("shop").start_as_current_span("checkout") as span:
        context = span.get_span_context()
        parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-01"
        server.client.post("/v1/chat/completions", json=CHAT, headers={"traceparent": parent}).raise_for_status()
    provider.shutdown()
    trace = server.client.get(f"/api/v1/traces/{context.trace_id:032x}").json()
    assert [(each["name"], each["service_name"], each["parent_span_id"]) for each in trace["spans"]] == [
        ("checkout", "shop", None),
        ("chat fake/echo", "tidegate", f"{context.span_id:016x}"),
    ]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/v1/traces?filter=modle%3D1", 400, "model"),
        ("/api/v1/traces/ffffffffffffffffffffffffffffffff", 404, "trace_not_found"),
        ("/api/v1/nothing", 404, "not_found"),
        ("/api/v1/openapi.json", 200, "/api/v1/traces"),
        ("/v1/nothing", 404, "invalid_request_error"),
        ("/api/2.0/mlflow/nothing", 404, "ENDPOINT_NOT_FOUND"),
        ("/v1/embeddings", 405, "method_not_allowed"),
    ],
)
def test_an_error_is_in_the_words_of_whoever_asked(server: RunningServer, path: str, status: int, said: str):
    answer = server.client.get(path)
    assert (answer.status_code, said in answer.text) == (status, True)


def test_another_host_name_or_a_foreign_page_is_refused(server: RunningServer):
    assert server.client.get("/traces", headers={"host": "evil.example"}).status_code == 403
    assert server.client.post("/v1/chat/completions", json=CHAT, headers={"origin": "https://evil.example"}).status_code == 403


def test_feedback_of_a_person_stands_beside_the_trace(server: RunningServer):
    trace_id = server.client.post("/v1/chat/completions", json=CHAT).headers["x-tidegate-trace-id"]
    server.client.post(
        f"/api/v1/traces/{trace_id}/assessments", json={"name": "useful", "value": False, "rationale": "no"}
    ).raise_for_status()
    (found,) = server.client.get(f"/api/v1/traces/{trace_id}").json()["assessments"]
    assert (found["name"], found["value"], found["source_type"]) == ("useful", False, "HUMAN")


def test_several_traces_are_tagged_made_examples_reviewed_compared_and_deleted_at_once(server: RunningServer):
    client, mlflow = server.client, "/api/3.0/mlflow"
    ids = [client.post("/v1/chat/completions", json=CHAT).headers["x-tidegate-trace-id"] for _ in range(3)]
    two = {"trace": ids[:2]}
    dataset = client.post(f"{mlflow}/datasets/create", json={"name": "hard ones"}).json()["dataset"]["dataset_id"]
    queue = client.post(f"{mlflow}/review-queues/create", json={"experiment_id": "0", "name": "look", "queue_type": "CUSTOM"})
    queue_id = queue.raise_for_status().json()["review_queue"]["queue_id"]
    chosen = client.get("/traces/selection", params=two)
    assert chosen.status_code == 200 and "hard ones" in chosen.text and "look" in chosen.text and "<b>1007</b>" not in chosen.text, (
        chosen.text[:2000]
    )

    def act(do: str, **fields: str) -> str:
        answer = client.post("/traces/selection", data={**two, "do": do, **fields}, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.text

    assert "Tagged 2 traces with team." in act("tag", key="team", value="search")
    assert client.get(f"{mlflow}/traces/tr-{ids[0]}").json()["trace"]["trace_info"]["tags"]["team"] == "search"
    assert "1 new examples, 1 that were there already." in act("dataset", dataset=dataset)  # both were asked the same
    record = json.loads(client.get(f"{mlflow}/datasets/{dataset}/records").json()["records"])[0]
    assert record["inputs"] == {"messages": CHAT["messages"]} and record["source_id"] in {f"tr-{each}" for each in ids[:2]}
    assert "2 traces wait for review." in act("review", queue=queue_id)
    assert client.get(f"/queues/{queue_id}").text.count("1007") > 0
    compared = client.get("/traces/compare", params={"a": ids[0], "b": ids[1]})
    assert compared.status_code == 200 and "Both are the same." in compared.text
    unsure = client.post("/traces/selection", data={**two, "do": "delete"})
    assert unsure.status_code == 400 and "tick that you are sure" in unsure.text
    act("delete", sure="yes")
    assert [client.get(f"/traces/{each}").status_code for each in ids] == [404, 404, 200]
    foreign = {"sec-fetch-site": "cross-site"}
    assert client.post("/traces/selection", data={"trace": ids[2], "do": "delete", "sure": "yes"}, headers=foreign).status_code == 403
    assert client.get("/traces/selection").status_code == 400 and client.get("/traces/compare").status_code == 400


def test_keys_open_everything_or_nothing(tmp_path: Path):
    config = tmp_path / "tidegate.yaml"
    config.write_text("security: {api_keys: [env:GATE_KEY]}\n")
    with running_server(tmp_path / "data", config=config, env={"GATE_KEY": "sk-gate-51c0ffee"}) as server:
        refused = server.client.post("/v1/chat/completions", json=CHAT)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
        assert server.client.get("/traces").headers["www-authenticate"].startswith("Basic")
        assert (
            server.client.post("/v1/chat/completions", json=CHAT, headers={"authorization": "Bearer sk-gate-51c0ffee"}).status_code == 200
        )
        assert server.client.get("/traces", auth=("anyone", "sk-gate-51c0ffee")).status_code == 200
        assert server.client.get("/health").status_code == 200
