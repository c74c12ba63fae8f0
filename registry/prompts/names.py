"""Which names, aliases, tags and sizes are accepted, and what a selector means. Pure."""

import re
from typing import Final

import msgspec

from registry.prompts.errors import PromptInvalid
from registry.prompts.types import LATEST, NewVersion
from registry.workspaces.scope import unscoped

__all__ = ("check_alias", "check_name", "check_new_version", "could_exist", "parse_selector")

NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{1,255}")
VERSION_LIKE: Final = re.compile(r"[vV]?[0-9]+")
MAX_TEXT: Final = 100_000
MAX_COMMIT_MESSAGE: Final = 5_000
MAX_TAG_KEY: Final = 250
MAX_TAG_VALUE: Final = 5_000


def check_name(name: str) -> None:
    """Raise ``PromptInvalid`` for what cannot be the name of a prompt in the workspace of the request."""
    name = unscoped(name)
    if not NAME.fullmatch(name):
        raise PromptInvalid(
            f"{name[:140]!r} is not a name for a prompt",
            hint="A name has 1 to 255 letters, digits, '_', '.' and '-'.",
            code="prompt_name_invalid",
        )


def check_alias(alias: str) -> None:
    """Raise ``PromptInvalid`` for what cannot be an alias: ``latest``, or what looks like a version number."""
    if alias == LATEST:
        raise _bad_alias(f"{LATEST!r} always points at the newest version and cannot be set or deleted")
    if VERSION_LIKE.fullmatch(alias):
        raise _bad_alias(f"{alias!r} looks like a version number, so it cannot be an alias")
    if not NAME.fullmatch(alias):
        raise _bad_alias(f"{alias[:140]!r} is not an alias")


def check_new_version(new: NewVersion) -> None:
    """Raise ``PromptInvalid`` unless everything beside the text of the template is acceptable."""
    check_name(new.name)
    for alias in new.aliases:
        check_alias(alias)
    if (new.template is None) == (new.messages is None):
        raise PromptInvalid("a version has either a template or messages", hint="Send 'template' for text, 'messages' for a chat prompt.")
    if not (new.template or new.messages):
        raise PromptInvalid("the prompt is empty", hint="Send at least one character of 'template', or one of 'messages'.")
    if any(message.content is None and message.tool_calls is None for message in new.messages or []):
        raise PromptInvalid("a message has no 'content'", hint="Send text or parts; only a message with 'tool_calls' has none.")
    if new.model is not None and not new.model.strip():
        raise PromptInvalid("'model' is empty", hint="Name a model or a route, or leave 'model' out.")
    if b"\\u0000" in msgspec.json.encode(new):
        raise PromptInvalid(
            "the prompt holds a NUL character", hint="Remove it: PostgreSQL stores no such text, and models see nothing in it."
        )
    _check_sizes(new)


def parse_selector(selector: int | str | None) -> int | str:
    """What stands for a version: a number (``3``, ``"3"``), an alias, ``latest``; ``None`` and ``""`` mean ``latest``."""
    if selector is None or selector == "":
        return LATEST
    if isinstance(selector, int):
        return selector
    return int(selector) if selector.isascii() and selector.isdigit() and len(selector) < 10 else selector


def could_exist(selector: int | str) -> bool:
    """Whether any version could ever be meant; what could not is never sent to a database, which may choke on it."""
    return 0 < selector < 2**31 if isinstance(selector, int) else NAME.fullmatch(selector) is not None


def _check_sizes(new: NewVersion) -> None:
    size = len(new.template or "") if new.messages is None else len(msgspec.json.encode(new.messages))
    if size > MAX_TEXT:
        raise PromptInvalid(f"the prompt has {size} characters", hint=f"At most {MAX_TEXT} are kept; long context belongs in a variable.")
    if len(new.commit_message) > MAX_COMMIT_MESSAGE:
        raise PromptInvalid(f"the commit message has {len(new.commit_message)} characters", hint=f"At most {MAX_COMMIT_MESSAGE} are kept.")
    for key, value in new.tags.items():
        if not 0 < len(key) <= MAX_TAG_KEY or len(value) > MAX_TAG_VALUE:
            raise PromptInvalid(
                f"the tag {key[:60]!r} is too long or has no key",
                hint=f"A key has 1 to {MAX_TAG_KEY} characters, a value at most {MAX_TAG_VALUE}.",
            )


def _bad_alias(message: str) -> PromptInvalid:
    hint = "An alias has 1 to 255 letters, digits, '_', '.' and '-', and a name of its own: 'production', 'candidate-2b'."
    return PromptInvalid(message, hint=hint, code="prompt_alias_invalid")
