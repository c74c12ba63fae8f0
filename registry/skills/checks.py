"""Which names, versions, aliases, tags and statuses of skills are accepted, in MLflow's sentences. Everything here raises ``InvalidParameterValue``."""

import re
from collections.abc import Sequence
from typing import Any, Final

from registry.errors import InvalidParameterValue
from registry.icons import check_icon
from registry.models.names import check_tag
from registry.outbound.guard import AddressGuard
from registry.versioned.statuses import CHANGES
from registry.versioned.types import LATEST

__all__ = (
    "check_alias",
    "check_identity",
    "check_movable",
    "check_tag",
    "check_version",
    "initial_status",
    "page_of",
    "read_identities",
    "read_status",
    "written_icons",
)

LONGEST_NAME: Final = 64
LARGEST_VERSION: Final = 2**31 - 1
LARGEST_PAGE: Final = 1000
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ORGANIZATION: Final = re.compile(r"[a-z0-9]+([-.][a-z0-9]+)*")
_ALIAS: Final = re.compile(r"[\w\-]*")


def check_identity(organization: str, name: str) -> None:
    """``reviewer``, or ``reviewer`` of ``acme``."""
    if organization and not _ORGANIZATION.fullmatch(organization):
        raise InvalidParameterValue(
            f"Invalid organization name {organization!r}. Organizations must be 1-64 lowercase ASCII letters, digits, hyphens, and periods; "
            "must have alphanumeric first and last characters; and cannot contain consecutive hyphens or periods."
        )
    _check_length("Organization name", organization, LONGEST_NAME)
    if not name:
        raise InvalidParameterValue("Skill name must not be empty.")
    if not _NAME.fullmatch(name):
        raise InvalidParameterValue(
            f"Invalid skill name {name!r}. Names must be 1-64 lowercase ASCII letters, digits, and hyphens; cannot begin or end with a hyphen; "
            "and cannot contain consecutive hyphens."
        )
    _check_length("Skill name", name, LONGEST_NAME)


def read_identities(given: Sequence[str] | None) -> list[tuple[str, str]] | None:
    """Organizations and names of ``name`` and ``@organization/name``; one empty text means none."""
    if given is None:
        return None
    return [] if list(given) == [""] else [_identity(each) for each in given]


def _identity(text: str) -> tuple[str, str]:
    organization, name = "", text
    if text.startswith("@"):
        organization, slash, name = text[1:].partition("/")
        if not slash or not organization:
            raise InvalidParameterValue("Skill identities must be 'name' or '@organization/name'.")
    check_identity(organization, name)
    return organization, name


def check_version(number: int) -> None:
    """Versions count from 1."""
    if not 1 <= number <= LARGEST_VERSION:
        raise InvalidParameterValue(f"Skill version must be a positive integer <= {LARGEST_VERSION}, got {number!r}.")


def check_alias(alias: str) -> None:
    """What can be looked up as an alias."""
    if not alias:
        raise InvalidParameterValue("Skill alias name cannot be empty.")
    if not _ALIAS.fullmatch(alias):
        raise InvalidParameterValue(
            f"Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )
    _check_length("Skill alias name", alias, 255)


def check_movable(alias: str) -> None:
    """What can also be set: not ``latest``, which moves by itself, and nothing that reads as a version."""
    check_alias(alias)
    if alias.lower() == LATEST:
        raise InvalidParameterValue("'latest' alias name (case insensitive) is reserved.")
    if re.fullmatch(r"[vV]\d+", alias):
        raise InvalidParameterValue(f"Version alias name '{alias}' is reserved.")


def initial_status(status: str) -> str:
    """The status of a new version."""
    if status not in {"active", "draft"}:
        raise InvalidParameterValue(f"A skill version can be registered as 'active' or 'draft', got {status!r}.")
    return status


def read_status(status: str) -> str:
    """A status that a version may be given. Raises ``InvalidParameterValue``."""
    if status not in CHANGES:
        raise InvalidParameterValue(f"Invalid SkillVersion status: {status!r}")
    return status


def page_of(given: int) -> int:
    """The size of a page that a request asks for. Raises ``InvalidParameterValue``."""
    if given < 1:
        raise InvalidParameterValue(f"max_results must be at least 1, got {given}.")
    if given > LARGEST_PAGE:
        raise InvalidParameterValue(f"max_results must be at most {LARGEST_PAGE}, got {given}.")
    return given


async def written_icons(guard: AddressGuard, icons: Sequence[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    """Icons as they are kept."""
    if icons is None:
        return None
    checked = [await check_icon(guard, icon) for icon in icons]
    return [{key: value for key, value in icon.items() if value is not None} for icon in checked]


def _check_length(what: str, text: str, most: int) -> None:
    if len(text) > most:
        raise InvalidParameterValue(f"'{what}' exceeds the maximum length of {most} characters")
