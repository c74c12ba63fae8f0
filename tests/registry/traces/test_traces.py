"""Traces as MLflow's client writes and reads them."""

import base64
import math

from config.schema import TelemetrySettings
from config.settings.detection import DetectionSettings
from registry.reviews.queue_messages import AddItemsToReviewQueue, CreateReviewQueue, ListReviewQueueItems, ReviewQueueType
from registry.reviews.queues import ReviewQueueService
from registry.traces.correlation import mutual_information
from registry.traces.messages import TraceInfoV3
from registry.traces.withholding import Withholding
from tests.registry.traces.conftest import C, filed, span
from tracing.types import Assessment

A, B = "a" * 32, "b" * 32


async def test_what_spans_say_and_what_is_announced_give_one_trace_in_either_order(client):
    said = {
        "execution_duration": "1.5s",
        "tags": {"env": "t", "mlflow.artifactLocation": "x"},
        "trace_metadata": {"mlflow.trace.session": "s1"},
    }
    of_first = span(A, "agent", mlflow__spanType='"AGENT"', mlflow__spanInputs='{"q": "é✓"}', k="1", d='{"a": [1, 2.5, null]}')
    of_second = {**of_first, "traceId": B}
    await client.start(f"tr-{A}", **said)
    await client.send(of_first)
    await client.send(of_second)
    answered = await client.start(f"tr-{B}", **said)

    first, second = (await client.call("GET", "traces/batchGet", trace_ids=[f"tr-{A}", f"tr-{B}", "tr-unknown"]))["traces"]
    for trace, digits in ((first, A), (second, B)):
        info = trace["trace_info"]
        assert info.pop("trace_id") == f"tr-{digits}"
        tags = info["tags"]
        assert tags.pop("mlflow.artifactLocation").endswith(f"/{client.experiment}/traces/tr-{digits}/artifacts")
        assert tags == {"mlflow.traceName": "agent", "env": "t", "mlflow.trace.spansLocation": "TRACKING_STORE"}
        (only,) = trace["spans"]
        assert base64.b64decode(only.pop("trace_id")).hex() == digits
        given = {each["key"]: each["value"] for each in only["attributes"]}
        assert given.pop("mlflow.traceRequestId") == {"string_value": f"tr-{digits}"}
        assert given == {
            "mlflow.spanType": {"string_value": "AGENT"},
            "mlflow.spanInputs": {"kvlist_value": {"values": [{"key": "q", "value": {"string_value": "é✓"}}]}},
            "k": {"string_value": "1"},
            "d": {
                "kvlist_value": {
                    "values": [{"key": "a", "value": {"array_value": {"values": [{"int_value": 1}, {"double_value": 2.5}, {}]}}}]
                }
            },
        }
        only["attributes"] = given
    assert first == second
    assert first["trace_info"]["execution_duration"] == "1.5s" == answered["execution_duration"]
    assert answered["tags"]["mlflow.trace.spansLocation"] == "TRACKING_STORE"


async def test_a_client_that_cannot_send_its_spans_stores_them_as_a_file_and_they_are_read_as_if_sent(client):
    announced = await client.start(f"tr-{A}", trace_metadata={"mlflow.trace.sizeStats": '{"num_spans": 1}'})
    assert "mlflow.trace.spansLocation" not in announced["tags"]
    uploaded = filed(A, "agent", mlflow__spanInputs='{"big": 100000000000000000000}', mlflow__spanType='"AGENT"')
    await client.upload(f"tr-{A}", uploaded)
    await client.upload(f"tr-{A}", uploaded)
    trace = (await client.call("GET", "traces/get", trace_id=f"tr-{A}"))["trace"]
    assert trace["trace_info"]["tags"]["mlflow.trace.spansLocation"] == "TRACKING_STORE"
    (only,) = trace["spans"]
    assert (only["name"], only["status"]) == ("agent", {"code": "STATUS_CODE_ERROR", "message": "no"})
    assert (only["events"][0]["name"], base64.b64decode(only["links"][0]["trace_id"]).hex()) == ("exception", C)
    said = {each["key"]: each["value"] for each in only["attributes"]}
    assert said["mlflow.spanInputs"]["kvlist_value"]["values"] == [{"key": "big", "value": {"string_value": "100000000000000000000"}}]
    assert await client.find("span.type = 'AGENT'") == ["agent"]


