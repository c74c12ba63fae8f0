"""A tracking server of MLflow's, read over its REST API; files too, through the server, wherever they lie."""

from collections.abc import Iterator
from itertools import product
from typing import Final
from urllib.parse import quote

import httpx
import msgspec
from typing_extensions import override

from registry.imports.files import File, Files
from registry.imports.mlflow_answers import Json, experiment_of, logged_model_of, number_of, pairs, point_of, run_of
from registry.imports.source import Source, SourceRefused, Totals
from registry.imports.traces import Trace
from registry.imports.types import Experiment, History, LoggedModel, RegisteredModel, Run, Version, Webhook
from registry.workspaces.scope import DEFAULT

__all__ = ("MlflowServer",)

API: Final = "/api/2.0/mlflow"
WORKSPACES: Final = "/api/3.0/mlflow/workspaces"
PAGE: Final = 200
POINTS: Final = 10_000
PROMPTS: Final = "tags.`mlflow.prompt.is_prompt` = 'true'"
ABSENT: Final = frozenset({404, 405, 501})
"""Answers of a release that does not have an endpoint yet."""


class MlflowServer(Source, Files):
    """Reads only. What a release does not have yet is as if empty."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._workspaces: list[str] = []
        self._places: dict[str, str] = {}
        self._headers: dict[str, str] = {}
        """Of requests from now on. Nothing is read of two workspaces at once."""

    @classmethod
    def open(cls, url: str) -> "MlflowServer":
        """A server by its URL, which may hold a user and a password. Raises ``SourceRefused`` when nothing of the kind answers there."""
        server = cls(httpx.Client(base_url=url.rstrip("/"), timeout=120, follow_redirects=True))
        server._page("POST", "experiments/search", {"max_results": 1})
        return server

    @override
    def totals(self) -> Totals:
        return Totals(sum(1 for _ in self.experiments()), None, None, None)

    @override
    def experiments(self) -> Iterator[Experiment]:
        for workspace in self._all_workspaces():
            for each in self._all("POST", "experiments/search", "experiments", {"view_type": "ALL", "max_results": 1000}):
                self._places[str(each["experiment_id"])] = workspace
                yield experiment_of(each, workspace)

    def _all_workspaces(self) -> Iterator[str]:
        """Every workspace by name, entered one after the other. A server without workspaces, or of unknown ones, counts as one."""
        if not self._workspaces:
            answer = self._client.get(WORKSPACES)
            listed = answer.json().get("workspaces", []) if answer.status_code == 200 else []
            self._workspaces = [each["name"] for each in listed] or [DEFAULT]
        for workspace in self._workspaces:
            self._enter(workspace)
            yield workspace
        self._enter(DEFAULT)

    def _enter(self, workspace: str) -> None:
        self._headers = {} if workspace == DEFAULT else {"x-mlflow-workspace": workspace}

    def _enter_of(self, experiment_id: str) -> None:
        self._enter(self._places.get(experiment_id, DEFAULT))

    @override
    def runs(self, experiment_id: str) -> Iterator[list[Run]]:
        self._enter_of(experiment_id)
        page: list[Run] = []
        body = {"experiment_ids": [experiment_id], "run_view_type": "ALL", "max_results": PAGE}
        for each in self._all("POST", "runs/search", "runs", body):
            page.append(run_of(each))
            if len(page) == PAGE:
                yield page
                page = []
        if page:
            yield page

    @override
    def point_counts(self, run_ids: list[str]) -> None:
        return None

    @override
    def histories(self, run: Run) -> Iterator[History]:
        self._enter_of(run.experiment_id)
        for metric in run.metrics:
            asked = {"run_id": run.run_id, "metric_key": metric.key, "max_results": POINTS}
            for page in self._pages("GET", "metrics/get-history", asked):
                yield History(run.run_id, [point_of(each) for each in page.get("metrics", [])])

    @override
    def logged_models(self, experiment_id: str) -> Iterator[LoggedModel]:
        self._enter_of(experiment_id)
        for each in self._all("POST", "logged-models/search", "models", {"experiment_ids": [experiment_id], "max_results": 50}):
            yield logged_model_of(each)

    @override
    def traces(self, experiment_id: str) -> Iterator[list[Trace]]:
        yield from ()

    @override
    def registered_models(self) -> Iterator[RegisteredModel]:
        for workspace, condition in product(self._all_workspaces(), ("", PROMPTS)):  # the search finds either models or prompts
            self._enter(workspace)
            asked = {"max_results": 100, **({"filter": condition} if condition else {})}
            for each in self._all("GET", "registered-models/search", "registered_models", asked):
                yield msgspec.structs.replace(self._registered_model(each, condition), workspace=workspace)

    @override
    def webhooks(self) -> Iterator[Webhook]:
        for each in self._all("GET", "webhooks", "webhooks", {"max_results": 100}):
            told = sorted((event["entity"].upper(), event["action"].upper()) for event in each.get("events", []))
            yield Webhook(name=each["name"], description=each.get("description") or "", url=each["url"], events=told)

    @override
    def of_run(self, run: Run) -> Iterator[File]:
        self._enter_of(run.experiment_id)
        listing, of = f"{API}/artifacts/list", {"run_id": run.run_id}
        return self._files(listing, of, "path", "/get-artifact", {"run_uuid": run.run_id}, "path", "")

    @override
    def of_logged_model(self, model: LoggedModel) -> Iterator[File]:
        self._enter_of(model.experiment_id)
        base = f"{API}/logged-models/{quote(model.model_id, safe='')}/artifacts"
        return self._files(f"{base}/directories", {}, "artifact_directory_path", base.replace("/api", "/ajax-api", 1) + "/files",
                           {}, "artifact_file_path", "")  # fmt: skip

    @override
    def of_trace(self, experiment: Experiment, trace_id: str) -> Iterator[File]:
        return iter(())  # traces stay behind

    def _files(self, listing: str, of: Json, folder: str, files: str, by: Json, name: str, path: str) -> Iterator[File]:
        answer = self._send("GET", listing, {**of, **({folder: path} if path else {})})
        for each in answer.get("files", []):
            if each.get("is_dir"):
                yield from self._files(listing, of, folder, files, by, name, each["path"])
            else:
                asked = {**by, name: each["path"]}
                yield File(each["path"], number_of(each.get("file_size")), lambda asked=asked: self._pieces(files, asked))  # type: ignore[misc]  # bound as the loop goes

    def _pieces(self, path: str, asked: Json) -> Iterator[bytes]:
        with self._client.stream("GET", path, params=dict(asked), headers=self._headers) as answer:
            if answer.is_error:
                answer.read()
                raise _refused("GET", path, answer)
            yield from answer.iter_bytes(1024 * 1024)

    def _registered_model(self, each: Json, condition: str) -> RegisteredModel:
        name, created = each["name"], number_of(each.get("creation_timestamp"))
        mark = '"' if "'" in name else "'"
        asked = {"filter": f"name = {mark}{name}{mark}" + (f" AND {condition}" if condition else ""), "max_results": 1000}
        versions = self._all("GET", "model-versions/search", "model_versions", asked)
        return RegisteredModel(
            name=name,
            description=each.get("description", ""),
            created_at=created,
            updated_at=number_of(each.get("last_updated_timestamp")) or created,
            tags=pairs(each.get("tags")),
            aliases={alias["alias"]: int(alias["version"]) for alias in each.get("aliases", [])},
            versions=sorted((self._version(found, is_model=not condition) for found in versions), key=lambda found: found.version),
        )

    def _version(self, each: Json, *, is_model: bool) -> Version:
        place: Json = {}
        if is_model:
            place = self._send("GET", f"{API}/model-versions/get-download-uri", {"name": each["name"], "version": each["version"]})
        created = number_of(each.get("creation_timestamp"))
        return Version(
            version=int(each["version"]),
            stage=each.get("current_stage", "None"),
            description=each.get("description", ""),
            source=each.get("source", ""),
            storage_location=place.get("artifact_uri", ""),
            run_id=each.get("run_id", ""),
            run_link=each.get("run_link", ""),
            created_by=each.get("user_id", ""),
            created_at=created,
            updated_at=number_of(each.get("last_updated_timestamp")) or created,
            tags=pairs(each.get("tags")),
        )

    def _all(self, method: str, path: str, kind: str, asked: Json) -> Iterator[Json]:
        for page in self._pages(method, path, asked):
            yield from page.get(kind, [])

    def _pages(self, method: str, path: str, asked: Json) -> Iterator[Json]:
        token: str | None = None
        while True:
            page = self._page(method, path, {**asked, **({"page_token": token} if token else {})})
            yield page
            token = page.get("next_page_token")
            if not token:
                return

    def _page(self, method: str, path: str, asked: Json) -> Json:
        return self._send(method, f"{API}/{path}", asked, absent=path.startswith(("logged-models", "webhooks")))

    def _send(self, method: str, path: str, asked: Json, *, absent: bool = False) -> Json:
        try:
            reads = method == "GET"
            sent = {"params": dict(asked)} if reads else {"json": dict(asked)}
            answer = self._client.request(method, path, **sent, headers=self._headers)  # type: ignore[arg-type]  # one of the two
        except httpx.HTTPError as error:
            raise SourceRefused(f"{self._client.base_url} does not answer: {error}") from error
        if absent and answer.status_code in ABSENT:
            return {}
        if answer.is_error or "json" not in answer.headers.get("content-type", ""):
            raise _refused(method, path, answer)
        found: Json = answer.json()
        return found


def _refused(method: str, path: str, answer: httpx.Response) -> SourceRefused:
    said = answer.text[:200] if "json" in answer.headers.get("content-type", "") else answer.reason_phrase
    return SourceRefused(f"{answer.url.host} answers {method} {path} with {answer.status_code}, which no MLflow server does: {said}")
