"""Who may do what at every route that the app has, and that nothing shows a word of what somebody may not read."""

import re
import secrets
from unittest.mock import MagicMock

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from registry.access.requirements import AREAS, area_of
from server.app import framework
from server.entrance import entrance_of
from server.guard import OPEN_PATHS
from server.mlflow import mlflow_endpoints
from server.visible.calls import Calls
from tests.running import RunningServer
from tests.server.people import KEY, Person, grant

WORD = f"hush{secrets.token_hex(6)}"
CATALOG = (("mcp_server", f"com.example/{WORD}"), ("skill", WORD), ("skill", f"@acme/{WORD}"))
"""Stands in everything that is kept from one of the people, and nowhere else."""

MOUNTS = {
    "/passthrough",
    "/upload",
    "/gemini/upload",
    "/gateway/gemini/upload",
    "/v1beta",
    "/v1beta1",
    "/gemini/v1beta1",
    "/gateway/gemini/v1beta1",
    "/v1/publishers",
    "/gemini/v1",
    "/gemini/v1beta",
    "/gateway/gemini/v1beta",
}
REFUSED = {401, 403}


@pytest.fixture(scope="module")
def app():
    services = MagicMock()
    services.settings.server.max_body_bytes = 1_000_000
    return framework(services, Calls(mlflow_endpoints(services)))


def routes(app) -> set[tuple[str, str]]:
    """Method and path, with the names of parameters; mounts and plain handlers as POST."""
    return {
        (method, re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path) + ("/x" if route.path in MOUNTS else ""))
        for route in app.routes
        for method in (getattr(route, "methods", None) or {"POST"}) - {"OPTIONS", "HEAD"}
    }


def test_every_path_has_a_row_that_says_who_may_enter(app):
    nameless = [path for _, path in routes(app) if path not in OPEN_PATHS and entrance_of(path.replace("{", "").replace("}", "")) is None]
    assert nameless == []


def test_every_area_of_mlflows_endpoints_says_what_it_needs():
    assert {area_of(endpoint.path) for endpoint in mlflow_endpoints(MagicMock()).endpoints} <= set(AREAS)


@pytest.fixture(scope="module")
def people(users_server: RunningServer, make_person) -> dict[str, Person]:
    """``outsider`` reads everything but the secret things; ``manager`` manages these."""
    found = {name: make_person(role) for name, role in (("viewer", "viewer"), ("outsider", "viewer"), ("editor", "editor"))}
    return {**found, "manager": make_person("viewer"), "admin": Person(users_server, ("admin", "correct horse"))}


