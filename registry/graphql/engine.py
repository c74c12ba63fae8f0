"""Carries out queries over the endpoints' messages. Imported when the first query comes: few servers are ever asked one."""

import logging
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from pathlib import Path
from typing import Any, Final

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLList,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    build_schema,
    execute,
    parse,
    validate,
)

from registry.artifacts.messages import ListArtifacts
from registry.errors import RegistryError
from registry.graphql.limits import check_size
from registry.graphql.types import Answer, Query
from registry.models.version_messages import SearchModelVersions
from registry.runs.experiment_messages import GetExperiment
from registry.runs.messages import GetMetricHistoryBulkInterval, GetRun, SearchDatasets, SearchRuns
from registry.wire.messages import Message, WireEnum
from registry.wire.tolerant import Reader

__all__ = ("answer",)

logger = logging.getLogger(__name__)
Ask = Callable[[Any], Awaitable[Any]]

ROOTS: Final[Mapping[str, Reader[Any]]] = {
    "mlflowGetExperiment": Reader(GetExperiment),
    "mlflowGetRun": Reader(GetRun),
    "mlflowGetMetricHistoryBulkInterval": Reader(GetMetricHistoryBulkInterval),
    "mlflowListArtifacts": Reader(ListArtifacts),
    "mlflowSearchModelVersions": Reader(SearchModelVersions),
    "mlflowSearchRuns": Reader(SearchRuns),
    "mlflowSearchDatasets": Reader(SearchDatasets),
}
ECHOES: Final = frozenset({"test", "testMutation"})
MAX_TOKENS: Final = 20_000
CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")
UNSET: Final[Mapping[str, Any]] = {"String": "", "Float": 0.0, "Boolean": False, "LongString": 0, "Int": 0}
"""What stands for a field that is not set, as in MLflow's own messages."""


def _schema() -> Any:
    schema = build_schema(Path(__file__).with_name("schema.graphql").read_text())
    whole: Any = schema.type_map["LongString"]
    whole.serialize = str
    return schema


SCHEMA: Final = _schema()


async def answer(query: Query, ask: Ask) -> Answer:
    """Never raises what the caller could mend: that stands in the errors."""
    try:
        document = parse(query.query, max_tokens=MAX_TOKENS)
        check_size(document)
    except GraphQLError as error:
        return Answer(errors=[error.message])
    if problems := validate(SCHEMA, document, max_errors=10):
        return Answer(errors=[problem.message for problem in problems])
    found = execute(
        SCHEMA,
        document,
        variable_values=query.variables,
        operation_name=query.operation_name,
        context_value=ask,
        field_resolver=_resolve,
    )
    result: ExecutionResult = await found if isawaitable(found) else found
    return Answer(data=result.data, errors=[_told(error) for error in result.errors] if result.errors else None)


def _told(error: GraphQLError) -> str:
    """What the caller reads; anything unforeseen goes to the log alone."""
    cause = error.original_error
    if cause is None or isinstance(cause, RegistryError):
        return error.message
    logger.error("unexpected %s in a query", type(cause).__name__, exc_info=cause)
    return f"Something went wrong here ({type(cause).__name__}); the server's log says more."


def _resolve(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    if source is None:
        return _root(info, arguments)
    if info.parent_type.name == "MlflowRunExtension" and source is not UNSAID:
        if info.field_name == "experiment":
            return _part(info, GetExperiment(experiment_id=source.info.experiment_id), "experiment")
        if info.field_name == "modelVersions":
            return _part(info, SearchModelVersions(filter=f"run_id='{source.info.run_id}'"), "model_versions")
    value = source["output"] if isinstance(source, dict) else getattr(source, CAPITAL.sub("_", info.field_name).lower(), None)
    return _said(value, info)


def _root(info: GraphQLResolveInfo, arguments: dict[str, Any]) -> Any:
    if info.field_name in ECHOES:
        return {"output": arguments.get("inputString")}
    given = {name: value for name, value in (arguments.get("input") or {}).items() if value is not None}
    return info.context(ROOTS[info.field_name].read(given))


async def _part(info: GraphQLResolveInfo, message: Message, field: str) -> Any:
    return getattr(await info.context(message), field)


def _said(value: Any, info: GraphQLResolveInfo) -> Any:
    if isinstance(value, WireEnum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return None  # GraphQL's numbers are finite
    return _unset(info) if value is None else value


def _unset(info: GraphQLResolveInfo) -> Any:
    kind = info.return_type  # no field of the schema is declared non-null
    if isinstance(kind, GraphQLList):
        return []
    if isinstance(kind, GraphQLObjectType):
        return None if kind.name == "ApiError" else UNSAID
    return UNSET.get(kind.name) if isinstance(kind, GraphQLScalarType) else None


class _Unsaid:
    """Stands for a message that is not set: none of its fields is."""


UNSAID: Final = _Unsaid()
