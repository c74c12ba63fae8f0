"""What of an account's a request asks for or names, read from its path and its body. Pure."""

import re
from typing import Final
from urllib.parse import unquote

import msgspec

from gateway.types import Resource

__all__ = ("Asked", "asked_for", "named_in", "responses_in")

_COLLECTIONS: Final = (
    "messages/batches", "fine_tuning/jobs", "chatkit/sessions", "chatkit/threads", "audio/voices", "audio/voice_consents", "chat/completions",
    "agents", "assistants", "batches", "cachedContents", "containers", "content_provenance_checks", "conversations", "deployment_runs",
    "deployments", "dreams", "environments", "evals", "files", "fileSearchStores", "memory_stores", "operations", "sessions", "skills",
    "threads", "uploads", "user_profiles", "vaults", "vector_stores", "videos",
)  # fmt: skip
"""Beneath which vendors keep what accounts make, by OpenAI's, Anthropic's and Google's names."""

_PATH: Final = re.compile(rf"(?:^|/)({'|'.join(_COLLECTIONS)})(?:/([^/:]+))?(?=[/:]|$)(.*)", re.IGNORECASE)
_MEMBERS: Final = (
    "file_id", "input_file_id", "file_ids", "training_file", "validation_file", "fileUri", "file_uri", "fileName", "file_name",
    "cachedContent", "cached_content", "vector_store_id", "vector_store_ids", "container", "container_id", "conversation", "assistant_id",
    "thread_id", "part_ids",
)  # fmt: skip
_HINTS: Final = (b"file_", b'_file"', b"fileUri", b"fileName", b"cached", b'_id"', b'_ids"', b'"container"', b'"conversation"')
_NAMED: Final = re.compile(rf'"(?:{"|".join(_MEMBERS)})"\s*:\s*(\[[^\]]*\]|"[^"\\]{{1,500}}")'.encode())
_TEXT: Final = re.compile(rb'"([^"\\]{1,500})"')


_RESPONSE: Final = re.compile(rb'"previous_response_id"\s*:\s*"([^"\\]{1,200})"')
_RESPONSE_PATH: Final = re.compile(r"(?:^|/)responses/([^/:]+)", re.IGNORECASE)


class Asked(msgspec.Struct, frozen=True):
    """One thing of an account's, or with an empty ``identity`` all of its kind. ``whole``: nothing beneath it is meant."""

    collection: str
    identity: str
    whole: bool


def asked_for(resource: Resource) -> Asked | None:
    """``None`` for what belongs to no account. A path is read as a server may read it that decodes it once more."""
    found = _PATH.search(unquote(unquote(resource.path.partition("?")[0])))
    if found is None or (found[1].lower() == "chat/completions" and resource.method == "POST" and not found[2]):
        return None
    return Asked(found[1], found[2] or "", not found[3])


def named_in(body: bytes) -> list[str]:
    """The identifiers in a body of what its account keeps: ``abc`` of Google's ``files/abc``."""
    if not any(hint in body for hint in _HINTS):
        return []
    texts = (text for value in _NAMED.findall(body) for text in _TEXT.findall(value))
    return list(dict.fromkeys(text.decode(errors="replace").rpartition("/")[2] for text in texts))


def responses_in(resource: Resource | None, body: bytes) -> list[str]:
    """The identifiers of responses that a request goes on from, or asks for."""
    names = [name.decode(errors="replace") for name in _RESPONSE.findall(body)] if b"previous_response_id" in body else []
    found = None if resource is None else _RESPONSE_PATH.search(unquote(unquote(resource.path.partition("?")[0])))
    return names if found is None else [*names, found[1]]
