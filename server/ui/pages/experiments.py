"""``/experiments``: experiments, their runs, and runs side by side."""

from datetime import UTC, datetime
from typing import Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath

from registry.errors import InvalidParameterValue
from registry.runs.experiment_messages import GetExperiment, SearchExperiments
from registry.runs.messages import GetRun, SearchRuns
from server.ui.pages.listing import Found, listing
from server.ui.pages.page import Services, base_url, page
from server.ui.run_table import arranged
from server.ui.scatter import axes_of, scatter

__all__ = ("compare", "experiment", "experiments")

AnyRequest = Request[Any, Any, Any]
PAGE: Final = 100
MAX_COMPARED: Final = 20


@get("/experiments")
async def experiments(request: AnyRequest, services: Services) -> Response[str]:
    """The list, what changed last first, filtered in MLflow's language."""

    async def search(typed: str, cursor: str | None) -> Found:
        asked = SearchExperiments(max_results=PAGE, filter=typed or None, order_by=["last_update_time DESC"], page_token=cursor)
        found = await services.registry.experiments.search(asked)
        return found.experiments, found.next_page_token

    return await listing(request, services, "Experiments", "experiments", search)


@get("/experiments/{experiment_id:str}")
async def experiment(experiment_id: FromPath[str], request: AnyRequest, services: Services) -> Response[str]:
    """Its runs, filtered and ordered in MLflow's language."""
    found = await services.registry.experiments.get(GetExperiment(experiment_id=experiment_id))
    given = {name: request.query_params.get(name, "") for name in ("filter", "order", "cursor", "x", "y")}
    runs, mistake = await _runs(services, experiment_id, given)
    return page(
        services,
        "experiment.html",
        title=found.experiment.name,
        section="experiments",
        experiment=found.experiment,
        table=arranged(runs.runs),
        axes=axes_of(runs.runs),
        drawn=scatter(runs.runs, given["x"], given["y"]) if given["x"] and given["y"] else None,
        next_cursor=runs.next_page_token,
        base_url=base_url(request, services.settings()),
        given=given,
        mistake=mistake,
        now=datetime.now(UTC),
    )


@get("/compare-runs")
async def compare(request: AnyRequest, services: Services) -> Response[str]:
    """Runs side by side: what differs between them, and their metrics in one chart each."""
    chosen = list(dict.fromkeys(run_id for each in request.query_params.getall("run", []) for run_id in each.split(",") if run_id))
    if not 1 <= len(chosen) <= MAX_COMPARED:
        raise InvalidParameterValue(f"Name between 1 and {MAX_COMPARED} runs: /compare-runs?run=ID&run=ID.")
    runs = [(await services.registry.runs.get(GetRun(run_id=run_id))).run for run_id in chosen]
    params = sorted({param.key for run in runs for param in run.data.params})
    metrics = sorted({metric.key for run in runs for metric in run.data.metrics})
    values = {key: [next((each.value or "" for each in run.data.params if each.key == key), None) for run in runs] for key in params}
    return page(
        services,
        "compare.html",
        title="Compare runs",
        section="experiments",
        runs=runs,
        differing=[(key, row) for key, row in values.items() if len(set(row)) > 1],
        same=[(key, row[0]) for key, row in values.items() if len(set(row)) == 1],
        metrics=[(key, [next((each.value for each in run.data.metrics if each.key == key), None) for run in runs]) for key in metrics],
        now=datetime.now(UTC),
    )


async def _runs(services: Services, experiment_id: str, given: dict[str, str]) -> tuple[SearchRuns.Response, str]:
    """A page of runs, and what is wrong with the filter, if anything is."""
    order = [given["order"]] if given["order"] else []
    asked = SearchRuns(
        experiment_ids=[experiment_id], filter=given["filter"], order_by=order, max_results=PAGE, page_token=given["cursor"] or None
    )
    try:
        return await services.registry.runs.search(asked), ""
    except InvalidParameterValue as error:
        return SearchRuns.Response(), error.message
