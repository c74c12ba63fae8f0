"""The way in for an importing command, under ``/api/v1/import``. Decode, call, encode."""

from typing import Any

from litestar import Request, Response, Router, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from registry.errors import RegistryError
from registry.imports.genai_types import DatasetRecords, EvaluationDataset, GenaiCounts, GenaiScope, Scorer
from registry.imports.service import ImportService
from registry.imports.types import Counts, Experiments, Histories, LoggedModels, Placed, RegisteredModels, Runs, Scope

__all__ = ("router",)


def router(service: ImportService) -> Router:
    """Every route of an import. Each may be sent again: what is there already stays as it is."""
    return Router(
        "/api/v1/import",
        route_handlers=[*_tracking(service), *_models(service), *_genai(service), *_counts(service)],
        exception_handlers={RegistryError: _registry_error},
        tags=["import"],
    )


def _tracking(service: ImportService) -> list[BaseRouteHandler]:
    @post("/experiments", status_code=HTTP_200_OK)
    async def experiments(data: JSONBody[Experiments]) -> Placed:
        """Store experiments; the answer says which experiment of this server each one is."""
        return await service.experiments(data.experiments)

    @post("/runs", status_code=HTTP_200_OK)
    async def runs(data: JSONBody[Runs]) -> None:
        """Store runs."""
        await service.runs(data.runs)

    @post("/histories", status_code=HTTP_200_OK)
    async def histories(data: JSONBody[Histories]) -> None:
        """Store points of metrics."""
        await service.histories(data.histories)

    return [experiments, runs, histories]


def _models(service: ImportService) -> list[BaseRouteHandler]:
    @post("/logged-models", status_code=HTTP_200_OK)
    async def logged_models(data: JSONBody[LoggedModels]) -> None:
        """Store logged models."""
        await service.logged_models(data.logged_models)

    @post("/registered-models", status_code=HTTP_200_OK)
    async def registered_models(data: JSONBody[RegisteredModels]) -> None:
        """Store registered models and prompts with their versions."""
        await service.registered_models(data.registered_models)

    return [logged_models, registered_models]


def _genai(service: ImportService) -> list[BaseRouteHandler]:
    @post("/scorers", status_code=HTTP_200_OK)
    async def scorers(data: JSONBody[list[Scorer]]) -> None:
        """Store scorers with their versions."""
        await service.scorers(data)

    @post("/datasets", status_code=HTTP_200_OK)
    async def datasets(data: JSONBody[list[EvaluationDataset]]) -> None:
        """Store evaluation datasets without their records."""
        await service.datasets(data)

    @post("/dataset-records", status_code=HTTP_200_OK)
    async def dataset_records(data: JSONBody[DatasetRecords]) -> None:
        """Store records of an evaluation dataset."""
        await service.dataset_records(data.dataset_id, data.records)

    return [scorers, datasets, dataset_records]


def _counts(service: ImportService) -> list[BaseRouteHandler]:
    @post("/genai-counts", status_code=HTTP_200_OK)
    async def genai_counts(data: JSONBody[GenaiScope]) -> GenaiCounts:
        """Count what belongs to the scorers and evaluation datasets that are given."""
        return await service.genai_counts(data)

    @post("/counts", status_code=HTTP_200_OK)
    async def counts(data: JSONBody[Scope]) -> Counts:
        """Count what belongs to the runs, logged models and names that are given."""
        return await service.counts(data)

    return [genai_counts, counts]


def _registry_error(_: Request[Any, Any, Any], error: RegistryError) -> Response[Any]:
    body = {"error": {"code": error.error_code.lower(), "message": error.message, "hint": "See docs/import.md."}}
    return Response(body, status_code=error.status, media_type="application/json")
