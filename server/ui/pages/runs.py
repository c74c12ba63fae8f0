"""``/runs/ID``: one run, whole; charts of its metrics are drawn as they come into view."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath

from registry.artifacts.messages import FileInfo, ListArtifacts
from registry.errors import InvalidParameterValue, RegistryError
from registry.runs.experiment_messages import GetExperiment
from registry.runs.messages import GetMetricHistoryBulkInterval, GetRun, Run
from server.ui.chart import Point, draw
from server.ui.pages.page import Services, fragment, page
from server.ui.run_table import description_of, shown_tags
from storage.errors import Unavailable

__all__ = ("chart", "run", "run_of_experiment")

AnyRequest = Request[Any, Any, Any]
POINTS: Final = 300
"""More than a chart on a page has pixels for."""

PROMPTS_TAG: Final = "mlflow.linkedPrompts"


@get("/runs/{run_id:str}")
async def run(run_id: FromPath[str], request: AnyRequest, services: Services) -> Response[str]:
    """A run."""
    return await _page(run_id, request, services)


@get("/experiments/{experiment_id:str}/runs/{run_id:str}")
async def run_of_experiment(experiment_id: FromPath[str], run_id: FromPath[str], request: AnyRequest, services: Services) -> Response[str]:
    """The same, at the address that MLflow's client prints."""
    return await _page(run_id, request, services)


@get("/ui/chart")
async def chart(request: AnyRequest, services: Services) -> Response[str]:
    """One metric of some runs as a line chart."""
    key, runs = request.query_params.get("key", ""), request.query_params.getall("run", [])
    if not key or not runs:
        raise InvalidParameterValue("Name a metric and runs: /ui/chart?key=loss&run=ID.")
    asked = GetMetricHistoryBulkInterval(run_ids=runs, metric_key=key, max_results=POINTS)
    found = (await services.registry.histories.get_bulk_interval(asked)).metrics
    series = {run_id: [Point(each.step, each.timestamp, each.value) for each in found if each.run_id == run_id] for run_id in runs}
    names = [(await services.registry.runs.get(GetRun(run_id=run_id))).run.info.run_name for run_id in runs] if len(runs) > 1 else []
    return fragment("chart.html", key=key, chart=draw(key, series), names=names)


async def _page(run_id: str, request: AnyRequest, services: Services) -> Response[str]:
    found = (await services.registry.runs.get(GetRun(run_id=run_id))).run
    experiment = (await services.registry.experiments.get(GetExperiment(experiment_id=found.info.experiment_id))).experiment
    folder = request.query_params.get("path", "")
    files, away = await _files(services, run_id, folder)
    return page(
        services,
        "run.html",
        title=found.info.run_name or run_id,
        section="experiments",
        run=found,
        experiment=experiment,
        tags=shown_tags(found),
        description=description_of(found),
        prompts=_prompts(found),
        files=files,
        away=away,
        folder=folder,
        now=datetime.now(UTC),
    )


async def _files(services: Services, run_id: str, folder: str) -> tuple[list[FileInfo], str]:
    """A folder of the run's artifacts, and why it cannot be shown, if it cannot: the rest of the page can."""
    try:
        return (await services.registry.artifacts.list_run(ListArtifacts(run_id=run_id, path=folder))).files, ""
    except RegistryError as error:
        return [], error.message
    except Unavailable:
        return [], "The store of artifacts does not answer now."


def _prompts(run: Run) -> list[tuple[str, str]]:
    """Names and versions of the prompts that were loaded in a run; clients write the tag, so that it may hold anything."""
    held = next((tag.value or "" for tag in run.data.tags if tag.key == PROMPTS_TAG), "")
    try:
        entries = json.loads(held) if held else []
    except ValueError:
        return []
    known = [each for each in entries if isinstance(each, dict) and {"name", "version"} <= each.keys()] if isinstance(entries, list) else []
    return [(str(each["name"]), str(each["version"])) for each in known]
