"""Scorers: registered, listed, removed, and told how much to look at."""

import math
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.runs.checks import experiment_number
from registry.runs.experiments import active_experiment
from registry.runs.types import Metadata, now_ms
from registry.scorers import messages as wire
from registry.scorers import store
from registry.scorers.serialized import Known, check_can_run_online, check_models, check_serialized, endpoints_of
from registry.scorers.store import ConfigRow, ScorerRow
from registry.scorers.using import Endpoints, NoEndpoints
from registry.traces.search import parse_search

__all__ = ("ScorerService",)

MAX_NAME = 256


class ScorerService:
    """What is done with registered scorers. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata, endpoints: Endpoints | None = None) -> None:
        self._metadata = metadata
        self._endpoints = endpoints or NoEndpoints()

    async def register(self, request: wire.RegisterScorer, known: Known) -> wire.RegisterScorer.Response:
        """Keep a scorer as the next version of its name. ``known`` models are those that the gateway answers."""
        check_serialized(request.serialized_scorer)
        check_models(request.serialized_scorer, known)
        if not request.name.strip() or len(request.name) > MAX_NAME:
            raise InvalidParameterValue(f"A scorer's name has 1 to {MAX_NAME} characters, and not only spaces.")
        number, used = experiment_number(request.experiment_id), endpoints_of(request.serialized_scorer)

        def write(connection: Connection) -> ScorerRow:
            active_experiment(connection, number)
            row = store.insert_version(connection, number, request.name, request.serialized_scorer, now_ms())
            if used:  # versions before a judge of another vendor still use theirs
                self._endpoints.used_by(connection, row.scorer_id, used)
            return row

        try:
            row = await self._metadata.run(write)
        except IntegrityError:  # another client made the first version at the same moment, and now it is there
            row = await self._metadata.run(write)
        return wire.RegisterScorer.Response(
            version=row.version,
            scorer_id=row.scorer_id,
            experiment_id=str(row.experiment_id),
            name=row.name,
            serialized_scorer=row.serialized,
            creation_time=row.creation_time,
        )

    async def list(self, request: wire.ListScorers) -> wire.ListScorers.Response:
        """The latest versions."""
        if request.experiment_id and request.experiment_ids:
            raise InvalidParameterValue(
                "Cannot specify both 'experiment_id' and 'experiment_ids'. Use 'experiment_ids' to scope the query to multiple "
                "experiments, or 'experiment_id' to scope it to a single experiment."
            )

        def read(connection: Connection) -> list[ScorerRow]:
            if request.experiment_id:
                number = experiment_number(request.experiment_id)
                active_experiment(connection, number)
                return store.read_latest(connection, [number])
            numbers = [experiment_number(each) for each in request.experiment_ids]
            return store.read_latest(connection, numbers or None)

        return wire.ListScorers.Response(scorers=[_scorer(row) for row in await self._metadata.read(read)])

    async def versions(self, request: wire.ListScorerVersions) -> wire.ListScorerVersions.Response:
        """All versions of a scorer."""
        number = experiment_number(request.experiment_id)

        def read(connection: Connection) -> list[ScorerRow]:
            active_experiment(connection, number)
            return store.read_versions(connection, number, request.name)

        rows = await self._metadata.read(read)
        if not rows:
            raise _not_found(request.name, request.experiment_id)
        return wire.ListScorerVersions.Response(scorers=[_scorer(row) for row in rows])

    async def get(self, request: wire.GetScorer) -> wire.GetScorer.Response:
        """A version, the latest when none is named."""
        return wire.GetScorer.Response(scorer=_scorer(await self._metadata.read(lambda connection: _find(connection, request))))

    async def delete(self, request: wire.DeleteScorer) -> None:
        """Remove a version, or all."""

        def write(connection: Connection) -> None:
            scorer_id = _find(connection, request).scorer_id
            store.delete_versions(connection, scorer_id, request.version)
            if store.read_version_by_id(connection, scorer_id, None) is None:
                self._endpoints.used_by(connection, scorer_id, ())

        await self._metadata.run(write)

    async def configure(self, request: wire.UpsertOnlineScoringConfig) -> wire.UpsertOnlineScoringConfig.Response:
        """Set the share of new traces that a scorer is to look at."""
        rate, chosen = _rate(request.sample_rate), _filter(request.filter_string)

        def write(connection: Connection) -> ConfigRow:
            scorer = _find(connection, wire.GetScorer(experiment_id=request.experiment_id, name=request.name))
            if rate > 0:
                check_can_run_online(scorer.name, scorer.serialized)
            row = ConfigRow(
                scorer_id=scorer.scorer_id,
                config_id=uuid4().hex,
                experiment_id=scorer.experiment_id,
                sample_rate=rate,
                filter=chosen,
            )
            store.put_config(connection, row)
            return row

        return wire.UpsertOnlineScoringConfig.Response(config=_config(await self._metadata.run(write)))

    async def configurations(self, request: wire.GetOnlineScoringConfigs) -> wire.GetOnlineScoringConfigs.Response:
        """What was set for some scorers."""
        rows = await self._metadata.read(lambda connection: store.read_configs(connection, request.scorer_ids))
        return wire.GetOnlineScoringConfigs.Response(configs=[_config(row) for row in rows])

    async def find(self, scorer_id: str, version: int | None = None) -> wire.Scorer:
        """A version by the scorer's id, the latest when none is named. Raises ``ResourceDoesNotExist``."""
        row = await self._metadata.read(lambda connection: store.read_version_by_id(connection, scorer_id, version))
        if row is None:
            of_version = "" if version is None else f" and version {version}"
            raise ResourceDoesNotExist(f"Scorer with ID '{scorer_id}'{of_version} not found.")
        return _scorer(row)


def _find(connection: Connection, request: wire.GetScorer | wire.DeleteScorer) -> ScorerRow:
    number = experiment_number(request.experiment_id)
    active_experiment(connection, number)
    found = store.read_version(connection, number, request.name, request.version)
    if found is None:
        named = store.read_version(connection, number, request.name, None)
        raise _not_found(request.name, request.experiment_id, request.version if named else None)
    return found


def _not_found(name: str, experiment_id: str, version: int | None = None) -> ResourceDoesNotExist:
    of_version = "" if version is None else f" and version {version}"
    return ResourceDoesNotExist(f"Scorer with name '{name}'{of_version} not found for experiment {experiment_id}.")


def _scorer(row: ScorerRow) -> wire.Scorer:
    return wire.Scorer(
        experiment_id=row.experiment_id,
        scorer_name=row.name,
        scorer_version=row.version,
        serialized_scorer=row.serialized,
        creation_time=row.creation_time,
        scorer_id=row.scorer_id,
    )


def _config(row: ConfigRow) -> wire.OnlineScoringConfig:
    return wire.OnlineScoringConfig(
        online_scoring_config_id=row.config_id,
        scorer_id=row.scorer_id,
        sample_rate=row.sample_rate,
        experiment_id=str(row.experiment_id),
        filter_string=row.filter,
    )


def _rate(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise InvalidParameterValue(f"sample_rate must be a number, got {type(given).__name__}")
    if not math.isfinite(given) or not 0 <= given <= 1:
        raise InvalidParameterValue(f"sample_rate must be between 0.0 and 1.0, got {float(given)}")
    return float(given)


def _filter(given: Any) -> str | None:
    if given is not None and not isinstance(given, str):
        raise InvalidParameterValue(f"filter_string must be a string, got {type(given).__name__}")
    parse_search(given)
    return given
