"""What each endpoint needs: a table of verbs, and for each area how its messages name what they are about."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, Protocol

import msgspec

from registry.access.permissions import ANY, Action
from registry.artifacts.kept import is_of_skill
from registry.artifacts.trees import own_path, owner_of
from registry.models.uris import models_named
from registry.workspaces.scope import scoped

__all__ = ("MAKE", "OPEN", "Lookup", "Need", "area_of", "needs")


class Need(msgspec.Struct, frozen=True):
    """An action on a thing that the caller must be allowed."""

    action: Action
    resource_type: str
    resource_id: str


MAKE: Final = Need("use", "workspace", ANY)
"""That the caller may make new things."""

ADMINISTER: Final = Need("manage", "workspace", ANY)
OPEN: Final[tuple[Need, ...]] = ()

UNPLACED: Final = "0"
"""The experiment of traces that name none."""


class Lookup(Protocol):
    """Which experiment things are in; ``None`` for what nobody knows: the endpoint says so itself."""

    async def of_run(self, run_id: str) -> str | None:
        """A run's."""
        ...

    async def of_logged_model(self, model_id: str) -> str | None:
        """A logged model's."""
        ...

    async def of_trace(self, trace_id: str) -> str | None:
        """A trace's."""
        ...

    async def of_label_schema(self, schema_id: str) -> str | None:
        """That of a question to reviewers."""
        ...

    async def of_review_queue(self, queue_id: str) -> str | None:
        """A queue's."""
        ...

    async def of_issue(self, issue_id: str) -> str | None:
        """An issue's."""
        ...

    async def of_scorer(self, scorer_id: str) -> str | None:
        """A scorer's."""
        ...

    async def of_dataset(self, dataset_id: str) -> Sequence[str]:
        """All that an evaluation dataset is shared with."""
        ...


READS: Final = frozenset({"get", "search", "list", "presigned-download-url", "calculate-filter-correlation"})
DELETES: Final = frozenset({"delete", "restore", "delete-traces"})


def area_of(path: str) -> str:
    """The area of a path: ``/2.0/mlflow/runs/create`` is of ``runs``."""
    return path.split("/")[3] if path.count("/") >= 3 else ""


def action_of(method: str, path: str) -> Action:
    """What an endpoint does with the thing that it is about."""
    verb = path.rsplit("/", 1)[-1]
    if method == "GET" or verb in READS or verb.startswith(("get-", "batchGet", "list-", "search-")):
        return "read"
    return "delete" if verb in DELETES or (method == "DELETE" and verb == "{model_id}") else "update"


