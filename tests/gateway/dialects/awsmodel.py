"""AWS's own description of its API, as a judge of what is sent: botocore's service model, with the patterns and choices that botocore leaves to the service."""

import base64
import json
import re
from functools import cache

from botocore.session import get_session
from botocore.validate import ParamValidator


@cache
def _model():
    return get_session().get_service_model("bedrock-runtime")


def faults(operation: str, body: bytes, **url: str) -> list[str]:
    """What AWS would refuse in ``body``; ``url`` holds the members that are in the path."""
    shape = _model().operation_model(operation).input_shape
    found: list[str] = []
    value = _read(shape, {**json.loads(body), **url}, "", found)
    report = ParamValidator().validate(value, shape)
    return found + ([report.generate_report()] if report.has_errors() else [])


def _read(shape, value, path: str, found: list[str]):
    """The value as botocore wants it, with blobs as bytes. A document is whatever its writer likes."""
    if shape.type_name == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        return {
            name: _read(shape.members[name], each, f"{path}.{name}", found) if name in shape.members else each
            for name, each in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_read(shape.member, each, f"{path}[{index}]", found) for index, each in enumerate(value)]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: _read(shape.value, each, f"{path}[{name}]", found) for name, each in value.items()}
    if shape.type_name == "blob":
        return base64.b64decode(value, validate=True)
    if shape.type_name == "string" and isinstance(value, str):
        _check_text(shape, value, path, found)
    return value


def _check_text(shape, value: str, path: str, found: list[str]) -> None:
    choices, limits = getattr(shape, "enum", None), shape.metadata
    if choices and value not in choices:
        found.append(f"{path}: {value!r} is none of {choices}")
    if "pattern" in limits and shape.name != "ConversationalModelId" and not re.fullmatch(limits["pattern"], value):
        found.append(f"{path}: {value!r} does not match {limits['pattern']}")
    if len(value) > limits.get("max", len(value)):
        found.append(f"{path}: longer than {limits['max']}")
