"""What names, values and batches may be, in MLflow's limits and words. Each check raises ``InvalidParameterValue``."""

import json
import math
import posixpath
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import ParseResult, unquote, urlparse

from registry.errors import InvalidParameterValue
from registry.runs.messages import DatasetInput, Metric, Param, RunTag

__all__ = (
    "LARGEST_NUMBER",
    "MAX_PARAM_VALUE",
    "check_batch",
    "check_datasets",
    "check_experiment_name",
    "check_experiment_tag",
    "check_key",
    "check_length",
    "check_location",
    "check_max_results",
    "check_metric",
    "check_run_id",
    "clamped",
    "experiment_number",
    "one_of",
    "param_of",
    "settled_location",
    "storable_numbers",
    "tag_of",
    "wrong",
)

MAX_KEY: Final = 250
MAX_PARAM_VALUE: Final = 6000
MAX_TAG_VALUE: Final = 8000
MAX_EXPERIMENT_NAME: Final = 500
MAX_EXPERIMENT_TAG_VALUE: Final = 20_000
MAX_LOCATION: Final = 2048
MAX_PAGE: Final = 50_000
LARGEST_NUMBER: Final = 2**31 - 1
"""What the databases hold as the number of an experiment."""

BATCH_LIMITS: Final = (("metrics", 1000), ("params", 100), ("tags", 100), ("metrics, params, and tags", 1000))

_KEY: Final = re.compile(r"[/\w.\- :]*")
_RUN_ID: Final = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")
_BAD_CHARACTERS: Final = (
    "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."
)


def wrong(path: str, value: Any, reason: str = "") -> InvalidParameterValue:
    """The sentence for a value that is not allowed."""
    shown = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return InvalidParameterValue(f"Invalid value {shown} for parameter '{path}' supplied" + (f": {reason}" if reason else "."))


def one_of(values: Iterable[str]) -> str:
    """Values that are allowed, as MLflow prints its sets, in order."""
    return "{" + ", ".join(repr(value) for value in sorted(values)) + "}"


@lru_cache(maxsize=4096)  # a run logs the same few names over and over
def _problem(key: str) -> str:
    """What is wrong with a key; ``""`` when nothing is."""
    if not _KEY.fullmatch(key):
        return _BAD_CHARACTERS
    normal = posixpath.normpath(key)
    if normal != key or normal == "." or normal.startswith(("..", "/")):
        return (
            "Names may be treated as files in certain cases, and must not resolve to other names"
            f" when treated as such. This name would resolve to {normal!r}"
        )
    return ""


def check_key(key: str, path: str) -> None:
    """A key of a metric, param or tag; ``path`` names it in the error."""
    if problem := _problem(key):
        raise wrong(path, key, problem)


def check_length(name: str, limit: int, value: str | None) -> None:
    """At most ``limit`` characters."""
    if value is not None and len(value) > limit:
        raise InvalidParameterValue(f"'{name}' exceeds the maximum length of {limit} characters")


def check_run_id(run_id: str) -> None:
    """What an identifier of a run may look like."""
    if not _RUN_ID.fullmatch(run_id):
        raise wrong("run_id", run_id)


def check_metric(metric: Metric, path: str = "") -> None:
    """A point: its key, and a time that is not before the epoch."""
    check_key(metric.key, f"{path}.name" if path else "name")
    if metric.timestamp < 0:
        reason = f"metric '{metric.key}' (value={metric.value}). Timestamp must be a nonnegative long (64-bit integer) "
        raise wrong(f"{path}.timestamp" if path else "timestamp", metric.timestamp, reason)
    check_length("Metric name", MAX_KEY, metric.key)


def param_of(given: Param, path: str = "") -> tuple[str, str]:
    """Key and value to store: a value that is too long is cut off."""
    check_key(given.key, f"{path}.key" if path else "key")
    check_length("Param key", MAX_KEY, given.key)
    return given.key, (given.value or "")[:MAX_PARAM_VALUE]


def tag_of(given: RunTag, path: str = "") -> tuple[str, str]:
    """Key and value to store: a value that is too long is cut off."""
    here = f"{path}.key" if path else "key"
    check_key(given.key, here)
    check_length(here, MAX_KEY, given.key)
    return given.key, (given.value or "")[:MAX_TAG_VALUE]