@pytest.fixture(scope="module")
def things(users_server: RunningServer, people: dict[str, Person]) -> dict[str, str]:
    """What is kept from the outsider, by the names of parameters in paths."""
    admin = people["admin"]
    experiment = admin.post("experiments/create", name=f"experiment {WORD}")["experiment_id"]
    made = {"experiment_id": experiment}
    run = admin.post("runs/create", experiment_id=experiment, run_name=f"run {WORD}")["run"]["info"]["run_id"]
    made["run_id"] = run
    admin.post("runs/log-batch", run_id=run, metrics=[{"key": f"loss{WORD}", "value": 1, "timestamp": 1, "step": 0}])
    admin.http.put(f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/{WORD}.txt", content=WORD.encode()).raise_for_status()
    made["model_id"] = admin.post("logged-models", experiment_id=experiment, name=f"logged-{WORD}")["model"]["info"]["model_id"]
    made["model"] = f"model {WORD}"
    admin.post("registered-models/create", name=made["model"], description=WORD)
    admin.post("model-versions/create", name=made["model"], source=f"runs:/{run}/m", run_id=run, description=WORD)
    made["prompt"] = f"prompt-{WORD}"
    admin.post("/api/v1/prompts", name=made["prompt"], template=f"Say {WORD}.", aliases=["production"])
    made["trace_id"], made["span_id"] = _trace(users_server, experiment)
    admin.post(f"/api/v1/traces/{made['trace_id']}/assessments", name="right", value=True, rationale=WORD)
    dataset = admin.post("/api/3.0/mlflow/datasets/create", name=f"dataset {WORD}", experiment_ids=[experiment])["dataset"]["dataset_id"]
    record = f'[{{"inputs": {{"question": "{WORD}"}}}}]'
    admin.post(f"/api/3.0/mlflow/datasets/{dataset}/records", records=record)
    made["dataset_id"] = dataset
    made |= {"namespace": "com.example", "slug": WORD, "owner": "@acme", "skill_name": WORD}
    server_json = {"name": f"com.example/{WORD}", "version": "1.0.0", "description": WORD}
    admin.post(f"/api/3.0/mlflow/mcp-servers/com.example/{WORD}/versions", server_json=server_json, status="active")
    for owner in ("@acme/", ""):
        source = {"source": "https://example.com/skill.zip", "source_type": "zip"}
        admin.post(f"/api/3.0/mlflow/skills/{owner}{WORD}/versions", **source)
    schema = {
        "experiment_id": experiment,
        "name": f"asks {WORD}",
        "type": "FEEDBACK",
        "input": {"pass_fail": {"positive_label": "yes", "negative_label": "no"}},
    }
    made["schema_id"] = admin.post("/api/3.0/mlflow/label-schemas/create", **schema)["label_schema"]["schema_id"]
    queue = {"experiment_id": experiment, "name": f"queue {WORD}", "queue_type": "CUSTOM", "schema_ids": [made["schema_id"]]}
    made["queue_id"] = admin.post("/api/3.0/mlflow/review-queues/create", **queue)["review_queue"]["queue_id"]
    issue = {"experiment_id": experiment, "name": f"issue {WORD}", "description": WORD, "status": "pending"}
    made["issue_id"] = admin.post("/api/3.0/mlflow/issues", **issue)["issue"]["issue_id"]
    for kind, name in (("experiment", experiment), ("registered_model", made["model"]), ("prompt", made["prompt"]), *CATALOG):
        grant(admin, people["outsider"], kind, name, "DENY")
        grant(admin, people["manager"], kind, name, "MANAGE")
    return made


def _trace(server: RunningServer, experiment: str) -> tuple[str, str]:
    headers = {"authorization": f"Bearer {KEY}", "x-mlflow-experiment-id": experiment}
    exporter = OTLPSpanExporter(f"{server.url}/v1/traces", headers=headers)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": f"model-{WORD}",
        "gen_ai.conversation.id": f"session-{WORD}",
        "input.value": WORD,
        "service.name": WORD,
    }
    with provider.get_tracer("test").start_as_current_span(f"span {WORD}", attributes=said) as span:
        context = span.get_span_context()
    provider.shutdown()
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


# Who may, by route. A route that is in none of these tables fails the test.

READ = {
    "/api/v1/traces/{trace_id}",
    "/api/v1/traces/{trace_id}/spans/{span_id}",
    "/api/v1/prompts/{prompt}",
    "/api/v1/prompts/{prompt}/versions/{version}",
    "/api/v1/models/{model}",
    "/api/v1/models/{model}/versions/{version}",
    "/traces/{trace_id}",
    "/ui/traces/{trace_id}/panel",
    "/ui/traces/{trace_id}/spans",
    "/prompts/{prompt}",
    "/experiments/{experiment_id}",
    "/runs/{run_id}",
    "/experiments/{experiment_id}/runs/{run_id}",
    "/runs/{run_id}/artifacts",
    "/logged-models/{model_id}",
    "/experiments/{experiment_id}/models/{model_id}",
    "/models/{model}",
    "/models/{model}/versions/{version}",
    "/datasets/{dataset_id}",
    "/mcp-servers/{namespace}/{slug}",
    "/skills/{skill_name}",
    "/skills/{owner}/{skill_name}",
    "/experiments/{experiment_id}/scorers",
    "/experiments/{experiment_id}/issues",
    "/queues/{queue_id}",
    "/ui/lineage?of=run:{run_id}",
    "/ui/lineage?of=trace:{trace_id}",
    "/ui/lineage?of=prompt:{prompt}/1",
    "/ui/lineage?of=model_version:{model}/1",
    "/ui/lineage?of=logged_model:{model_id}",
    "/api/v1/lineage?of=run:{run_id}",
    "/api/v1/lineage?of=trace:{trace_id}",
    "/compare-runs?run={run_id}",
    "/ui/chart?key=loss&run={run_id}",
    "/get-artifact?run_uuid={run_id}&path={word}.txt",
    "/api/3.0/mlflow/datasets/{dataset_id}",
    "/api/3.0/mlflow/datasets/{dataset_id}/records",
    "/api/3.0/mlflow/datasets/{dataset_id}/experiment-ids",
    "/api/3.0/mlflow/label-schemas/get?schema_id={schema_id}",
    "/api/3.0/mlflow/label-schemas/list?experiment_id={experiment_id}",
    "/api/3.0/mlflow/review-queues/get?queue_id={queue_id}",
    "/api/3.0/mlflow/review-queues/items/list?queue_id={queue_id}",
    "/api/3.0/mlflow/review-queues/list?experiment_id={experiment_id}",
    "/api/3.0/mlflow/issues/{issue_id}",
    "/api/3.0/mlflow/scorers/list?experiment_id={experiment_id}",
    "/api/3.0/mlflow/traces/tr-{trace_id}",
    "/api/2.0/mlflow/traces?experiment_ids={experiment_id}",
}
"""Of the secret things: nobody who is kept from them, everybody else who signs in."""

