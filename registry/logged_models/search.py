"""What can be asked of logged models: clauses with types, made from the grammar's."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from registry.errors import InvalidParameterValue
from registry.logged_models.messages import SearchLoggedModels
from registry.search import Clause, Operand, parse_filter

__all__ = ("Condition", "ModelSearch", "Order", "next_token", "offset_of", "parse_search")

Kind = Literal["attributes", "metrics", "params", "tags"]
KINDS: Final[Mapping[str, Kind]] = {
    "": "attributes",
    "attributes": "attributes",
    "metrics": "metrics",
    "params": "params",
    "tags": "tags",
}
ALIASES: Final = {
    "creation_time": "creation_timestamp_ms",
    "creation_timestamp": "creation_timestamp_ms",
    "last_updated_time": "last_updated_timestamp_ms",
    "last_updated_timestamp": "last_updated_timestamp_ms",
}
ATTRIBUTES: Final = (
    "artifact_location",
    "creation_timestamp_ms",
    "last_updated_timestamp_ms",
    "model_id",
    "model_type",
    "name",
    "source_run_id",
    "status",
)
NUMERIC: Final = frozenset({"creation_timestamp_ms", "last_updated_timestamp_ms"})
NUMBERS: Final = ("<", "<=", ">", ">=", "=", "!=")
TEXTS: Final = ("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN")
STATUSES: Final = {
    "PENDING": "LOGGED_MODEL_PENDING",
    "READY": "LOGGED_MODEL_READY",
    "FAILED": "LOGGED_MODEL_UPLOAD_FAILED",
    "UNSPECIFIED": "LOGGED_MODEL_STATUS_UNSPECIFIED",
}


class Condition(msgspec.Struct, frozen=True):
    """``value`` is a number for metrics and times, a tuple for lists."""

    kind: Kind
    key: str
    operator: str
    value: str | float | tuple[str, ...]


class Order(msgspec.Struct, frozen=True):
    """One thing to order by: an attribute, or a metric on a dataset."""

    kind: Literal["attributes", "metrics"]
    key: str
    ascending: bool
    dataset_name: str | None
    dataset_digest: str | None


class ModelSearch(msgspec.Struct, frozen=True):
    """Conditions that all must hold, datasets that metrics must be on (name, and digest or ``None``), and what to order by."""

    conditions: tuple[Condition, ...]
    datasets: tuple[tuple[str, str | None], ...]
    orders: tuple[Order, ...]


def parse_search(request: SearchLoggedModels) -> ModelSearch:
    """Read what is asked. Raises ``InvalidParameterValue``."""
    if any(not each.dataset_name for each in request.datasets):
        raise InvalidParameterValue("`dataset_name` in the `datasets` clause must be specified.")
    return ModelSearch(
        conditions=tuple(_condition(clause) for clause in parse_filter(request.filter, truths=True)),
        datasets=tuple((each.dataset_name or "", each.dataset_digest or None) for each in request.datasets),
        orders=tuple(_order(each) for each in request.order_by),
    )


def _order(given: SearchLoggedModels.OrderBy) -> Order:
    entity, dot, key = given.field_name.partition(".")
    if dot and entity != "metrics":
        raise InvalidParameterValue(f"Invalid order by field name: {given.field_name}. Only metrics are supported.")
    key = key if dot else ALIASES.get(entity, entity)
    if not dot and key not in ATTRIBUTES:
        raise InvalidParameterValue(f"Invalid order by field name: {given.field_name}")
    ascending = True if given.ascending is None else given.ascending
    return Order("metrics" if dot else "attributes", key, ascending, given.dataset_name or None, given.dataset_digest or None)


def _condition(clause: Clause) -> Condition:
    kind = KINDS.get(clause.entity)
    if kind is None:
        raise InvalidParameterValue(f"Invalid entity type: {clause.entity!r}. Expected one of {list(KINDS.values())[1:]}.")
    key = ALIASES.get(clause.key, clause.key) if kind == "attributes" else clause.key
    if kind == "attributes" and key not in ATTRIBUTES:
        raise InvalidParameterValue(f"Invalid attribute key '{clause.key}' specified. Valid keys are '{list(ATTRIBUTES)}'")
    numeric = kind == "metrics" or (kind == "attributes" and key in NUMERIC)
    allowed = NUMBERS if numeric else TEXTS
    if clause.operand is None or clause.operator not in allowed:
        raise InvalidParameterValue(f"Invalid comparison operator for {kind}.{key}: {clause.operator!r}. Expected one of {allowed}.")
    value = _number(key, clause.operand) if numeric else _texts(key, clause.operator, clause.operand)
    return _status(clause.operator, value) if kind == "attributes" and key == "status" else Condition(kind, key, clause.operator, value)


def _number(key: str, operand: Operand) -> float:
    if operand.kind != "number":
        raise InvalidParameterValue(f"Expected numeric value type for {key}. Found {operand.raw}")
    return float(operand.raw)


def _texts(key: str, operator: str, operand: Operand) -> str | tuple[str, ...]:
    """Texts need no quotes here, as nowhere else: ``params.lr = 0.01`` is the example that MLflow itself gives."""
    if operator.endswith("IN") != (operand.kind == "list"):
        what = "a list of quoted string values" if operator.endswith("IN") else "a quoted string value"
        raise InvalidParameterValue(f"Expected {what} for {key}. Got value {operand.raw}")
    if operand.kind == "list":
        return operand.texts
    return operand.text if operand.kind == "text" else operand.raw


def _status(operator: str, value: Any) -> Condition:
    if operator not in {"=", "!=", "IN", "NOT IN"}:
        raise InvalidParameterValue(f"Invalid comparison operator for status: {operator}")
    names = value if isinstance(value, tuple) else (value,)
    if any(name not in STATUSES for name in names):
        raise InvalidParameterValue(f"Unknown model status in filter: {value!r}")
    stored = tuple(STATUSES[name] for name in names)
    return Condition("attributes", "status", operator, stored if isinstance(value, tuple) else stored[0])


class _Token(msgspec.Struct, frozen=True):
    """The request that a token goes on with, and where."""

    experiment_ids: list[str] = []
    filter_string: str | None = None
    order_by: list[SearchLoggedModels.OrderBy] = []
    offset: int = 0


def next_token(request: SearchLoggedModels, offset: int) -> str:
    """The token of the page that begins at ``offset``; it holds the request, so that it fits no other."""
    token = _Token(request.experiment_ids, request.filter, request.order_by, offset)
    return base64.b64encode(msgspec.json.encode(token)).decode()


def offset_of(request: SearchLoggedModels) -> int:
    """Where the page of a request begins. Raises ``InvalidParameterValue`` for a token of another request."""
    if not request.page_token:
        return 0
    try:
        token = msgspec.json.decode(base64.b64decode(request.page_token), type=_Token)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise InvalidParameterValue(f"Invalid page token: {request.page_token}.") from None
    for what, expected, found in (
        ("Experiment IDs", request.experiment_ids, token.experiment_ids),
        ("Filter string", request.filter, token.filter_string),
        ("Order by", request.order_by, token.order_by),
    ):
        if expected != found:
            raise InvalidParameterValue(
                f"{what} in the page token does not match the requested {what[0].lower()}{what[1:]}. Expected: {expected}. Found: {found}"
            )
    return max(0, min(token.offset, 2**31))
