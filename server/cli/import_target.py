"""The server that an import writes to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

import msgspec

from registry.imports.files import File
from registry.imports.genai_types import DatasetRecord, DatasetRecords, EvaluationDataset, GenaiCounts, GenaiScope, Scorer
from registry.imports.traces import Trace, export_request
from registry.imports.types import (
    Counts,
    Experiment,
    Experiments,
    Histories,
    History,
    LoggedModel,
    LoggedModels,
    Placed,
    RegisteredModel,
    RegisteredModels,
    Run,
    Runs,
    Scope,
    Webhook,
)
from server.cli.api import Api, path_of
from server.cli.errors import CommandError, Refused, ServerFailed

if TYPE_CHECKING:
    import httpx

__all__ = ("Target",)

TRACES: Final = "/api/3.0/mlflow/traces"
OLDER_TRACES: Final = "/api/2.0/mlflow/traces"
LINKED: Final = 100
"""Traces that one request may link to a run."""

WORKSPACES: Final = "/api/3.0/mlflow/workspaces"
WORKSPACE: Final = "x-mlflow-workspace"
WEBHOOKS: Final = "/api/2.0/mlflow/webhooks"
JSON: Final = {"content-type": "application/json"}
FILES: Final = "/api/2.0/mlflow-artifacts/artifacts"
AT_ONCE: Final = 500
"""Runs that are counted by one request."""


class Target:
    """Writes to the server that imports. Sending a thing twice is harmless. Methods raise the tree of ``server.cli.errors``."""

    def __init__(self, api: Api, client: "httpx.Client") -> None:
        self._api = api
        self._client = client

    def workspace(self, name: str) -> None:
        """Make a workspace, if it is not there."""
        answer = self._client.post(self._api.url + WORKSPACES, json={"name": name})
        if answer.is_error and answer.json().get("error_code") != "RESOURCE_ALREADY_EXISTS":
            raise CommandError(f"the workspace {name!r} cannot be made: {answer.text[:300]}", "See docs/workspaces.md.")

    def experiments(self, experiments: Sequence[Experiment]) -> dict[str, str]:
        """Store experiments; the identifiers that they have here."""
        return self._api.post(path_of("import", "experiments"), Experiments(list(experiments)), Placed).experiments

    def runs(self, runs: Sequence[Run]) -> None:
        """Store runs."""
        self._post("runs", Runs(list(runs)))

    def history(self, history: History) -> None:
        """Store points of a run."""
        self._post("histories", Histories([history]))

    def logged_model(self, model: LoggedModel) -> None:
        """Store a logged model."""
        self._post("logged-models", LoggedModels([model]))

    def registered_model(self, model: RegisteredModel) -> None:
        """Store a registered model or a prompt."""
        self._post("registered-models", RegisteredModels([model]))

    def scorer(self, scorer: Scorer) -> None:
        """Store a scorer."""
        self._post("scorers", [scorer])

    def dataset(self, dataset: EvaluationDataset) -> None:
        """Store an evaluation dataset without its records."""
        self._post("datasets", [dataset])

    def dataset_records(self, dataset_id: str, records: list[DatasetRecord]) -> None:
        """Store records of an evaluation dataset."""
        self._post("dataset-records", DatasetRecords(dataset_id, records))

    def genai_counts(self, scorers: list[tuple[str, str]], dataset_ids: list[str]) -> Iterator[GenaiCounts]:
        """How many of the named scorers and datasets are there. Asked in several requests."""
        for start in range(0, max(len(scorers), len(dataset_ids)), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            yield self._api.post(path_of("import", "genai-counts"), GenaiScope(scorers[part], dataset_ids[part]), GenaiCounts)

    def counts(self, run_ids: Sequence[str], model_ids: Sequence[str] = (), names: Sequence[str] = ()) -> Iterator[Counts]:
        """How many of the named things are there. Asked in several requests."""
        for start in range(0, max(len(run_ids), len(model_ids), len(names)), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            scope = Scope(list(run_ids[part]), list(model_ids[part]), list(names[part]))
            yield self._api.post(path_of("import", "counts"), scope, Counts)

    def file(self, root: str, file: File) -> bool:
        """Store a file below an ``mlflow-artifacts:/`` URI; ``False`` when one of its size is there."""
        where = f"{self._api.url}{FILES}/{quote(urlsplit(root).path.strip('/'))}/{quote(file.path)}"
        there = self._client.head(where)
        if there.status_code == 200 and there.headers.get("content-length") == str(file.size):
            return False
        answer = self._client.put(where, content=file.read(), headers={"content-length": str(file.size)})
        if answer.is_error:
            raise _refusal(answer, "Rename it, and start the import again.")
        return True

    def traces(self, experiment: str, traces: Sequence[Trace], workspace: str) -> None:
        """Store traces with spans, assessments and links: first the spans of those that are not there, then what is known of each."""
        there = self.known_traces([trace.trace_id for trace in traces], workspace)
        new = [trace for trace in traces if trace.trace_id not in there and trace.spans]
        if new:
            headers = {"content-type": "application/x-protobuf", "x-mlflow-experiment-id": experiment, WORKSPACE: workspace}
            self._send("/v1/traces", export_request(new), headers)
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
        for trace in traces:
            if trace.trace_id not in there:
                told = {"trace": {"trace_info": {**trace.info, "trace_location": place}}}
                self._send(TRACES, msgspec.json.encode(told), {**JSON, WORKSPACE: workspace})
        self._links(traces, {**JSON, WORKSPACE: workspace})

    def _links(self, traces: Sequence[Trace], headers: Mapping[str, str]) -> None:
        """Link traces to runs and prompts, again if they are."""
        for run_id in {run_id for trace in traces for run_id in trace.runs}:
            of_run = [trace.trace_id for trace in traces if run_id in trace.runs]
            for start in range(0, len(of_run), LINKED):
                linked = {"trace_ids": of_run[start : start + LINKED], "run_id": run_id}
                self._send(f"{OLDER_TRACES}/link-to-run", msgspec.json.encode(linked), headers)
        for trace in traces:
            if trace.prompts:
                versions = [dict(zip(("name", "version"), prompt.rsplit("/", 1), strict=False)) for prompt in trace.prompts]
                self._send(
                    f"{OLDER_TRACES}/link-prompts", msgspec.json.encode({"trace_id": trace.trace_id, "prompt_versions": versions}), headers
                )

    def known_traces(self, trace_ids: Sequence[str], workspace: str) -> set[str]:
        """Which of these traces are in a workspace there."""
        answer = self._send(f"{TRACES}/batchGetInfos", msgspec.json.encode({"trace_ids": trace_ids}), {**JSON, WORKSPACE: workspace})
        return {each["trace_id"] for each in msgspec.json.decode(answer).get("trace_infos", [])}

    def webhooks(self) -> set[tuple[str, str]]:
        """Name and address of each webhook there."""
        found: set[tuple[str, str]] = set()
        token = ""
        while True:
            page = self._api.get(WEBHOOKS, dict, {"max_results": "100", "page_token": token})
            found |= {(each["name"], each["url"]) for each in page.get("webhooks", [])}
            if not (token := page.get("next_page_token") or ""):
                return found

    def webhook(self, webhook: Webhook) -> str:
        """Keep a webhook, switched off and without a secret; why it is not taken, ``""`` when it is."""
        events = [{"entity": entity, "action": action} for entity, action in webhook.events]
        said = {"name": webhook.name, "description": webhook.description, "url": webhook.url, "events": events, "status": "DISABLED"}
        answer = self._client.post(self._api.url + WEBHOOKS, json=said)
        return answer.json().get("message", answer.text[:300]) if answer.is_error else ""

    def _send(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        answer = self._client.post(self._api.url + path, content=body, headers=dict(headers))
        if answer.is_error:
            raise _refusal(answer, "See docs/import.md.")
        return answer.content

    def _post(self, path: str, body: object) -> None:
        self._api.post(path_of("import", path), body, type(None))


def _refusal(answer: "httpx.Response", hint: str) -> Refused:
    """What the server says is wrong, in its words."""
    try:
        said = msgspec.json.decode(answer.content, type=dict[str, str])
    except msgspec.MsgspecError:
        said = {}
    kind = ServerFailed if answer.status_code >= 500 else Refused
    return kind(answer.status_code, said.get("error_code", ""), said.get("message", answer.text[:300]), hint)