WRITE = {
    ("PUT", "/api/v1/prompts/{prompt}/aliases/{alias}"): {"version": 1},
    ("DELETE", "/api/v1/prompts/{prompt}/aliases/{alias}"): {},
    ("PUT", "/api/v1/models/{model}/aliases/{alias}"): {"version": 1},
    ("DELETE", "/api/v1/models/{model}/aliases/{alias}"): {},
    ("PUT", "/api/v1/models/{model}/versions/{version}/stage"): {"stage": "Staging"},
    ("POST", "/api/v1/traces/{trace_id}/assessments"): {"name": "said", "value": True},
    ("POST", "/ui/traces/{trace_id}/feedback"): {},
    ("POST", "/queues/{queue_id}"): {},
    ("POST", "/api/3.0/mlflow/datasets/{dataset_id}/records"): {"records": "[]"},
    ("PATCH", "/api/3.0/mlflow/datasets/{dataset_id}/tags"): {"tags": "{}"},
    ("PATCH", "/api/3.0/mlflow/issues/{issue_id}"): {},
    ("POST", "/api/3.0/mlflow/review-queues/items/add"): {"queue_id": "{queue_id}", "item_ids": ["x"]},
    ("PATCH", "/api/3.0/mlflow/label-schemas/update"): {"schema_id": "{schema_id}", "instruction": "?"},
}
"""Of the secret things: editors and managers, not viewers."""

REMOVE: dict[tuple[str, str], dict[str, object]] = {
    ("DELETE", "/api/v1/prompts/{prompt}/versions/{version}"): {},
    ("DELETE", "/api/v1/prompts/{prompt}"): {},
}
"""Of the secret things: managers, not editors."""

LISTS = {
    "/", "/welcome", "/ui/first-trace", "/traces", "/ui/traces", "/prompts", "/experiments", "/models", "/datasets", "/gateway", "/mcp-servers", "/skills",
    "/compare-runs", "/traces/selection", "/traces/compare", "/ui/chart", "/ui/lineage", "/sessions/{path}", "/queues", "/static-files/lib/notebook-trace-renderer/index.html",
    "/api/v1/traces", "/api/v1/sessions/{session_id}", "/api/v1/usage", "/api/v1/prompts", "/api/v1/models", "/api/v1/moves", "/api/v1/lineage",
}  # fmt: skip
"""For everybody who signs in, without what they may not read."""

WHOLE = {"/judges", "/judges/{name}", "/api/v1/judges", "/api/v1/judges/{name}", "/api/v1/judges/{name}/why/{trace_id}"}
WHOLE |= {"/api/v1/judges/runs/{run_id}"}
"""For those who may read every trace: their figures are of all of them."""

