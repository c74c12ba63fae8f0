"""Bad requests about scorers, datasets, issues, questions and queues are answered as MLflow 3.18 answers them: recorded from its server.

Each line of ``bad_requests.jsonl`` beside this is a request and MLflow's answer to it; ``{experiment}`` stands for the one there is.
"""

import json
import re
from pathlib import Path

import pytest

RECORDED = Path(__file__).parent / "bad_requests.jsonl"
NAMED = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("migrated_settings", ["sqlite"], indirect=True)
async def test_bad_requests_are_answered_as_mlflow_does(client):
    different = []
    for line in RECORDED.read_text().splitlines():
        case = json.loads(line.replace("{experiment}", client.experiment))
        path = NAMED.sub(lambda found, case=case: str(case["fields"].get(found[1], "x")), case["path"])
        sent = {"params" if case["method"] == "GET" else "json": case["fields"]}
        answer = await client.http.request(case["method"], f"/api/3.0/mlflow/{path}", **sent)
        told = answer.json()
        if (answer.status_code, told["error_code"], told["message"]) != (case["status"], case["code"], case["message"]):
            different.append((line, answer.status_code, told))
    assert not different
