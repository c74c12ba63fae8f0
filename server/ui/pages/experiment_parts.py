"""``/experiments/{id}/scorers`` and ``…/issues``: what MLflow's clients keep in an experiment beside runs and traces."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from registry.issues.messages import SearchIssues
from registry.runs.experiment_messages import Experiment, GetExperiment
from registry.scorers.messages import GetOnlineScoringConfigs, ListScorers, Scorer
from server.ui.pages.page import Services, page
from server.ui.services import UiServices

__all__ = ("issues", "scorers")

AnyRequest = Request[Any, Any, Any]
SHOWN: Final = 100


class ScorerLine(msgspec.Struct, frozen=True):
    """A scorer: what it asks of which model, as far as its stored form says, and the share of new traces it looks at."""

    scorer: Scorer
    model: str
    instructions: str
    sample: float | None


@get("/experiments/{experiment_id:str}/scorers")
async def scorers(experiment_id: FromPath[str], services: Services) -> Response[str]:
    """The newest version of each scorer."""
    found: list[Scorer] = (await services.registry.ask(ListScorers(experiment_id=experiment_id))).scorers
    asked = GetOnlineScoringConfigs(scorer_ids=[each.scorer_id for each in found])
    configs = (await services.registry.ask(asked)).configs if found else []
    samples = {config.scorer_id: config.sample_rate for config in configs}
    return page(
        services,
        "scorers.html",
        title="Scorers",
        section="experiments",
        experiment=await _experiment(services, experiment_id),
        lines=[_line(each, samples.get(each.scorer_id)) for each in found],
        now=datetime.now(UTC),
    )


@get("/experiments/{experiment_id:str}/issues")
async def issues(experiment_id: FromPath[str], request: AnyRequest, services: Services) -> Response[str]:
    """Known problems, the gravest first."""
    asked = SearchIssues(
        experiment_id=experiment_id,
        max_results=SHOWN,
        page_token=request.query_params.get("cursor") or None,
        include_trace_count=True,
    )
    return page(
        services,
        "issues.html",
        title="Issues",
        section="experiments",
        experiment=await _experiment(services, experiment_id),
        found=await services.registry.ask(asked),
        now=datetime.now(UTC),
    )


async def _experiment(services: UiServices, experiment_id: str) -> Experiment:
    return (await services.registry.experiments.get(GetExperiment(experiment_id=experiment_id))).experiment


def _line(scorer: Scorer, sample: float | None) -> ScorerLine:
    """Clients write the stored form, so it may hold anything."""
    try:
        held = msgspec.json.decode(scorer.serialized_scorer)
    except msgspec.DecodeError:
        held = {}
    asks = next((part for name in _ASKS if isinstance(part := _of(held, name), dict)), {})
    return ScorerLine(scorer, _text(_of(asks, "model")), _text(_of(asks, "instructions")), sample)


_ASKS: Final = ("instructions_judge_pydantic_data", "builtin_scorer_pydantic_data")
"""Where a scorer's stored form says what it asks."""


def _of(held: Any, name: str) -> Any:
    return held.get(name) if isinstance(held, dict) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