async def needs(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    """Everything that must be allowed before the endpoint is asked.

    Searches need nothing: what they find is filtered. An area without a rule is for administrators. Who may give permissions is decided by
    their service.
    """
    if "/permissions/" in path:
        return OPEN
    area = AREAS.get(area_of(path), _administration)
    return await area(method, path, message, lookup)


async def _experiments(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    if path.endswith("/create"):
        return (MAKE, *_location(message.artifact_location or ""))
    if path.endswith(("/experiments/search", "/get-by-name")):
        return OPEN
    return [Need(action_of(method, path), "experiment", each) for each in _experiments_in(message)]


def _location(uri: str) -> Iterable[Need]:
    """A place among the artifacts of others makes theirs one's own; what lies beside experiments is for those who may write everywhere.

    The root holds what is in all workspaces, so it is for administrators.
    """
    if (path := own_path(uri)) is None:
        return ()
    owner = owner_of(path)
    return (ADMINISTER if owner == ANY or is_of_skill(path) else Need("update", "experiment", owner),)


async def _runs(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    if path.endswith("/runs/create"):
        return (Need("update", "run", message.experiment_id or "0"),)
    if path.endswith("/runs/search"):
        return OPEN
    action = action_of(method, path)
    told = [each for metric in getattr(message, "metrics", ()) for each in _ids(metric, "model_id")]
    used = [each.model_id for each in getattr(message, "models", ())]
    return [
        *await _in_experiments(action, "run", _ids(message, "run_id", "run_uuid", "run_ids"), lookup.of_run),
        *await _in_experiments(action, "logged_model", dict.fromkeys([*_ids(message, "model_id"), *told]), lookup.of_logged_model),
        *await _in_experiments("read", "logged_model", used, lookup.of_logged_model),
    ]


async def _logged_models(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    if path.endswith("/search"):
        return OPEN
    if (model_id := getattr(message, "model_id", None)) is None:
        runs = await _in_experiments("read", "run", _ids(message, "source_run_id"), lookup.of_run)
        return (Need("update", "logged_model", message.experiment_id), *runs)
    return await _in_experiments(action_of(method, path), "logged_model", [model_id], lookup.of_logged_model)


async def _traces(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    if path.endswith("/traces/search"):
        return OPEN
    action = action_of(method, path)
    runs = await _in_experiments(action, "run", _ids(message, "run_id"), lookup.of_run)
    unplaced = [UNPLACED] if method == "POST" and path.endswith("/traces") else []
    if experiments := _experiments_in(message) or unplaced:
        again = await _in_experiments("update", "trace", _told(message), lookup.of_trace)
        return [*again, *(Need("update" if action == "delete" else action, "trace", each) for each in experiments)]
    kind = "assessment" if "/assessments" in path else "trace"
    return [
        *runs,
        *await _in_experiments(action, kind, _ids(message, "trace_id", "trace_ids", "request_id", "request_ids"), lookup.of_trace),
    ]


async def _models(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    if path.endswith("/registered-models/create"):
        return (MAKE,)
    if path.endswith("/search"):
        return OPEN
    return (Need(action_of(method, path), "registered_model", message.name),)


async def _versions(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    if path.endswith("/search"):
        return OPEN
    need = Need(action_of(method, path), "registered_model_version", message.name)
    return (need, *await _sources(message, lookup)) if path.endswith("/create") else (need,)


async def _sources(message: Any, lookup: Lookup) -> Iterable[Need]:
    """Who may read a version reads the files of the run or logged model that it comes from, so whoever makes it must be able to."""
    source = models_named(message.source)
    runs = await _in_experiments("read", "run", _ids(message, "run_id"), lookup.of_run)
    versions = [Need("read", "registered_model_version", scoped(source.name))] if source.name else []
    models = dict.fromkeys([*_ids(message, "model_id"), *_ids(source, "model_id")])
    return [*versions, *runs, *await _in_experiments("read", "logged_model", models, lookup.of_logged_model)]


GATEWAY: Final = {
    "secrets": ("gateway_secret", "secret_id"),
    "endpoints": ("gateway_endpoint", "endpoint_id"),
    "model-definitions": ("gateway_model_definition", "model_definition_id"),
}


async def _gateway(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    kind, field = GATEWAY.get(path.split("/")[4], ("", ""))
    if not kind:
        return OPEN if method == "GET" else (ADMINISTER,)
    filled = [Need("update", "trace", each) for each in _ids(message, "experiment_id")]  # where an endpoint's traces go
    if path.endswith(f"/{path.split('/')[4]}/create"):
        return (MAKE, *filled)
    if path.endswith(f"/{path.split('/')[4]}/list"):
        return OPEN
    return (Need(action_of(method, path), kind, getattr(message, field, None) or ANY), *filled)


async def _mcp_servers(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    """A version is found by whoever may read its server. Who may make one where there is no server yet, the service says itself."""
    if (name := getattr(message, "server", None)) is None:
        return (MAKE,) if method == "POST" else OPEN
    server, (part, *_) = scoped(name), [*path.split("/")[5:], ""]
    if part == "versions" and path.endswith("/versions") and method == "POST":
        return OPEN
    action = _action_on_named(method, path)
    if part == "versions":
        return (Need("read", "mcp_server", server), Need(action, "mcp_server_version", server))
    version = [Need("read", "mcp_server_version", server)] if part == "aliases" else []
    return (Need(action, "mcp_server", server), *version)


async def _skills(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    """Whose versions may be registered, the service says itself, which knows whether there is the skill."""
    if (name := getattr(message, "skill", None)) is None:
        return (MAKE,) if method == "POST" and path.endswith("/skills") else OPEN
    if method == "POST" and path.endswith("/versions"):
        return OPEN
    action = _action_on_named(method, path)
    if path.endswith("/tags/{key:path}") and "/versions/" not in path:
        action = "update"
    if getattr(message, "status", None) == "deleted":
        action = "delete"
    organization = f"@{message.owner}/" if message.owner else ""
    return (Need(action, "skill", scoped(f"{organization}{name}")),)


def _action_on_named(method: str, path: str) -> Action:
    actions: dict[str, Action] = {"GET": "read", "DELETE": "delete"}
    return actions.get(method, "update")


async def _datasets(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    """A dataset holds what its experiments said: who may not read one of them does not read it."""
    if path.endswith("/datasets/search"):
        return OPEN
    named = _ids(message, "experiment_ids")
    if (dataset_id := getattr(message, "dataset_id", None)) is None:
        return [MAKE, *(Need("update", "experiment", each) for each in named)]
    action: Action = "read" if method == "GET" else "update"
    return [Need(action, "experiment", each) for each in dict.fromkeys([*named, *await lookup.of_dataset(dataset_id)])]


async def _label_schemas(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    return await _in_review(method, path, message, _ids(message, "schema_id"), lookup.of_label_schema)


async def _review_queues(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    return await _in_review(method, path, message, _ids(message, "queue_id"), lookup.of_review_queue)


async def _in_review(method: str, path: str, message: Any, ids: list[str], find: Callable[[str], Awaitable[str | None]]) -> Iterable[Need]:
    action: Action = "read" if method == "GET" else "update"
    if experiments := _experiments_in(message):
        return [Need(action, "review_queue", each) for each in experiments]
    return await _in_experiments(action, "review_queue", ids, find)


async def _issues(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    if path.endswith("/issues/search"):
        return [Need("read", "experiment", each) for each in _experiments_in(message)]
    runs = await _in_experiments("read", "run", _ids(message, "source_run_id"), lookup.of_run)
    own = await _in_experiments(action_of(method, path), "experiment", _ids(message, "issue_id"), lookup.of_issue)
    return [*runs, *own, *(Need("update", "experiment", each) for each in _experiments_in(message))]


async def _scorers(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    action = action_of(method, path)
    if experiments := _experiments_in(message):
        return [Need("update" if action == "delete" else action, "experiment", each) for each in experiments]
    return await _in_experiments(action, "experiment", _ids(message, "scorer_ids"), lookup.of_scorer)


async def _parts(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    """The door knows the folder that the address names; a body may name one, too."""
    return (Need("update", "experiment", owner_of(message.artifact_path)),)


async def _governed_by_itself(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    return OPEN


async def _administration(method: str, path: str, message: Any, lookup: Lookup) -> Iterable[Need]:
    return (ADMINISTER,)


Area = Callable[[str, str, Any, Lookup], Awaitable[Iterable[Need]]]
AREAS: Final[dict[str, Area]] = {
    "experiments": _experiments,
    "runs": _runs,
    "metrics": _runs,
    "artifacts": _runs,
    "logged-models": _logged_models,
    "traces": _traces,
    "get-trace-artifact": _traces,
    "registered-models": _models,
    "model-versions": _versions,
    "gateway": _gateway,
    "mcp-servers": _mcp_servers,
    "skills": _skills,
    "datasets": _datasets,
    "label-schemas": _label_schemas,
    "review-queues": _review_queues,
    "issues": _issues,
    "scorers": _scorers,
    "mpu": _parts,
    "presigned": _governed_by_itself,  # by the path, at the door (server/entrance.py), as all files are
    "users": _governed_by_itself,
    "roles": _governed_by_itself,
    "server-info": _governed_by_itself,
    "workspaces": _governed_by_itself,
    "webhooks": _administration,
}


async def _in_experiments(action: Action, kind: str, ids: Iterable[str], find: Callable[[str], Awaitable[str | None]]) -> Iterable[Need]:
    found = [await find(each) for each in ids]
    return [Need(action, kind, each) for each in dict.fromkeys(found) if each is not None]


def _ids(message: Any, *fields: str) -> list[str]:
    """What the message names in these fields, one or many, each once."""
    values = [getattr(message, field, None) for field in fields]
    return list(dict.fromkeys(each for value in values if value for each in ([value] if isinstance(value, str) else value)))


def _told(message: Any) -> list[str]:
    """The trace that a message writes, which may exist already."""
    return _ids(getattr(getattr(message, "trace", None), "trace_info", None), "trace_id")


def _experiments_in(message: Any) -> list[str]:
    """The experiments that a message names, for itself or for its traces."""
    info = getattr(getattr(message, "trace", None), "trace_info", None)
    place = getattr(getattr(info, "trace_location", None), "mlflow_experiment", None)
    return _ids(message, "experiment_id", "experiment_ids") or _ids(place, "experiment_id")
