"""What MLflow's pages ask in GraphQL."""

import pytest

RUN = """
query GetRun($id: String) @component(name: "RunPage") {
  mlflowGetRun(input: {runId: $id}) {
    run {
      info { status endTime }
      data { metrics { key value step } tags { key } }
      inputs { datasetInputs { dataset { name } } }
      experiment { name }
      modelVersions { name status }
    }
    apiError { message }
  }
}
"""


def test_a_run_is_answered_with_what_belongs_to_it_and_with_numbers_that_javascript_can_hold(api, experiment, run):
    name = f"model of {run}"
    api.post("registered-models/create", name=name)
    api.post("model-versions/create", name=name, source=f"runs:/{run}/m", run_id=run)
    api.post("runs/log-metric", run_id=run, key="loss", value=0.5, timestamp=1, step=2**40)
    api.post("runs/log-metric", run_id=run, key="none", value="NaN", timestamp=1)

    answer = api.ask(RUN, id=run)
    assert answer["errors"] is None
    found = answer["data"]["mlflowGetRun"]["run"]
    assert answer["data"]["mlflowGetRun"]["apiError"] is None
    assert found["info"] == {"status": "RUNNING", "endTime": "0"}
    assert {each["key"]: (each["value"], each["step"]) for each in found["data"]["metrics"]} == {
        "loss": (0.5, str(2**40)),
        "none": (None, "0"),
    }
    assert found["inputs"] == {"datasetInputs": []}
    assert found["experiment"]["name"] == api.get("experiments/get", experiment_id=experiment)["experiment"]["name"]
    assert found["modelVersions"] == [{"name": name, "status": "READY"}]


def test_searches_and_histories_are_those_of_the_endpoints(api, experiment):
    first, second = api.run(experiment), api.run(experiment)
    found = api.ask(
        "mutation ($ids: [String]) { mlflowSearchRuns(input: {experimentIds: $ids}) { runs { info { runId } } } }", ids=[experiment]
    )
    assert [each["info"]["runId"] for each in found["data"]["mlflowSearchRuns"]["runs"]] == [second, first]
    for step in range(3):
        api.post("runs/log-metric", run_id=first, key="m", value=step, timestamp=step, step=step)
    asked = f'{{ mlflowGetMetricHistoryBulkInterval(input: {{runIds: ["{first}"], metricKey: "m"}}) {{ metrics {{ timestamp value }} }} }}'
    history = api.ask(asked)["data"]["mlflowGetMetricHistoryBulkInterval"]["metrics"]
    assert history == [{"timestamp": str(step), "value": float(step)} for step in range(3)]
    dataset = {"name": "d", "digest": "1", "source_type": "local", "source": "s"}
    api.post("runs/log-inputs", run_id=first, datasets=[{"dataset": dataset}])
    asked = f'mutation {{ mlflowSearchDatasets(input: {{experimentIds: ["{experiment}"]}}) {{ datasetSummaries {{ name context }} }} }}'
    assert api.ask(asked)["data"]["mlflowSearchDatasets"]["datasetSummaries"] == [{"name": "d", "context": ""}]


DEEP = '{ mlflowGetExperiment(input: {experimentId: "0"}) ' + "{ experiment " * 11 + "{ name }" + " }" * 12
WIDE = '{ mlflowGetExperiment(input: {experimentId: "0"}) { ' + " ".join(f"field{n} {{ name }}" for n in range(1001)) + " } }"
CIRCLE = '{ mlflowGetExperiment(input: {experimentId: "0"}) { ...a } } fragment a on MlflowGetExperimentResponse { experiment { ...a } }'


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{", "Syntax Error: Expected Name, found <EOF>."),
        ("{ nothing }", "Cannot query field 'nothing' on type 'Query'."),
        ("{" + " ".join(f"a{n}: test {{ output }}" for n in range(11)) + "}", "GraphQL queries should have at most 10 root fields"),
        ("{ test { " + " ".join(f"a{n}: output" for n in range(11)) + " } }", "queries should have at most 10 aliases"),
        (DEEP, "Query exceeds maximum depth of 10"),
        (CIRCLE, "Query exceeds maximum depth of 10"),
        (WIDE, "Query exceeds maximum total selections of 1000"),
        ("{ test " * 10_000, "nested too deeply"),
        ("{" + " test" * 20_001, "20000 tokens"),
        ('{ mlflowGetExperiment(input: {experimentId: "987654321"}) { experiment { name } } }', "No Experiment with id=987654321 exists"),
        ("{ mlflowGetRun(input: {}) { run { info { runId } } } }", "Missing value for required parameter 'run_id'"),
    ],
)
def test_a_query_that_cannot_be_answered_is_told_why_and_costs_little(api, query, message):
    answer = api.ask(query)
    assert message in answer["errors"][0]
    assert not any((answer["data"] or {}).values())


def test_what_is_echoed_is_what_was_said(api):
    assert api.ask('{ test(inputString: "é") { output } }') == {"data": {"test": {"output": "é"}}, "errors": None}
