"""What of a conversation is kept: all of it, its digest, or nothing. Decided before anything of it is written."""

from hashlib import sha256
from typing import Any, Final, Literal

__all__ = ("Content", "withhold")

Content = Literal["full", "hash", "none"]

_SAID: Final = {
    "gen_ai.system_instructions": "system",
    "gen_ai.input.messages": "input",
    "gen_ai.output.messages": "output",
    "gen_ai.tool.definitions": "tools",
}
"""The attributes that hold what was said."""


def withhold(attributes: dict[str, Any], content: Content) -> None:
    """Take what was said off a span, and say so. ``hash`` leaves the SHA-256 of each part, so that equal ones can be told, and not read."""
    attributes["tidegate.content"] = content
    for name, part in _SAID.items():
        said = attributes.pop(name, None)
        if said is not None and content == "hash":
            attributes[f"tidegate.content.{part}.sha256"] = sha256(str(said).encode()).hexdigest()
