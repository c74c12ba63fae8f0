"""Bad requests are answered as MLflow 3.18 answers them: the facts beside this were recorded from its server.

Each line of ``tests/registry/bad_requests`` is a request, and the status, code and (where ours is the same) sentence of MLflow's answer.
``{run}`` and the like stand for what the test made; ``{x*501}`` for 501 letters x. Left out is what MLflow answers by accident: a body that it
half reads, a parameter of the path that it wants in the body too, errors of its database.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.registry.tracking import Api, Refused

RECORDED = Path(__file__).parent.parent / "bad_requests"
REPEATED = re.compile(r"\{(.)\*(\d+)\}")


@pytest.fixture(scope="module")
def names(api: Api) -> dict[str, str]:
    """What the requests are about."""
    experiment, deleted = api.experiment(name="named"), api.experiment(name="deleted")
    api.post("experiments/delete", experiment_id=deleted)
    runs = {name: api.run(experiment) for name in ("run", "deleted_run", "param_run")}
    api.post("runs/delete", run_id=runs["deleted_run"])
    for run in ("run", "param_run"):
        api.post("runs/log-parameter", run_id=runs[run], key="p", value="v")
    models = {name: api.post("logged-models", experiment_id=experiment)["model"]["info"]["model_id"] for name in ("model", "deleted_model")}
    api("DELETE", f"logged-models/{models['deleted_model']}")
    api.post("registered-models/create", name="registered")
    api.post("model-versions/create", name="registered", source="s3://b/x")
    known = {
        "registered": "registered",
        "experiment": experiment,
        "deleted_experiment": deleted,
        "name": "named",
        "deleted_name": "deleted",
    }
    return {**known, **runs, **models, "unique": "one of its kind"}


def filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        value = REPEATED.sub(lambda found: found[1] * int(found[2]), value)
        return re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    if isinstance(value, dict):
        return {filled(key, names): filled(each, names) for key, each in value.items()}
    return value


@pytest.mark.parametrize("api", ["sqlite"], indirect=True)
@pytest.mark.parametrize("area", sorted(file.stem for file in RECORDED.glob("*.jsonl")))
def test_bad_requests_are_answered_as_mlflow_does(api, names, area):
    different = []
    for line in (RECORDED / f"{area}.jsonl").read_text().splitlines():
        case = filled(json.loads(line), names)
        try:
            api(case["method"], case["path"], **case["fields"])
        except Refused as refused:
            answer = {"status": refused.status, "code": refused.code, "message": refused.message}
        else:
            answer = {"status": 200}
        if any(answer.get(name) != case[name] for name in ("status", "code", "message") if name in case):
            different.append((case, answer))
    assert not different