async def test_a_file_of_spans_adds_nothing_to_a_trace_that_lies_elsewhere_or_that_nobody_announced(client):
    await client.send(span(A))
    await client.upload(f"tr-{A}", filed(A, "forged"), filed(A, "forged"), experiment="0")
    await client.upload(f"tr-{B}", filed(B, "unannounced"))
    await client.upload(f"tr-{A}", {"no": "span"})
    found = (await client.call("GET", "traces/batchGet", trace_ids=[f"tr-{A}", f"tr-{B}"]))["traces"]
    assert [each["name"] for trace in found for each in trace["spans"]] == ["root"]


async def test_a_text_that_looks_like_a_number_stays_a_text(client):
    said = ("1", "true", "-0", "1e5", '"1"')
    ids = [f"{number:032x}" for number in range(1, len(said) + 1)]
    await client.send(*(span(trace, "root", mlflow__spanOutputs=text) for trace, text in zip(ids, said, strict=True)))
    for trace, text in zip(ids, said, strict=True):
        (found,) = (await client.call("GET", "traces/get", trace_id=f"tr-{trace}"))["trace"]["spans"]
        assert {each["key"]: each["value"] for each in found["attributes"]}["mlflow.spanOutputs"] == {"string_value": text.strip('"')}


async def test_attributes_come_back_as_what_they_were_texts_that_look_like_something_else_too(client):
    texts = {"a": "1", "b": "true", "c": "null", "d": "-1.5e3", "e": " 7", "f": "", "g": "tru", "h": "tidegate.texts"}
    others = {"i": {"intValue": "1"}, "j": {"boolValue": True}, "k": {"doubleValue": 2.5}, "l": {}}
    sent = span(A, "root", **texts)
    sent["attributes"] += [{"key": key, "value": value} for key, value in others.items()]
    await client.send(sent, span(A, "child", parent=sent["spanId"], a="x", **{"tidegate.texts": "3"}))
    (root, child) = (await client.call("GET", "traces/get", trace_id=f"tr-{A}"))["trace"]["spans"]
    found = {each["key"]: each.get("value", {}) for each in root["attributes"] if not each["key"].startswith("mlflow")}
    expected = {"i": {"int_value": 1}, "j": {"bool_value": True}, "k": {"double_value": 2.5}, "l": {}}
    assert found == {key: {"string_value": text} for key, text in texts.items()} | expected
    assert {"key": "a", "value": {"string_value": "x"}} in child["attributes"]
    assert await client.find("span.attributes.a = '1'") == ["root"]


async def test_nothing_in_a_span_is_told_from_something_empty_and_long_integers_keep_their_digits(client):
    said = {"mlflow__spanInputs": "{}", "mlflow__spanOutputs": "", "list": "[]", "big": "1" + "0" * 400}
    await client.send(span(A, "empty", **said), span(A, "silent"))
    spans = (await client.call("GET", "traces/get", trace_id=f"tr-{A}"))["trace"]["spans"]
    empty, silent = ({each["key"]: each["value"] for each in found["attributes"]} for found in spans)
    assert empty["mlflow.spanInputs"] == {"kvlist_value": {"values": []}}
    assert empty["mlflow.spanOutputs"] == {"string_value": ""}
    assert (empty["list"], empty["big"]) == ({"array_value": {"values": []}}, {"string_value": "1" + "0" * 400})
    assert "mlflow.spanInputs" not in silent


async def test_a_trace_that_only_spans_tell_of_has_its_state_times_tokens_and_cost_from_them(client):
    root = span(A, "agent", code=2, milliseconds=2000)
    counted = {"mlflow__spanType": '"CHAT_MODEL"', "mlflow__chat__tokenUsage": '{"input_tokens": 4, "output_tokens": 6}'}
    await client.send(root, span(A, "chat", parent=root["spanId"], **counted, mlflow__llm__cost='{"total_cost": 0.5}'))
    await client.send(span(B, "child", parent="f" * 16))
    ended = (await client.call("GET", f"traces/tr-{A}"))["trace"]["trace_info"]
    assert (ended["state"], ended["execution_duration"]) == ("ERROR", "2s")
    assert ended["trace_metadata"] == {
        "mlflow.trace.tokenUsage": '{"input_tokens":4,"output_tokens":6,"total_tokens":10}',
        "mlflow.trace.cost": '{"total_cost":0.5}',
    }
    running = (await client.call("GET", f"traces/tr-{B}"))["trace"]["trace_info"]
    assert running["state"] == "IN_PROGRESS"
    assert "execution_duration" not in running