def check_batch(metrics: Sequence[Metric], params: Sequence[Param], tags: Sequence[RunTag]) -> None:
    """Check the size of a batch."""
    lengths = [len(metrics), len(params), len(tags)]
    for (what, limit), length in zip(BATCH_LIMITS, [*lengths, sum(lengths)], strict=True):
        if length > limit:
            raise InvalidParameterValue(
                f"A batch logging request can contain at most {limit} {what}. Got {length} {what}. "
                f"Please split up {what} across multiple requests and try again."
            )
    keys = [param.key for param in params]
    if repeated := [key for place, key in enumerate(keys) if key in keys[:place]]:
        raise InvalidParameterValue(
            f"Duplicate parameter keys have been submitted: {repeated}. "
            "Please ensure the request contains only one param value per param key."
        )


def check_experiment_name(name: str) -> None:
    """What an experiment may be called."""
    if not name.strip():
        raise InvalidParameterValue(f"Invalid experiment name: '{name}'")
    check_length("name", MAX_EXPERIMENT_NAME, name)


def check_experiment_tag(key: str, value: str) -> None:
    """What may be said of an experiment; nothing is cut off."""
    check_key(key, "key")
    check_length("key", MAX_KEY, key)
    check_length("value", MAX_EXPERIMENT_TAG_VALUE, value)


def check_location(location: str) -> None:
    """Check an artifact location: no fragment, no way up, no reference to another run."""
    parts = _parsed(location)
    if parts.fragment or parts.params:
        raise InvalidParameterValue("'artifact_location' URL can't include fragments or params.")
    if ".." in unquote(parts.query):
        raise InvalidParameterValue("Invalid query string")
    if ".." in unquote(parts.path).split("/"):
        raise InvalidParameterValue(f"Invalid artifact location: '{location}'. It may not hold '..'.")
    if location.startswith("runs:"):
        raise InvalidParameterValue(f"Artifact location cannot be a runs:/ URI. Given: '{location}'")
    if len(location) > MAX_LOCATION:
        raise InvalidParameterValue(
            f"Invalid artifact path length. The length of the artifact path cannot be greater than {MAX_LOCATION} characters."
        )


def settled_location(location: str) -> str:
    """A location that is a relative path is one of this server's working directory, as it is for MLflow's; others are as they came."""
    return str(Path(location).absolute()) if location and not _parsed(location).scheme else location


def _parsed(location: str) -> ParseResult:
    try:
        return urlparse(location)
    except ValueError:
        raise InvalidParameterValue(f"Invalid artifact location: '{location}'. It is no URI.") from None


def experiment_number(experiment_id: str) -> int:
    """The number that an experiment's identifier is. It may be larger than any that a database holds."""
    try:
        return int(experiment_id)
    except ValueError:
        raise InvalidParameterValue(f"Invalid experiment ID '{experiment_id}'. Experiment ID must be a valid integer.") from None


def storable_numbers(experiment_ids: Sequence[str]) -> list[int]:
    """The numbers among these that an experiment can have."""
    return [number for each in experiment_ids if 0 <= (number := experiment_number(each)) <= LARGEST_NUMBER]


def check_max_results(given: int) -> int:
    """Check the size of a page."""
    if given < 1:
        raise InvalidParameterValue(f"Invalid value {given} for parameter 'max_results' supplied. It must be a positive integer")
    if given > MAX_PAGE:
        raise InvalidParameterValue(f"Invalid value {given} for parameter 'max_results' supplied. It must be at most {MAX_PAGE}")
    return given


_DATASET_LIMITS: Final = {"name": 500, "digest": 36, "source": 65_535, "schema": 1_048_575, "profile": 16_777_215}


def check_datasets(inputs: Sequence[DatasetInput]) -> None:
    """Check the lengths of a dataset's fields."""
    for each in inputs:
        for name, limit in _DATASET_LIMITS.items():
            check_length(name, limit, getattr(each.dataset, name))
        for tag in each.tags:
            check_length("key", 255, tag.key)
            check_length("value", 500, tag.value)


def clamped(value: float) -> tuple[float, bool]:
    """A value that databases can hold, and whether it stands for NaN. Infinities become the largest numbers."""
    if math.isnan(value):
        return 0.0, True
    if math.isinf(value):
        return math.copysign(1.7976931348623157e308, value), False
    return value, False
