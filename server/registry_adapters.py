"""Adapters between areas of the registry: what one needs of another, behind the Protocols of the one that needs it."""

import json
from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection
from typing_extensions import override

from registry.errors import ResourceAlreadyExists, ResourceDoesNotExist
from registry.gateway_admin import endpoint_store
from registry.gateway_admin.policy_messages import GuardrailScorer
from registry.gateway_admin.types import Experiments, Scorers
from registry.logged_models import store as logged_models
from registry.models.lineage import Lineage, LoggedModelSource
from registry.runs import store as runs
from registry.runs.experiment_messages import CreateExperiment, ExperimentTag, GetExperimentByName
from registry.runs.experiments import ExperimentService
from registry.runs.types import now_ms
from registry.scorers import store as scorers
from registry.scorers.serialized import GATEWAY, with_endpoint_renamed
from registry.scorers.service import ScorerService
from registry.scorers.using import Endpoints

__all__ = ("AdministeredEndpoints", "RegisteredScorers", "TrackedExperiments", "TrackedLineage")

VERSIONS_TAG: Final = "mlflow.modelVersions"


class TrackedExperiments(Experiments):
    """The experiments of this server, for endpoints, which keep their traces in them."""

    def __init__(self, experiments: ExperimentService) -> None:
        self._experiments = experiments

    @override
    async def ensure(self, name: str, tags: Mapping[str, str]) -> str | None:
        given = [ExperimentTag(key=key, value=value) for key, value in tags.items()]
        try:
            return (await self._experiments.create(CreateExperiment(name=name, tags=given))).experiment_id
        except ResourceAlreadyExists:
            return (await self._experiments.get_by_name(GetExperimentByName(experiment_name=name))).experiment.experiment_id


class RegisteredScorers(Scorers):
    """Guardrails are made of registered scorers."""

    def __init__(self, scorers: ScorerService) -> None:
        self._scorers = scorers

    @override
    async def find(self, scorer_id: str, version: int) -> GuardrailScorer:
        return msgspec.convert(await self._scorers.find(scorer_id, version), GuardrailScorer, from_attributes=True)

    @override
    def endpoint_renamed(self, connection: Connection, old: str, new: str) -> None:
        scorers.rewrite(connection, f"{GATEWAY}{old}", lambda serialized: with_endpoint_renamed(serialized, old, new))


class AdministeredEndpoints(Endpoints):
    """The endpoints of this server's gateway, for scorers, which are bound to those that they use."""

    @override
    def used_by(self, connection: Connection, scorer_id: str, names: Collection[str]) -> None:
        endpoint_store.bind(connection, endpoint_store.SCORER, scorer_id, names)


class TrackedLineage(Lineage):
    """The runs and logged models of this server, for the model registry."""

    @override
    def run_artifact_uri(self, connection: Connection, run_id: str) -> str | None:
        run = runs.read_run(connection, run_id)
        return None if run is None else run.artifact_uri

    @override
    def logged_model(self, connection: Connection, model_id: str) -> LoggedModelSource | None:
        model = logged_models.read_model(connection, model_id)
        if model is None or model.lifecycle_stage == "deleted":
            return None
        return LoggedModelSource(model.artifact_location, model.source_run_id)

    @override
    def link_version(self, connection: Connection, model_id: str, name: str, version: int) -> None:
        if logged_models.read_model(connection, model_id) is None:
            raise ResourceDoesNotExist(f"Logged model with ID '{model_id}' not found.")
        if logged_models.read_model(connection, model_id) is None:
            return
        # The row is written first, and so held: of two versions that are linked at once, neither is lost.
        logged_models.change_model(connection, model_id, {"last_updated_timestamp_ms": now_ms()})
        tags = dict(logged_models.read_tags(connection, [model_id]).get(model_id, []))
        linked = [*_linked(tags.get(VERSIONS_TAG)), {"name": name, "version": version}]
        logged_models.put_tags(connection, model_id, {VERSIONS_TAG: json.dumps(linked)})


def _linked(tag: str | None) -> list[object]:
    """What the tag holds; clients write it too, so that it may hold anything."""
    try:
        held = json.loads(tag or "[]")
    except ValueError:
        return []
    return held if isinstance(held, list) else []