async def test_spans_of_the_gateway_are_in_the_default_experiment_and_can_be_tagged(client):
    await client.send(span(A, "chat"), accept="*/*")
    await client.call("PATCH", f"traces/{A}/tags", {"key": "z", "value": "1"}, version="2.0")
    client.experiment = "0"
    assert await client.find("tags.z = '1'") == ["chat"]
    await client.call("DELETE", f"traces/tr-{A}/tags", {"key": "z"})
    assert await client.find("tags.z = '1'") == []
    missing = await client.call("DELETE", f"traces/tr-{A}/tags", {"key": "z"}, status=404)
    assert missing["message"] == f"No trace tag with key 'z' for trace with ID 'tr-{A}'"


async def test_a_header_that_names_no_experiment_or_is_forgotten_is_refused_as_mlflow_does(client):
    assert (await client.send(span(A), status=404, **{"x-mlflow-experiment-id": "77"}))["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert (await client.send(span(A), status=400, **{"x-mlflow-experiment-id": "x"}))["error_code"] == "INVALID_PARAMETER_VALUE"
    assert "no spans" in (await client.send(status=400))["detail"]
    headers = {"x-mlflow-experiment-id": client.experiment, "content-type": "text/plain"}
    unread = await client.http.post("/v1/traces", content=b"x", headers=headers)
    assert (unread.status_code, "text/plain" in unread.json()["detail"]) == (400, True)
    placed = span(A)
    await client.send(placed)
    assert "x-mlflow-experiment-id" in str((await client.send(placed, status=422, accept="*/*"))["detail"])
    assert "another experiment" in (await client.send(span(A), status=400, **{"x-mlflow-experiment-id": "0"}))["message"]


async def test_every_kind_of_clause_finds_its_traces_and_orders_them(client):
    await client.start(
        f"tr-{A}", tags={"mlflow.traceName": "one", "env": "t"}, trace_metadata={"mlflow.sourceRun": "r1"}, execution_duration="3s"
    )
    root = span(A, "one", mlflow__spanType='"AGENT"')
    await client.send(
        root, span(A, "find", parent=root["spanId"], mlflow__spanType='"RETRIEVER"', mlflow__spanInputs='"50% é✓ off"', model='"m1"')
    )
    await client.start(f"tr-{B}", tags={"mlflow.traceName": "two", "env": "p"}, state="ERROR", request_time="2026-09-22T12:00:00Z")
    await client.start("made-up", tags={"mlflow.traceName": "three"}, client_request_id="mine", request_time="2026-09-20T12:00:00Z")
    await client.call("POST", "traces/link-to-run", {"trace_ids": [f"tr-{B}"], "run_id": "r2"}, version="2.0")
    await client.call(
        "POST", "traces/link-prompts", {"trace_id": "made-up", "prompt_versions": [{"name": "p", "version": "2"}]}, version="2.0"
    )
    for name, value in (("ok", True), ("rank", 3), ("label", "Good")):
        said = {"assessment_name": name, "feedback": {"value": value}, "source": {"source_type": "HUMAN", "source_id": "me"}}
        await client.call("POST", f"traces/tr-{A}/assessments", {"assessment": said})

    expected = {
        None: ["two", "one", "three"],
        "tags.env = 't'": ["one"],
        "tags.env != 't'": ["two"],
        "tag.env IS NULL": ["three"],
        "metadata.`mlflow.sourceRun` = 'r1'": ["one"],
        "metadata.mlflow.sourceRun = 'r2'": ["two"],
        "trace.name LIKE 't%'": ["two", "three"],
        "name RLIKE '^(one|two)$'": ["two", "one"],
        "attributes.run_id = 'r1'": ["one"],
        "run_id = 'r2'": ["two"],
        "run_id IS NULL": ["three"],
        "status IN ('ERROR')": ["two"],
        "trace.status = 'OK' AND timestamp_ms > 0": ["one", "three"],
        "timestamp < 1789992000000": ["three"],
        "execution_time_ms = 3000": ["one"],
        "request_id = 'made-up'": ["three"],
        "client_request_id ILIKE 'MI%'": ["three"],
        "client_request_id != 'mine'": [],
        "client_request_id NOT IN ('other')": ["three"],
        'prompt = "p/2"': ["three"],
        "span.type = 'RETRIEVER' AND span.name = 'find'": ["one"],
        "span.type = 'AGENT' AND span.name = 'find'": [],
        "span.attributes.model = 'm1'": ["one"],
        "span.attributes.`model` LIKE 'm%'": ["one"],
        "trace.text LIKE '%50% é✓%'": ["one"],
        "span.content ILIKE '%É✓ OFF%'": ["one"],
        "span.content LIKE '%mode_%'": ["one"],
        "feedback.ok = 'true'": ["one"],
        "feedback.rank >= 3": ["one"],
        "feedback.rank > 3": [],
        "feedback.label ILIKE '%good%'": ["one"],
        "feedback.label IS NULL": ["two", "three"],
        "expectation.label = 'Good'": [],
        "tags.env = 't' AND tags.env = 'p'": [],
    }
    assert {clause: await client.find(clause) for clause in expected} == expected
    assert await client.find(None, "timestamp_ms ASC") == ["three", "one", "two"]
    assert await client.find(None, "execution_time DESC", "tags.env ASC") == ["one", "two", "three"]
    page = await client.call("POST", "traces/search", {"locations": [client.place()], "max_results": 2})
    assert await client.find(page_token=page["next_page_token"], max_results=2) == ["three"]
    for wrong in (
        "tags.env > 't'",
        "color = 'x'",
        "text LIKE '%a%'",
        "span.size = 'x'",
        "prompt = 'p'",
        "status = OK",
        "issue.name = 'x'",
        "name RLIKE '['",
        "name RLIKE '(?=x)'",
    ):
        refused = await client.call("POST", "traces/search", {"locations": [client.place()], "filter": wrong}, status=400)
        assert refused["error_code"] == "INVALID_PARAMETER_VALUE"


async def test_a_score_is_found_by_its_value_however_its_json_is_written(client):
    await client.start(f"tr-{A}", tags={"mlflow.traceName": "one"})
    for name, value in (("rank", 3), ("big", 1e8), ("label", "yes"), ("object", {"k": [1, "a"]}), ("digits", "5"), ("ok", True)):
        said = {"assessment_name": name, "feedback": {"value": value}, "source": {"source_type": "HUMAN", "source_id": "me"}}
        await client.call("POST", f"traces/tr-{A}/assessments", {"assessment": said})
    alike = ("rank = '3'", "rank = '3.0'", "big = '100000000.0'", "big = '1e8'", "label = 'yes'", "label = '\"yes\"'", "digits = '5'")
    for clause in (*alike, "ok = 'true'", 'object = \'{"k": [1, "a"]}\'', 'object = \'{"k":[1,"a"]}\''):
        assert await client.find(f"feedback.{clause}") == ["one"], clause
        assert await client.find(f"feedback.{clause.replace('=', '!=', 1)}") == [], clause
    for clause in ("rank = '4'", "rank = 'yes'", "label = 'no'", "ok = 'True'", "object = '{\"k\": 1}'"):
        assert await client.find(f"feedback.{clause}") == [], clause
        assert await client.find(f"feedback.{clause.replace('=', '!=', 1)}") == ["one"], clause


async def test_a_tag_of_a_trace_has_a_key_as_a_tag_of_a_run_has(client):
    await client.start(f"tr-{A}")
    for key in ("a/b", "x y", "mlflow.x:y-z_1", "k" * 250):
        await client.call("PATCH", f"traces/tr-{A}/tags", {"key": key, "value": "v"})
    for key in ("invalid?tag!name:(", "../", "/a", "a//b", "k" * 251):
        refused = await client.call("PATCH", f"traces/tr-{A}/tags", {"key": key, "value": "v"}, status=400)
        assert refused["error_code"] == "INVALID_PARAMETER_VALUE", key


async def test_what_is_said_of_a_session_finds_all_of_its_traces(client):
    session = {"mlflow.trace.session": "s1"}
    await client.start(f"tr-{A}", tags={"mlflow.traceName": "one"}, trace_metadata=session)
    await client.start(f"tr-{B}", tags={"mlflow.traceName": "two"}, trace_metadata=session)
    await client.start("made-up", tags={"mlflow.traceName": "three"}, trace_metadata={"mlflow.trace.session": "s2"})
    for name, metadata in (("calm", session), ("alone", {})):
        said = {"assessment_name": name, "feedback": {"value": 0.5}, "metadata": metadata}
        source = {"source_type": "HUMAN", "source_id": "me"}
        await client.call("POST", f"traces/tr-{A}/assessments", {"assessment": {**said, "source": source}})

    async def found(clause):
        return sorted(await client.find(clause))

    assert (
        await found("feedback.calm = '0.5'")
        == await found("feedback.calm > 0.1")
        == await found("feedback.calm IS NOT NULL")
        == ["one", "two"]
    )
    assert await found("feedback.calm IS NULL") == ["three"]
    assert await found("feedback.calm > 0.6") == []
    assert await found("feedback.alone = '0.5'") == ["one"]
    assert await found("feedback.alone IS NULL") == ["three", "two"]


async def test_what_overrides_an_assessment_stands_in_for_it_until_it_is_taken_back(client):
    await client.start(f"tr-{A}", tags={"mlflow.traceName": "one"})
    path = f"traces/tr-{A}/assessments"

    async def say(**said):
        return (await client.call("POST", path, {"assessment": {"source": {"source_type": "HUMAN", "source_id": "me"}, **said}}))[
            "assessment"
        ]

    first = await say(assessment_name="human", feedback={"value": 3}, rationale="ok", metadata={"a": "1"})
    one = f"{path}/{first['assessment_id']}"
    changed = {"feedback": {"value": 4}, "metadata": {"b": "2"}}
    updated = (await client.call("PATCH", one, {"assessment": changed, "update_mask": "feedback,metadata"}))["assessment"]
    assert (first["valid"], updated["valid"]) == (True, True)
    assert (updated["feedback"], updated["metadata"], updated["rationale"]) == ({"value": 4.0}, {"a": "1", "b": "2"}, "ok")
    second = await say(assessment_name="human", feedback={"value": 5}, overrides=first["assessment_id"])
    assert (await client.call("GET", one))["assessment"]["valid"] is False
    await client.call("DELETE", f"{path}/{second['assessment_id']}", {})
    await client.call("DELETE", f"{path}/{second['assessment_id']}", {})
    assert (await client.call("GET", one))["assessment"]["valid"] is True

    structured = {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": '{"a":[1,2]}'}}
    gold = await say(assessment_name="gold", expectation=structured)
    assert gold["expectation"] == structured
    failed = {"error": {"error_code": "TIMEOUT", "error_message": "late", "stack_trace": "in f"}}
    assert (await say(assessment_name="judge", feedback=failed))["feedback"] == failed
    issue = await say(assessment_name="iss-1", issue={"issue_name": "Slow"})
    assert issue["issue"] == {"issue_name": "Slow"}
    assert await client.find("issue.id = 'iss-1'") == ["one"]
    said = {"assessment_name": "x", "feedback": {"value": 1}}
    far = ("1700-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "yesterday")
    for wrong in (
        {"assessment_name": "x"},
        {"feedback": {"value": 1}},
        {**said, "feedback": {"value": 10**400}},
        *({**said, "create_time": each} for each in far),
    ):
        await client.call("POST", path, {"assessment": wrong}, status=400)
    refused = await client.call("PATCH", one, {"assessment": {"expectation": {"value": 1}}, "update_mask": "expectation"}, status=400)
    assert refused["message"] == "Cannot update expectation value on a Feedback assessment."
    await client.call("GET", f"{path}/a-none", status=404)


async def test_a_judges_score_is_an_assessment_for_the_client_and_a_persons_is_one_for_us(client):
    await client.send(span(A))
    client.assessments.put(
        [
            Assessment(
                assessment_id="a-1", trace_id=A, name="helpful", value=True, rationale="kind", source_type="LLM_JUDGE", source_id="helpful",
                judge_name="helpful", judge_version="3", created_at="2026-09-21T12:00:00.000Z", updated_at="2026-09-21T12:00:00.000Z",
            )
        ]
    )  # fmt: skip
    (seen,) = (await client.call("GET", f"traces/tr-{A}"))["trace"]["trace_info"]["assessments"]
    assert (seen["assessment_name"], seen["feedback"], seen["source"]["source_type"]) == ("helpful", {"value": True}, "LLM_JUDGE")
    assert seen["metadata"] == {"mlflow.assessment.scorerName": "helpful", "mlflow.assessment.scorerVersion": "3"}
    said = {"assessment_name": "mine", "feedback": {"value": "good"}, "source": {"source_type": "HUMAN", "source_id": "me"}}
    await client.call("POST", f"traces/tr-{A}/assessments", {"assessment": said})
    whole = (await client.http.get(f"/api/v1/traces/{A}")).json()
    assert whole["properties"]["info"] == {"experiment_id": client.experiment}
    for asked, count in ((f"experiment = '{client.experiment}'", 1), ("experiment != '0'", 1), ("experiment = '0'", 0), ("run = 'r'", 0)):
        assert len((await client.http.get("/api/v1/traces", params={"filter": asked})).json()["traces"]) == count
    ours = whole["assessments"]
    assert {each["name"]: each["value"] for each in ours} == {"helpful": True, "mine": "good"}


async def test_a_removed_trace_is_gone_with_all_that_was_said_of_it(client):
    await client.send(span(A), span(B))
    await client.start(f"tr-{C}", request_time="2026-09-30T12:00:00Z", tags={"mlflow.traceName": "late"})
    said = {"assessment_name": "x", "feedback": {"value": 1}}
    await client.call("POST", f"traces/tr-{A}/assessments", {"assessment": said})
    doomed = {"experiment_id": client.experiment, "request_ids": [f"tr-{A}", "tr-none"]}
    assert await client.call("POST", "traces/delete-traces", doomed, version="2.0") == {"traces_deleted": 1}
    gone = await client.call("GET", f"traces/tr-{A}", status=404)
    assert gone == {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"Trace with ID 'tr-{A}' not found."}
    await client.call("POST", f"traces/tr-{A}/assessments", {"assessment": said}, status=404)
    aged = {"experiment_id": client.experiment, "max_timestamp_millis": 1_790_500_000_000}
    assert await client.call("POST", "traces/delete-traces", aged) == {"traces_deleted": 1}
    assert await client.find() == ["late"]
    for wrong in ({}, {**doomed, **aged}, {**doomed, "max_traces": 1}, {**aged, "max_traces": 0}):
        await client.call("POST", "traces/delete-traces", {"experiment_id": client.experiment, **wrong}, status=400)


async def test_a_removed_trace_waits_for_no_review_any_more(client, metadata):
    queues = ReviewQueueService(metadata)
    made = await queues.create(CreateReviewQueue(experiment_id=client.experiment, name="q", queue_type=ReviewQueueType.CUSTOM))
    queue_id = made.review_queue.queue_id
    await queues.add_items(AddItemsToReviewQueue(queue_id=queue_id, item_ids=[f"tr-{A}", f"tr-{B}", "own-name"]))
    await client.send(span(A), span(B))
    await client.start("own-name", request_time="2026-09-30T12:00:00Z")
    doomed = {"experiment_id": client.experiment, "request_ids": [f"tr-{A}", "own-name", "tr-none"]}
    assert await client.call("POST", "traces/delete-traces", doomed) == {"traces_deleted": 2}
    left = await queues.list_items(ListReviewQueueItems(queue_id=queue_id))
    assert [each.item_id for each in left.items] == [f"tr-{B}"]


async def test_spans_that_are_older_than_spans_are_kept_are_not_waited_for(client, monkeypatch):
    monkeypatch.setattr("registry.traces.service.PATIENCE", (0.0, 0.0))
    counted = {"mlflow.trace.sizeStats": '{"num_spans": 1}'}
    await client.start(f"tr-{A}", request_time="2020-01-01T00:00:00Z", trace_metadata=counted)
    assert "spans" not in (await client.call("GET", "traces/get", trace_id=f"tr-{A}"))["trace"]


async def test_spans_that_were_counted_and_have_not_come_are_waited_for(client, monkeypatch):
    monkeypatch.setattr("registry.traces.service.PATIENCE", (0.0, 0.0))
    await client.start(f"tr-{A}", trace_metadata={"mlflow.trace.sizeStats": '{"num_spans": 2}'})
    await client.send(span(A))
    waiting = await client.call("GET", "traces/get", trace_id=f"tr-{A}", status=404)
    assert waiting["message"].endswith("not fully exported yet, please try again later.")
    assert (await client.call("GET", "traces/get", trace_id=f"tr-{A}", allow_partial="True"))["trace"]["spans"]


async def test_the_spans_of_a_trace_are_a_file_that_mlflow_reads_and_no_moment_of_an_event_loses_them(client, monkeypatch):
    monkeypatch.setattr("registry.traces.service.PATIENCE", (0.0, 0.0))
    moments = [0, 99_999, 1_790_000_000_000_000_001, 2**63]
    events = [{"timeUnixNano": str(at), "name": "said", "attributes": [{"key": "n", "value": {"intValue": "1"}}]} for at in moments]
    root = span(A, "root", fruit='"apple"') | {"events": events}
    await client.send(root, span(A, "inner", parent=root["spanId"]))
    for version in ("2.0", "3.0"):
        answer = await client.http.get(f"/ajax-api/{version}/mlflow/get-trace-artifact", params={"request_id": f"tr-{A}"})
        assert answer.headers["content-disposition"] == "attachment; filename=traces.json"
        first, inner = answer.json()["spans"]
        assert (first["attributes"]["fruit"], first["parent_span_id"], first["status"]) == (
            '"apple"',
            None,
            {"code": "STATUS_CODE_OK", "message": ""},
        )
        assert inner["parent_span_id"] == first["span_id"]
        assert [event["time_unix_nano"] for event in first["events"]] == [*moments[:3], 2**63 - 1]
        assert first["events"][0]["attributes"] == {"n": "1"}
    for asked, status in (({}, 400), ({"request_id": "tr-none"}, 404), ({"request_id": f"tr-{A}", "path": "a.png"}, 400)):
        answer = await client.http.get("/ajax-api/2.0/mlflow/get-trace-artifact", params=asked)
        assert answer.status_code == status, answer.text


async def test_an_older_client_begins_and_ends_a_trace_that_is_the_same_for_all(client):
    begun = {"experiment_id": client.experiment, "timestamp_ms": 1000, "tags": [{"key": "mlflow.traceName", "value": "old"}]}
    trace_id = (await client.call("POST", "traces", begun, version="2.0"))["trace_info"]["request_id"]
    assert (await client.call("GET", f"traces/{trace_id}/info", version="2.0"))["trace_info"]["status"] == "IN_PROGRESS"
    ended = {"timestamp_ms": 1500, "status": "OK", "request_metadata": [{"key": "k", "value": "v"}]}
    info = (await client.call("PATCH", f"traces/{trace_id}", ended, version="2.0"))["trace_info"]
    assert (info["status"], info["execution_time_ms"], info["timestamp_ms"]) == ("OK", 500, 1000)
    assert {"key": "k", "value": "v"} in info["request_metadata"]
    (found,) = (await client.call("GET", "traces", version="2.0", experiment_ids=[client.experiment], filter="metadata.k = 'v'"))["traces"]
    assert found == info
    assert (await client.call("GET", f"traces/{trace_id}"))["trace"]["trace_info"]["execution_duration"] == "0.5s"

    asked = {"experiment_ids": [client.experiment], "filter_string1": "status = 'OK'", "filter_string2": "metadata.k = 'v'"}
    counted = await client.call("POST", "traces/calculate-filter-correlation", asked)
    assert [counted[key] for key in ("filter1_count", "filter2_count", "joint_count", "total_count", "npmi")] == [1, 1, 1, 1, 1.0]


def test_filters_that_never_meet_exclude_each_other_and_those_without_traces_say_nothing():
    assert mutual_information(5, 5, 0, 10) == -1.0
    assert math.isnan(mutual_information(0, 5, 0, 10))
    assert abs(mutual_information(4, 5, 2, 10)) < 1e-12
    assert 0.3 < mutual_information(10, 20, 10, 100, 0.5) < 1


def test_what_was_said_is_left_out_or_replaced_in_what_a_client_says_of_its_trace():
    info = TraceInfoV3(request_preview="mail ann@example.com", trace_metadata={"mlflow.traceInputs": '{"q": "ann@example.com"}', "k": "v"})
    hidden = Withholding(TelemetrySettings(content="none")).info(info)
    assert (hidden.request_preview, hidden.trace_metadata) == (None, {"k": "v"})
    replaced = Withholding(TelemetrySettings(redact=DetectionSettings(pii=("email",)))).info(info)
    assert "ann@" not in f"{replaced.request_preview}{replaced.trace_metadata}"
    assert replaced.trace_metadata["k"] == "v"


async def test_figures_are_grouped_by_what_is_asked_and_over_time(client):
    usage = '{"input_tokens": 4, "output_tokens": 6}'
    first = span(A, "ask", milliseconds=100, mlflow__spanType='"CHAT_MODEL"', mlflow__chat__tokenUsage=usage)
    await client.send(first, span(B, "ask", milliseconds=300, code=2), span(C, "other"))
    said = {"assessment_name": "rank", "feedback": {"value": 3}}
    await client.call("POST", f"traces/tr-{A}/assessments", {"assessment": said})

    async def figures(view, metric, *kinds, **more):
        asked = {"experiment_ids": [client.experiment], "view_type": view, "metric_name": metric, "aggregations": list(kinds), **more}
        points = (await client.call("POST", "traces/metrics", asked)).get("data_points", [])
        return [(point.get("dimensions", {}), point["values"]) for point in points]

    count, average, median = (
        {"aggregation_type": "COUNT"},
        {"aggregation_type": "AVG"},
        {"aggregation_type": "PERCENTILE", "percentile_value": 50},
    )
    named = await figures("TRACES", "trace_count", count, dimensions=["trace_name"])
    assert named == [({"trace_name": "ask"}, {"COUNT": 2.0}), ({"trace_name": "other"}, {"COUNT": 1.0})]
    assert await figures("TRACES", "latency", average, median, filters=["trace.status = 'ERROR'"]) == [({}, {"AVG": 300.0, "P50.0": 300.0})]
    assert await figures("TRACES", "total_tokens", {"aggregation_type": "SUM"}) == [({}, {"SUM": 10.0})]
    assert await figures("SPANS", "span_count", count, filters=["span.name = 'ask'"]) == [({}, {"COUNT": 2.0})]
    assert await figures("ASSESSMENTS", "assessment_value", average, dimensions=["assessment_name"]) == [
        ({"assessment_name": "rank"}, {"AVG": 3.0})
    ]
    began = int(first["startTimeUnixNano"]) // 1_000_000
    (day,) = await figures("TRACES", "trace_count", count, time_interval_seconds=86400, start_time_ms=began, end_time_ms=began + 60_000)
    assert day[0]["time_bucket"].endswith("T00:00:00+00:00")
    for wrong in (
        {"metric_name": "x"},
        {"dimensions": ["x"]},
        {"filters": ["x = 'y'"]},
        {"time_interval_seconds": 5},
        {"aggregations": [average]},
    ):
        asked = {
            "experiment_ids": [client.experiment],
            "view_type": "TRACES",
            "metric_name": "trace_count",
            "aggregations": [count],
            **wrong,
        }
        await client.call("POST", "traces/metrics", asked, status=400)


async def test_a_trace_of_the_second_version_has_a_time_that_spans_can_have(client):
    refused = await client.call("POST", "traces", {"experiment_id": "0", "timestamp_ms": 2**63 - 1}, version="2.0", status=400)
    assert "timestamp_ms" in refused["message"]
