"""Records as clients send them, and what a dataset's schema says of their fields."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from registry.errors import InvalidParameterValue

__all__ = ("USER", "Schema", "decoded_object", "input_hash", "merged", "new_said", "read_records", "schema_with", "user_of")

USER: Final = "mlflow.user"
SOURCES: Final = frozenset({"UNSPECIFIED", "TRACE", "HUMAN", "DOCUMENT", "CODE"})
Schema = dict[str, Any]
_sorted: Final = msgspec.json.Encoder(order="deterministic")


def decoded_object(text: str, field: str) -> dict[str, Any]:
    """A JSON object that travels as text. Raises ``InvalidParameterValue``."""
    value = _decoded(text, field)
    if not isinstance(value, dict):
        raise InvalidParameterValue(f"'{field}' must be the JSON of an object; it is of type '{type(value).__name__}'.")
    return value


def read_records(text: str) -> list[dict[str, Any]]:
    """The records of a request. Raises ``InvalidParameterValue``."""
    records = _decoded(text, "records")
    if not isinstance(records, list) or any(not isinstance(record, dict) for record in records):
        raise InvalidParameterValue("'records' must be the JSON of a list of objects.")
    for index, record in enumerate(records):
        _check(record, index)
    return records


def input_hash(inputs: Mapping[str, Any]) -> str:
    """A digest of a record's inputs, whatever the order of their keys. Records with equal inputs are one record."""
    return hashlib.sha256(_sorted.encode(inputs)).hexdigest()


def new_said(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a new record says beside its inputs."""
    source = _source(record.get("source"))
    said = {
        "outputs": record.get("outputs", {}),
        "expectations": record.get("expectations"),
        "tags": record.get("tags") or {},
        "source": source,
        "source_id": record.get("source_id") or _source_id(source),
        "source_type": record.get("source_type") or (source["source_type"] if source else None),
    }
    return {key: value for key, value in said.items() if value is not None}


def merged(said: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says once the same inputs came again: outputs are replaced, expectations and tags are added to."""
    after = dict(said)
    if "outputs" in record:
        after["outputs"] = record["outputs"]
    for field in ("expectations", "tags"):
        if record.get(field):
            after[field] = {**(said.get(field) or {}), **record[field]}
    return after


def user_of(record: Mapping[str, Any]) -> str | None:
    """The user who sent a record."""
    user = (record.get("tags") or {}).get(USER)
    return user if isinstance(user, str) else None


def schema_with(schema: Schema | None, records: Iterable[Mapping[str, Any]]) -> Schema:
    """The schema with the fields of these records; a field keeps the type it was first seen with."""
    known = schema or {"inputs": {}, "outputs": {}, "expectations": {}, "version": "1.0"}
    found: Schema = {**known, **{part: known[part] for part in ("inputs", "outputs", "expectations")}}
    for record in records:
        for part in ("inputs", "outputs", "expectations"):
            found[part] = _fields(found[part], record.get(part))
    return found


def _fields(known: Any, value: Any) -> Any:
    if isinstance(value, dict) and isinstance(known, dict):
        return {**{key: _type(each) for key, each in value.items()}, **known}
    return known if known or value is None or isinstance(value, dict) else _type(value)


def _type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "float"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _check(record: Mapping[str, Any], index: int) -> None:
    for field in ("inputs", "expectations", "tags"):
        if not isinstance(record.get(field) or {}, dict):
            raise InvalidParameterValue(f"records[{index}].{field} must be an object; it is of type '{type(record[field]).__name__}'.")


def _source(given: Any) -> dict[str, Any] | None:
    if not given:
        return None
    if not isinstance(given, dict) or str(given.get("source_type", "")).upper() not in SOURCES:
        kind = given.get("source_type") if isinstance(given, dict) else given
        raise InvalidParameterValue(f"Invalid dataset record source type: {kind}. Valid source types: {sorted(SOURCES)}")
    return {"source_type": str(given["source_type"]).upper(), "source_data": given.get("source_data") or {}}


def _source_id(source: Mapping[str, Any] | None) -> str | None:
    if source is None:
        return None
    found = source["source_data"].get("trace_id" if source["source_type"] == "TRACE" else "source_id")
    return found if isinstance(found, str) else None


def _decoded(text: str, field: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise InvalidParameterValue(f"'{field}' must be JSON; NaN and Infinity are not.") from None
