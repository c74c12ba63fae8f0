"""Keeps requests in their workspace: names mean what they mean there, and what is elsewhere is not found."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from registry.access.gatekeeper import refilled
from registry.access.permissions import ANY, canonical
from registry.access.requirements import Lookup, area_of, needs
from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.evaluation_datasets.messages import CreateDataset, RemoveDatasetFromExperiments
from registry.models.names import check_model_name
from registry.runs.experiment_messages import CreateExperiment
from registry.wire import Endpoint, Message
from registry.workspaces.book import WorkspaceBook
from registry.workspaces.scope import DEFAULT, WORKSPACE, scoped

__all__ = ("Confined",)

Call = Callable[[Endpoint[Any], Any], Awaitable[Message | None]]

EXPERIMENTAL: Final = frozenset({"experiment", "run", "trace", "assessment", "logged_model", "review_queue"})
"""Kinds of things that are where their experiment is."""

NAMED_APART: Final = frozenset({"registered_model", "prompt", "mcp_server", "skill"})
REGISTERED: Final = frozenset({"registered-models", "model-versions"})
SEARCHES: Final = frozenset({"/2.0/mlflow/runs/search", "/2.0/mlflow/logged-models/search", "/3.0/mlflow/traces/search"})
"""What looks into experiments: those of other workspaces are as if they had nothing in them."""

LISTS: Final = {
    "/3.0/mlflow/datasets/search": "datasets",
    "/3.0/mlflow/issues/search": "issues",
    "/3.0/mlflow/scorers/list": "scorers",
}
"""What looks at everything, and what it gives."""

MISSING: Final = (
    ("run_id", "Run with id={} not found"),
    ("trace_id", "Trace with ID '{}' not found."),
    ("request_id", "Trace with ID '{}' not found."),
    ("model_id", "Logged model with ID '{}' not found."),
    ("dataset_id", "Evaluation dataset with id '{}' not found"),
    ("issue_id", "Issue with ID '{}' not found"),
    ("queue_id", "Review queue with id '{}' not found"),
    ("schema_id", "Label schema with id '{}' not found"),
)
NOWHERE: Final = "-1"
ALONE: Final = "0"
"""Stands for the experiments of a dataset that has none: it is where the first one is, in the default workspace."""


class Confined:
    """Calls endpoints by ``call``. A request that is in no workspace goes straight there."""

    def __init__(self, book: WorkspaceBook, lookup: Lookup, call: Call) -> None:
        self._book = book
        self._lookup = lookup
        self._call = call

    async def __call__(self, endpoint: Endpoint[Any], message: Any) -> Message | None:
        """The endpoint's answer. Raises ``ResourceDoesNotExist`` for what is in another workspace, and all that the endpoint raises."""
        workspace = WORKSPACE.get()
        if workspace is None:
            return await self._call(endpoint, message)
        if workspace != DEFAULT and isinstance(message, CreateExperiment) and message.artifact_location:
            # A place of one's own choice could be that of another workspace's files.
            raise InvalidParameterValue(
                f"artifact_location cannot be specified in a workspace other than '{DEFAULT}': set the workspace's default_artifact_root."
            )
        if workspace != DEFAULT:
            await self._check_shared(message)
        message = _scoped(endpoint.path, message)
        if endpoint.path in SEARCHES:
            message = await self._narrowed(workspace, message)
        else:
            await self._check(workspace, endpoint, message)
        if (field := LISTS.get(endpoint.path)) is not None:
            return await self._listed(workspace, endpoint, message, field)
        answer = await self._call(endpoint, message)
        if isinstance(answer, CreateExperiment.Response):
            self._book.put(answer.experiment_id, workspace)
        return answer

    async def _check_shared(self, message: Any) -> None:
        """A dataset is where its experiments are: without any it would be in the default workspace."""
        left: Iterable[str] | None = None
        if isinstance(message, CreateDataset):
            left = message.experiment_ids
        elif isinstance(message, RemoveDatasetFromExperiments):
            left = set(await self._lookup.of_dataset(message.dataset_id)) - set(message.experiment_ids)
        if left is not None and not left:
            raise InvalidParameterValue(
                f"An evaluation dataset in a workspace other than '{DEFAULT}' is in at least one experiment: name one in experiment_ids."
            )

    async def _check(self, workspace: str, endpoint: Endpoint[Any], message: Any) -> None:
        needed = await needs(endpoint.method, endpoint.path, message, self._lookup)
        ids = [
            canonical("experiment", each.resource_id) for each in needed if each.resource_type in EXPERIMENTAL and each.resource_id != ANY
        ]
        await self._book.locate(ids)
        for each in ids:
            if not self._book.holds(workspace, each):
                raise _missing(message, each)
        dataset = getattr(message, "dataset_id", None)
        if workspace != DEFAULT and dataset and not await self._lookup.of_dataset(dataset):
            raise _missing(message, "")

    async def _narrowed(self, workspace: str, message: Any) -> Any:
        named: Sequence[str] = getattr(message, "experiment_ids", ())
        places = [each.mlflow_experiment for each in getattr(message, "locations", ())]
        await self._book.locate(canonical("experiment", each) for each in (*named, *(place.experiment_id for place in places if place)))
        if not hasattr(message, "locations"):
            here = [each for each in named if self._book.holds(workspace, canonical("experiment", each))]
            return msgspec.structs.replace(message, experiment_ids=here or ([NOWHERE] if named else []))
        locations = [
            each
            if place is None or self._book.holds(workspace, canonical("experiment", place.experiment_id))
            else msgspec.structs.replace(each, mlflow_experiment=msgspec.structs.replace(place, experiment_id=NOWHERE))
            for each, place in zip(message.locations, places, strict=True)
        ]
        return msgspec.structs.replace(message, locations=locations)

    async def _listed(self, workspace: str, endpoint: Endpoint[Any], message: Any, field: str) -> Message | None:
        async def located(message: Any) -> Any:
            answer = await self._call(endpoint, message)
            await self._book.locate(each for item in getattr(answer, field) for each in _experiments_of(item))
            return answer

        def sees(item: Any) -> bool:
            return all(self._book.holds(workspace, each) for each in _experiments_of(item))

        return await refilled(located, message, field, sees)


def _scoped(path: str, message: Any) -> Any:
    """The message with names of models and prompts as they are kept."""
    if getattr(message, "resource_type", None) in NAMED_APART:
        named = next(field for field in ("resource_id", "resource_pattern") if hasattr(message, field))
        given = getattr(message, named)
        return message if given == ANY else msgspec.structs.replace(message, **{named: scoped(given)})
    if area_of(path) not in REGISTERED or path.endswith("/search"):
        return message
    fields = [field for field in ("name", "new_name") if getattr(message, field, None)]
    for field in fields:
        check_model_name(getattr(message, field), field)
    return msgspec.structs.replace(message, **{field: scoped(getattr(message, field)) for field in fields})


def _experiments_of(item: Any) -> Iterable[str]:
    if (many := getattr(item, "experiment_ids", None)) is not None:
        return [str(each) for each in many] or [ALONE]
    return [str(item.experiment_id)]


def _missing(message: Any, experiment: str) -> ResourceDoesNotExist:
    for field, sentence in MISSING:
        if isinstance(named := getattr(message, field, None), str) and named:
            return ResourceDoesNotExist(sentence.format(named))
    return ResourceDoesNotExist(f"No Experiment with id={experiment} exists")