ABOUT = {"/static/{digest}/{path}", "/api/v1/openapi.json", "/api/v1/schema", "/api/v1/schema/openapi.json", "/api/v1/schema/{path}"}
ABOUT |= {"/experiments/{experiment_id}/traces", "/experiments/{experiment_id}/{part}"}  # they lead to pages that look again
ADMINISTRATION = (
    "/keys",
    "/users",
    "/webhooks",
    "/api/v1/keys",
    "/api/v1/budgets",
    "/api/v1/cache",
    "/api/v1/deleted",
    "/api/v1/import",
    "/api/v1/webhooks",
    "/metrics",
)
MODELS = ("/v1/", "/v1beta", "/upload", "/v2/", "/rerank", "/gateway/", "/anthropic/", "/gemini/", "/endpoints/", "/passthrough")
MODELS += ("/openai/", "/api/2.0/endpoints", "/api/2.0/gateway/", "/api/3.0/gateway/")
OWN = "/api/v1/users/"


def decision(method: str, path: str) -> str:
    """What a route is for; ``unknown`` fails."""
    named = re.sub(r"/(prompts|models)/\{name\}", lambda found: f"/{found[1]}/{{{found[1][:-1]}}}", path)
    if path in OPEN_PATHS:
        return "open"
    if path.startswith(ADMINISTRATION):
        return "administrators"
    if method == "GET" and named in READ:
        return "read"
    if (method, named) in WRITE or (method, named) in REMOVE:
        return "change"
    if method == "GET" and path in LISTS | ABOUT:
        return "all"
    if path in WHOLE and method == "GET":
        return "whole"
    if path.startswith(OWN):
        return "own"
    if path in {"/graphql", "/traces/selection"}:
        return "endpoint by endpoint"
    if path in {"/sign-in", "/sign-out"}:
        return "signing in"
    makes = {"/playground", "/api/v1/judges/{name}/runs", "/api/v1/prompts", "/api/v1/prompts/{name}/render"}
    return "makers" if path.startswith(MODELS) or path in makes else "unknown"


def test_every_route_is_decided_about(app):
    unknown = sorted(route for route in routes(app) if decision(*route) == "unknown")
    assert unknown == [], "say in this file who may use them"


def filled(path: str, things: dict[str, str]) -> str:
    """A path with the secret things in the places of its parameters."""
    values = {**things, "version": "1", "alias": "production", "word": WORD}
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], "x"), path)


def test_nobody_enters_anywhere_without_signing_in(app, users_server):
    with httpx.Client(base_url=users_server.url) as http:
        for method, path in sorted(routes(app)):
            expected = (
                {200} if path in OPEN_PATHS else {200, 401} if path == "/sign-in" else {404} if path.startswith("/static/") else {401}
            )
            assert http.request(method, path.replace("{", "").replace("}", "")).status_code in expected, (method, path)


def test_administration_is_for_administrators_and_calling_models_for_who_may_make_things(app, people):
    for method, path in sorted(routes(app)):
        where = path.replace("{", "").replace("}", "")
        match decision(method, path):
            case "administrators":
                assert people["editor"].http.request(method, where).status_code == 403, (method, path)
            case "makers" if not path.endswith(("/render", "/prompts")):
                assert people["viewer"].http.request(method, where).status_code == 403, (method, path)
    assert people["admin"].status("GET", "/api/v1/keys") == people["admin"].status("GET", "/metrics") == 200
    assert people["editor"].status("GET", "/v1/models") == 200


def test_what_is_kept_from_somebody_is_not_there_for_them_and_there_for_others(people, things):
    for path in sorted(READ):
        where = filled(path, things)
        hidden = people["outsider"].http.get(where)
        assert hidden.status_code in {403, 404} or "lineage" in where, (path, hidden.status_code)
        assert WORD not in hidden.text.replace(where, "").replace(things["prompt"], "").replace(things["model"], ""), path
        shown = people["viewer"].http.get(where)
        assert shown.status_code == 200, (path, shown.status_code, shown.text[:300])


