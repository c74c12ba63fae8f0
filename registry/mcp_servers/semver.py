"""Semantic versions (semver.org, 2.0.0), and a text for each whose bytes are in their order. Pure."""

import re
from typing import Final

from registry.errors import InvalidParameterValue

__all__ = ("precedence",)

LONGEST: Final = 128
LARGEST: Final = 2**31 - 1
RELEASE: Final = "2"
_NUMBER: Final = r"(?:0|[1-9][0-9]*)"
_WORD: Final = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER: Final = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_WORD}(?:\.{_WORD})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")


def precedence(version: str, parameter: str) -> str:
    """The text that stands for a version when versions are ordered. Builds of one version have the same. Raises ``InvalidParameterValue``."""
    refusal = f"Invalid semantic version for {parameter}: '{version}'"
    if len(version) > LONGEST:
        raise InvalidParameterValue(f"{refusal} (maximum length is {LONGEST} characters)")
    found = _SEMVER.fullmatch(version)
    if found is None:
        raise InvalidParameterValue(refusal)
    *core, before = found.groups()
    for label, digits in zip(("major", "minor", "patch"), core, strict=True):
        if int(digits) > LARGEST:
            raise InvalidParameterValue(f"{refusal} ({label} must be <= {LARGEST})")
    numbers = "".join(digits.zfill(10) for digits in core)
    return numbers + ("".join(_identifier(each) for each in before.split(".")) if before else RELEASE)


def _identifier(text: str) -> str:
    """Numbers before words, by their value; a word ends with a space, which is before all that may be in one. A release is after both."""
    return f"0{len(text):03}{text}" if text.isdigit() else f"1{text} "
