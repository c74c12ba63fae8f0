"""An import from beginning to end: each thing is read, sent, and counted on both sides."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import msgspec

from registry.imports.files import File, Files, NoFolder
from registry.imports.genai_types import EvaluationDataset, Scorer
from registry.imports.moves import Moves, is_kept, logged_model_root, run_root, trace_root
from registry.imports.source import Source
from registry.imports.types import Experiment, LoggedModel, RegisteredModel, Run, Version, Webhook
from registry.workspaces.scope import DEFAULT
from server.cli.errors import Refused, ServerFailed
from server.cli.import_target import Target

__all__ = ("Import", "Kind", "Report")

T = TypeVar("T")
COUNTED: Final = ("runs", "params", "tags", "metrics", "points", "inputs", "logged_models", "registered_models", "versions", "aliases")

GENAI: Final = ("scorer_versions", "evaluation_datasets", "dataset_records")
TRACES: Final = 100
"""Traces that are asked after at once."""


class Kind(msgspec.Struct, frozen=True):
    """One kind of thing: how many there were to import, and how many are here now."""

    source: int
    here: int


class Report(msgspec.Struct, frozen=True):
    """What became of an import. ``missing`` are places of artifacts that are not there, ``elsewhere`` how many stay in a bucket."""

    counts: dict[str, Kind]
    files_sent: int
    files_there_already: int
    elsewhere: int
    missing: list[str]
    refused: list[str] = []
    """What is not taken, each with the reason."""

    @property
    def complete(self) -> bool:
        """Whether everything is here. There may be more than was imported."""
        return not self.refused and all(kind.here >= kind.source for kind in self.counts.values())


class Import:
    """One import. ``step`` is called with what was just done and how many of them."""

    def __init__(self, source: Source, files: Files, target: Target, step: Callable[[str, int], None]) -> None:
        self._source = source
        self._files = files
        self._target = target
        self._step = step
        self._experiments: dict[str, str] = {}
        self._moves = Moves()
        self._read: Counter[str] = Counter()
        self._ids: dict[str, list[str]] = {"runs": [], "models": [], "names": []}
        self._traced: dict[str, list[str]] = {}
        """Traces by workspace."""
        self._workspaces = {DEFAULT}
        self._scorers: list[tuple[str, str]] = []
        self._datasets: list[str] = []
        self._sent = self._there = self._elsewhere = 0
        self._missing: list[str] = []
        self._hooks: list[Webhook] = []
        self._refused: list[str] = []

    def run(self) -> Report:
        """Import everything. Started again after it was ended, it goes on where it was."""
        experiments = list(self._source.experiments())
        for experiment in experiments:
            self._workspace(experiment.workspace)
        self._experiments = self._target.experiments(experiments) if experiments else {}
        self._read["experiments"] = len(experiments)
        self._step("experiments", len(experiments))
        for experiment in experiments:
            self._experiment(experiment)
        for model in self._source.registered_models():
            self._registered_model(model)
        for dataset in self._source.evaluation_datasets():
            self._dataset(dataset)
        self._webhooks()
        return self._report()

    def _workspace(self, name: str) -> None:
        if name not in self._workspaces:
            self._target.workspace(name)
            self._workspaces.add(name)

    def _experiment(self, experiment: Experiment) -> None:
        for page in self._source.runs(experiment.experiment_id):
            runs = [self._placed_run(run) for run in page]
            self._send(runs, self._target.runs, lambda run: f"run {run.run_id}")
            self._histories(page)
            for run, placed in zip(page, runs, strict=True):
                self._send_files(self._files.of_run(run), run.artifact_uri, placed.artifact_uri)
                self._step("runs", 1)
        for model in self._source.logged_models(experiment.experiment_id):
            placed_model = self._placed_model(model)
            self._send([placed_model], lambda one: self._target.logged_model(*one), lambda one: f"logged model {one.model_id}")
            self._send_files(self._files.of_logged_model(model), model.artifact_location, placed_model.artifact_location)
            self._step("logged_models", 1)

        for scorer in self._source.scorers(experiment.experiment_id):
            self._scorer(scorer)
        if experiment.lifecycle_stage == "active":
            self._traces(experiment)

    def _scorer(self, scorer: Scorer) -> None:
        here = self._experiments[scorer.experiment_id]
        placed = msgspec.structs.replace(scorer, experiment_id=here)
        self._send([placed], lambda one: self._target.scorer(*one), lambda one: f"scorer {one.name}")
        self._scorers.append((here, scorer.name))
        self._read["scorer_versions"] += len(scorer.versions)

    def _dataset(self, dataset: EvaluationDataset) -> None:
        here = [self._experiments[each] for each in dataset.experiment_ids if each in self._experiments]
        self._target.dataset(msgspec.structs.replace(dataset, experiment_ids=here))
        self._datasets.append(dataset.dataset_id)
        self._read["evaluation_datasets"] += 1
        for page in self._source.dataset_records(dataset.dataset_id):
            self._target.dataset_records(dataset.dataset_id, page)
            self._read["dataset_records"] += len(page)

    def _webhooks(self) -> None:
        """Send webhooks. One of the same name and address is there already, and stays as it is, switched on or off."""
        self._hooks = [*self._source.webhooks()]
        here = self._target.webhooks() if self._hooks else set()
        for hook in self._hooks:
            if (hook.name, hook.url) not in here and (reason := self._target.webhook(hook)):
                self._refused.append(f"webhook {hook.name}: {reason}")

    def _traces(self, experiment: Experiment) -> None:
        """Send the traces of experiments. Those of a deleted experiment are left out, since nothing can be added to it."""
        here = self._experiments[experiment.experiment_id]
        for page in self._source.traces(experiment.experiment_id):
            self._send(
                page, lambda traces: self._target.traces(here, traces, experiment.workspace), lambda trace: f"trace {trace.trace_id}"
            )
            for trace in page:
                self._trace_files(experiment, trace.trace_id)
            self._traced.setdefault(experiment.workspace, []).extend(trace.trace_id for trace in page)
            self._read["traces"] += len(page)
            self._step("traces", len(page))

    def _trace_files(self, experiment: Experiment, trace_id: str) -> None:
        """Send what lies beside a trace: attachments, and spans that were never in the database. Most traces have no such files."""
        if is_kept(experiment.artifact_location):
            return
        with suppress(NoFolder):
            for file in self._files.of_trace(experiment, trace_id):
                self._send_file(file, f"trace {trace_id}", trace_root(self._experiments[experiment.experiment_id], trace_id))

    def _placed_run(self, run: Run) -> Run:
        experiment = self._experiments[run.experiment_id]
        root = run.artifact_uri if is_kept(run.artifact_uri) else run_root(experiment, run.run_id)
        self._moves.add(run.run_id, run.artifact_uri, root)
        self._ids["runs"].append(run.run_id)
        self._read.update(runs=1, params=len(run.params), tags=len(run.tags), metrics=len(run.metrics), inputs=len(_distinct_datasets(run)))
        return msgspec.structs.replace(run, experiment_id=experiment, artifact_uri=root)

    def _histories(self, page: list[Run]) -> None:
        expected = self._source.point_counts([run.run_id for run in page])
        here: dict[str, int] = {}
        if expected is not None:
            for counts in self._target.counts([run.run_id for run in page]):
                here.update(counts.points_of)
        for run in page:
            if expected is not None and here.get(run.run_id, 0) >= expected.get(run.run_id, 0):
                self._read["points"] += expected.get(run.run_id, 0)
                continue
            for history in self._source.histories(run):
                self._read["points"] += len(history.points)
                self._send([history], lambda one: self._target.history(*one), lambda one: f"metrics of run {one.run_id}")

    def _placed_model(self, model: LoggedModel) -> LoggedModel:
        experiment = self._experiments[model.experiment_id]
        location = model.artifact_location
        root = location if is_kept(location) else logged_model_root(experiment, model.model_id)
        self._moves.add(model.model_id, location, root)
        self._ids["models"].append(model.model_id)
        self._read["logged_models"] += 1
        return msgspec.structs.replace(model, experiment_id=experiment, artifact_location=root)

    def _registered_model(self, model: RegisteredModel) -> None:
        self._workspace(model.workspace)
        self._ids["names"].append(model.kept_name)
        self._read.update(registered_models=1, versions=len(model.versions), aliases=len(model.aliases))
        versions = [self._placed_version(each) for each in model.versions]

        def send(some: Sequence[Version]) -> None:
            numbers = {each.version for each in some}
            aliases = {alias: number for alias, number in model.aliases.items() if number in numbers}
            self._target.registered_model(msgspec.structs.replace(model, versions=list(some), aliases=aliases))

        if versions:
            self._send(versions, send, lambda version: f"version {version.version} of {model.name}")
        else:
            self._send([model], lambda one: self._target.registered_model(*one), lambda one: f"registered model {one.name}")
        self._step("registered_models", 1)

    def _send(self, things: Sequence[T], send: Callable[[Sequence[T]], None], name: Callable[[T], str]) -> None:
        """Send things together. If they are refused each is sent alone, so that the others come, and what is refused is named."""
        try:
            send(things)
        except ServerFailed:
            raise
        except Refused as refusal:
            if len(things) == 1:
                self._refused.append(f"{name(things[0])}: {refusal.message}")
            else:
                for each in things:
                    self._send([each], send, name)

    def _placed_version(self, version: Version) -> Version:
        owners = (version.run_id, version.source.removeprefix("models:/"))
        return msgspec.structs.replace(
            version,
            source=self._moves.follow(version.source, *owners),
            storage_location=self._moves.follow(version.storage_location, *owners),
        )

    def _send_files(self, files: Iterator[File], before: str, after: str) -> None:
        """Send ``files``, which are asked for only when they move here. The URI may be the same: then it means another server's files."""
        if is_kept(before):
            self._elsewhere += 1
            return
        try:
            for file in files:
                self._send_file(file, before, after)
        except NoFolder as place:
            self._missing.append(str(place))

    def _send_file(self, file: File, before: str, after: str) -> None:
        try:
            if self._target.file(after, file):
                self._sent += 1
            else:
                self._there += 1
        except ServerFailed:
            raise
        except Refused as refusal:
            self._refused.append(f"file {file.path!r} of {before}: {refusal.message}")

    def _report(self) -> Report:
        here: Counter[str] = Counter(experiments=len(self._experiments))
        for counts in self._target.counts(self._ids["runs"], self._ids["models"], self._ids["names"]):
            here.update({kind: getattr(counts, kind) for kind in COUNTED})
        for found in self._target.genai_counts(self._scorers, self._datasets):
            here.update({kind: getattr(found, kind) for kind in GENAI})
        here["traces"] = sum(
            len(self._target.known_traces(traces[start : start + TRACES], workspace))
            for workspace, traces in self._traced.items()
            for start in range(0, len(traces), TRACES)
        )
        self._read["webhooks"] = len(self._hooks)
        here["webhooks"] = len({(hook.name, hook.url) for hook in self._hooks} & self._target.webhooks()) if self._hooks else 0
        counted = {kind: Kind(self._read[kind], here[kind]) for kind in ("experiments", *COUNTED, *GENAI, "traces", "webhooks")}
        return Report(counted, self._sent, self._there, self._elsewhere, self._missing, self._refused)


def _distinct_datasets(run: Run) -> set[tuple[str, str]]:
    return {(each.name, each.digest) for each in run.datasets}
