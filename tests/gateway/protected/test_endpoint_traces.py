"""Traces of an endpoint that MLflow's client set up: in its experiment, with its id; those within a caller's trace stay with the caller's."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="package")
ADMIN = "/api/3.0/mlflow/gateway"


async def made(rig, path: str, **body) -> dict:
    answer = await rig.http.post(f"{ADMIN}/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def found(rig, experiment: str) -> dict[str, dict]:
    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
    traces = (await rig.http.post("/api/3.0/mlflow/traces/search", json={"locations": [place]})).json().get("traces", [])
    return {trace["trace_id"]: trace["trace_metadata"] for trace in traces}


async def test_an_endpoints_traces_lie_in_its_experiment(rig):
    base = {"api_base": rig.upstream.url}
    secret = await made(rig, "secrets/create", secret_name="s", secret_value={"api_key": "sk-123456"}, provider="openai", auth_config=base)
    named = {"provider": "openai", "model_name": "m", "secret_id": secret["secret"]["secret_id"]}
    model = await made(rig, "model-definitions/create", name="small", **named)
    uses = [{"model_definition_id": model["model_definition"]["model_definition_id"], "linkage_type": "PRIMARY"}]
    endpoint = (await made(rig, "endpoints/create", name="tracked", model_configs=uses))["endpoint"]
    quiet = (await made(rig, "endpoints/create", name="untracked", model_configs=uses, usage_tracking=False))["endpoint"]
    assert "experiment_id" not in quiet
    answer = await rig.ask("tracked")
    await rig.ask("untracked")
    caller = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    assert (await rig.ask("tracked", headers=caller)).status_code == 200
    assert await rig.trace(answer)  # it is stored
    traces = await found(rig, endpoint["experiment_id"])
    assert list(traces) == [f"tr-{answer.headers['x-tidegate-trace-id']}"]
    (metadata,) = traces.values()
    assert metadata["mlflow.gateway.endpointId"] == endpoint["endpoint_id"]
    assert metadata["mlflow.gateway.requestType"] == "unified/chat"
