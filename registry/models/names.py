"""Which names, versions, aliases, stages and tags are accepted, in the sentences that MLflow's clients know. Pure.

Everything here raises ``InvalidParameterValue``.
"""

import json
import posixpath
import re
from collections.abc import Mapping
from typing import Final

from registry.errors import InvalidParameterValue
from registry.models.types import LATEST, STAGES, Stage
from registry.workspaces.scope import unscoped

__all__ = (
    "check_alias",
    "check_description",
    "check_model_name",
    "check_movable",
    "check_new_name",
    "check_tag",
    "check_tag_key",
    "check_tags",
    "read_stage",
    "read_version",
)

ALIAS: Final = re.compile(r"[\w\-]*")
VERSION_LIKE: Final = re.compile(r"[vV]\d+")
TAG_KEY: Final = re.compile(r"[/\w.\- :]*")
MAX_ALIAS: Final = 255
MAX_TAG_KEY: Final = 250
MAX_TAG_VALUE: Final = 100_000
MAX_NAME: Final = 256
MAX_DESCRIPTION: Final = 5_000
MAX_VERSION: Final = 2**31 - 1


def check_model_name(name: str, parameter: str = "name") -> None:
    """A name is not empty, has no ``/`` and ``:``, and is no path to something else; as it is said in the workspace of the request."""
    name = unscoped(name)
    if not name.strip():
        raise InvalidParameterValue(f"Missing value for required parameter '{parameter}'.")
    if "/" in name or ":" in name:
        raise InvalidParameterValue(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.")
    if name == "*":
        raise InvalidParameterValue("Invalid model name '*'. In permissions it stands for all models.")
    if _is_path(name):
        raise _invalid("name", name, _path_message(name))


def check_new_name(name: str, parameter: str = "name") -> None:
    """A name that is to be taken also has a length that every database of MLflow's takes. One that is only looked up is not found."""
    check_model_name(name, parameter)
    if len(unscoped(name)) > MAX_NAME:
        raise InvalidParameterValue(f"'name' exceeds the maximum length of {MAX_NAME} characters")


def check_description(description: str) -> None:
    """A description has a length that every database of MLflow's takes, so that it can be taken there."""
    if len(description) > MAX_DESCRIPTION:
        raise InvalidParameterValue(f"'description' exceeds the maximum length of {MAX_DESCRIPTION} characters")


def read_version(version: str) -> int:
    """The number in a text; 0 for one that no version can have."""
    try:
        number = int(version)
    except ValueError:
        raise InvalidParameterValue(f"Parameter 'version' must be an integer, got '{version}'.") from None
    return number if 0 < number <= MAX_VERSION else 0


def check_alias(alias: str) -> None:
    """What can be looked up as an alias."""
    if not alias:
        raise InvalidParameterValue("Registered model alias name cannot be empty.")
    if not ALIAS.fullmatch(alias):
        raise InvalidParameterValue(
            f"Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )
    if len(alias) > MAX_ALIAS:
        raise InvalidParameterValue(f"'Registered model alias name' exceeds the maximum length of {MAX_ALIAS} characters")


def check_movable(alias: str) -> None:
    """What can also be set: not ``latest``, which moves by itself, and nothing that reads as a version."""
    check_alias(alias)
    if alias.lower() == LATEST:
        raise InvalidParameterValue("'latest' alias name (case insensitive) is reserved.")
    if VERSION_LIKE.fullmatch(alias):
        raise InvalidParameterValue(f"Version alias name '{alias}' is reserved.")


def read_stage(stage: str) -> Stage:
    """The stage, however it is capitalised."""
    for known in STAGES:
        if known.lower() == stage.lower():
            return known
    raise InvalidParameterValue(f"Invalid Model Version stage: {stage}. Value must be one of {', '.join(STAGES)}.")


def check_tag_key(key: str) -> None:
    """The key of a tag is no path to something else."""
    if not TAG_KEY.fullmatch(key):
        raise _invalid(
            "key",
            key,
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
        )
    if _is_path(key):
        raise _invalid("key", key, _path_message(key))


def check_tag(key: str, value: str) -> None:
    """A tag has a good key, and neither key nor value is too long."""
    check_tag_key(key)
    if len(key) > MAX_TAG_KEY:
        raise InvalidParameterValue(f"'key' exceeds the maximum length of {MAX_TAG_KEY} characters")
    if len(value) > MAX_TAG_VALUE:
        raise InvalidParameterValue(f"'value' exceeds the maximum length of {MAX_TAG_VALUE} characters")


def check_tags(tags: Mapping[str, str]) -> None:
    """Check every tag."""
    for key, value in tags.items():
        check_tag(key, value)


def _is_path(name: str) -> bool:
    plain = posixpath.normpath(name)
    return plain != name or plain == "." or plain.startswith(("..", "/"))


def _path_message(name: str) -> str:
    return (
        "Names may be treated as files in certain cases, and must not resolve to other names when treated as such."
        f" This name would resolve to {posixpath.normpath(name)!r}"
    )


def _invalid(parameter: str, value: str, hint: str) -> InvalidParameterValue:
    shown = json.dumps(value)
    return InvalidParameterValue(f"Invalid value {shown} for parameter '{parameter}' supplied: {hint}")