def test_things_are_changed_by_editors_and_removed_by_managers(people, things):
    for (method, path), body in (WRITE | REMOVE).items():
        where, asked = (
            filled(path, things),
            {name: filled(value, things) if value == f"{{{name}}}" else value for name, value in body.items()},
        )
        for name in ("outsider", "viewer", *(("editor",) if (method, path) in REMOVE else ())):
            refused = people[name].http.request(method, where, json=asked)
            assert refused.status_code == 403, (name, method, path, refused.text[:300])
        if (method, path) in REMOVE:
            continue
        allowed = people["editor"].http.request(method, where, json=asked)
        assert allowed.status_code not in REFUSED, (method, path, allowed.text[:300])
    assert people["viewer"].status("POST", "/api/v1/prompts", name=things["prompt"], template="x") == 403
    assert people["viewer"].status("POST", "/api/v1/prompts", name="new-one", template="x") == 403
    assert people["outsider"].status("POST", f"/api/v1/prompts/{things['prompt']}/render", variables={}) == 403


def test_no_list_no_search_and_no_figure_holds_a_word_of_what_is_kept_from_somebody(people, things):
    """Each of these does hold it for those who may read it; otherwise the test would look at nothing."""
    asked = [
        ("GET", path, {}) for path in ("/traces", "/ui/traces", "/queues", "/prompts", "/experiments", "/models", "/datasets", "/gateway")
    ]
    asked += [("GET", path, {}) for path in ("/mcp-servers", "/skills")]
    asked += [("GET", f"/api/v1/{name}", {}) for name in ("traces", "prompts", "models", "moves", "usage")]
    asked += [("GET", f"/sessions/session-{WORD}", {}), ("GET", f"/api/v1/sessions/session-{WORD}", {})]
    asked += [("POST", f"/api/3.0/mlflow/{name}/search", {}) for name in ("datasets", "issues")]
    asked += [("POST", f"{name}/search", {"max_results": 1000}) for name in ("experiments",)]
    asked += [("GET", f"{name}/search", {}) for name in ("registered-models", "model-versions")]
    asked += [("POST", "runs/search", {"experiment_ids": [things["experiment_id"]]})]
    runs = f'mutation {{ mlflowSearchRuns(input: {{experimentIds: ["{things["experiment_id"]}"]}}) {{ runs {{ info {{ runName }} }} }} }}'
    run = f'{{ mlflowGetRun(input: {{runId: "{things["run_id"]}"}}) {{ run {{ info {{ runName }} experiment {{ name }} }} }} }}'
    asked += [("POST", "/graphql", {"query": query}) for query in (runs, run)]
    for method, path, fields in asked:
        seen, hidden = people["viewer"].call(method, path, **fields), people["outsider"].call(method, path, **fields)
        assert WORD in seen.text, (method, path, seen.status_code, seen.text[:500])
        assert WORD not in hidden.text.replace(f"session-{WORD}", ""), (method, path)
    for path in ("/judges", "/judges/strict", "/api/v1/judges", "/api/v1/judges/strict", f"/api/v1/judges/strict/why/{things['trace_id']}"):
        assert people["viewer"].status("GET", path) == 200
        assert people["outsider"].status("GET", path) == 403


def test_traces_that_are_chosen_together_are_read_and_changed_one_by_one(people, things):
    trace_id = things["trace_id"]
    for path in (f"/traces/selection?trace={trace_id}", f"/traces/compare?a={trace_id}&b={trace_id}"):
        assert WORD in people["viewer"].http.get(path).text and WORD not in people["outsider"].http.get(path).text
    for act in ({"do": "tag", "key": "a", "value": "b"}, {"do": "delete", "sure": "yes"}):
        for name in ("outsider", "viewer"):
            refused = people[name].http.post("/traces/selection", data={"trace": trace_id, **act})
            assert refused.status_code in {403, 404}, (name, act, refused.status_code)
    assert people["viewer"].status("GET", f"/traces/{trace_id}") == 200


def test_a_prompt_that_is_kept_from_somebody_answers_nothing_through_the_gateway(people, things):
    editor = people["editor"]
    chat = {"model": f"prompts:/{things['prompt']}/1", "messages": [{"role": "user", "content": "hi"}]}
    before = editor.call("POST", "/v1/chat/completions", **chat)
    grant(people["admin"], editor, "prompt", things["prompt"], "DENY")
    after = editor.call("POST", "/v1/chat/completions", **chat)
    assert before.status_code != 404 and after.status_code == 404 and "Say" not in after.text
