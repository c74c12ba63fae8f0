"""What must be known of Gemini models to ask them right.

https://ai.google.dev/gemini-api/docs/models. A name that is not understood is taken for a new model.
"""

import re
from typing import Final, Literal

import msgspec

__all__ = ("Gemini", "gemini")


class Gemini(msgspec.Struct, frozen=True, kw_only=True):
    """Whether schemas are taken as they are; how thinking is asked for; whether calls must come back with the signature of their thought.

    ``always_thinks``: thinking cannot be turned off; ``forms_with_tools``: the answer can be held to a form beside tools.
    """

    json_schemas: bool
    thinking: Literal["none", "budget", "level"]
    signed_calls: bool
    always_thinks: bool
    forms_with_tools: bool


_VERSION: Final = re.compile(r"gemini-(?P<major>\d+)(?:\.(?P<minor>\d+))?")


def gemini(model: str) -> Gemini:
    """What is known of ``model``."""
    match = _VERSION.search(model)
    version = (3, 0) if match is None else (int(match["major"]), int(match["minor"] or 0))
    new = version >= (3, 0)
    return Gemini(
        json_schemas=version >= (2, 5),
        thinking="level" if new else "budget" if version >= (2, 5) else "none",
        signed_calls=new,
        always_thinks="pro" in model or new,
        forms_with_tools=new,
    )
