"""Where vendors of OpenAI's dialect differ from it, as data: one row for each."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from gateway.providers.openai.mistral import mistral_messages
from gateway.types import Operation
from gateway.wire.patch import members, patch

__all__ = ("COMPATIBLE", "PLAIN", "Quirks", "adapted")

_DEVELOPER: Final = re.compile(rb'("role"\s*:\s*)"developer"')
"""Within a string of JSON a quote is escaped, so that this finds members alone."""


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor. ``system`` is ``gen_ai.provider.name``; ``""``: OpenAI at its own address, the entry's name elsewhere.

    ``renamed`` members of a request have another name there; ``removed`` ones are refused there, and mean nothing there. ``headers`` are those that
    a client may send beyond OpenAI's own. ``messages`` makes messages that the vendor takes of any others, given their JSON. ``operations`` is what it
    has an API for; ``fetches`` whether it takes media by address.
    """

    system: str = ""
    renamed: Mapping[str, str] = {}
    removed: frozenset[str] = frozenset()
    knows_developer: bool = True
    headers: frozenset[bytes] = frozenset()
    messages: Callable[[bytes], bytes] | None = None
    operations: frozenset[Operation] = frozenset(Operation)
    fetches: bool = True

    @property
    def plain(self) -> bool:
        """Whether bodies pass as they are."""
        return not self.renamed and not self.removed and self.knows_developer and self.messages is None


PLAIN: Final = Quirks()

TALKS: Final = frozenset({Operation.CHAT, Operation.PASSTHROUGH})
WRITES: Final = TALKS | {Operation.COMPLETIONS, Operation.EMBEDDINGS}
LISTENS: Final = frozenset({Operation.TRANSCRIPTION, Operation.TRANSLATION})
BATCHES: Final = frozenset({Operation.FILES, Operation.BATCHES})

OLD_LIMIT: Final = {"max_completion_tokens": "max_tokens"}
"""Vendors that read only the older name of the limit, and ignore or refuse the newer one."""

USAGE_UNASKED: Final = frozenset({"stream_options"})
"""Vendors whose streams always tell their usage, and who may refuse to be asked for it."""

COMPATIBLE: Final[Mapping[str, Quirks]] = {
    "openai": PLAIN,
    "groq": Quirks(system="groq", operations=TALKS | LISTENS | BATCHES | {Operation.SPEECH}),
    "deepseek": Quirks(system="deepseek", renamed=OLD_LIMIT, knows_developer=False, operations=TALKS | {Operation.COMPLETIONS}),
    "xai": Quirks(system="x_ai", operations=WRITES | {Operation.IMAGE, Operation.IMAGE_EDIT, Operation.FILES}),
    "openrouter": Quirks(system="openrouter", headers=frozenset({b"http-referer", b"x-title"}), operations=WRITES),
    "together": Quirks(
        system="together",
        renamed=OLD_LIMIT,
        knows_developer=False,
        operations=WRITES | LISTENS | BATCHES | {Operation.IMAGE, Operation.SPEECH, Operation.RERANK},
    ),
    "fireworks": Quirks(system="fireworks", knows_developer=False, operations=WRITES | {Operation.RERANK}),
    "perplexity": Quirks(system="perplexity", renamed=OLD_LIMIT, removed=USAGE_UNASKED, knows_developer=False, operations=TALKS),
    "nvidia": Quirks(system="nvidia", renamed=OLD_LIMIT, knows_developer=False, operations=WRITES),
    "huggingface": Quirks(system="huggingface", renamed=OLD_LIMIT, knows_developer=False, operations=TALKS | {Operation.EMBEDDINGS}),
    # Mistral refuses members that it does not know: https://docs.mistral.ai/api/#tag/chat
    "mistral": Quirks(
        system="mistral_ai",
        renamed={**OLD_LIMIT, "seed": "random_seed", "dimensions": "output_dimension"},
        removed=USAGE_UNASKED | {"user", "store", "service_tier", "logit_bias", "logprobs", "top_logprobs"},
        knows_developer=False,
        messages=mistral_messages,
        operations=TALKS | {Operation.EMBEDDINGS, Operation.MODERATION, Operation.TRANSCRIPTION, Operation.FILES},
    ),
    "databricks": Quirks(system="databricks", renamed=OLD_LIMIT, knows_developer=False, operations=WRITES),
    "ollama": Quirks(system="ollama", renamed=OLD_LIMIT, knows_developer=False, operations=WRITES, fetches=False),
    "vllm": Quirks(system="vllm", knows_developer=False, operations=WRITES | LISTENS | {Operation.RERANK}),
}


def adapted(body: bytes, quirks: Quirks) -> bytes:
    """A request of OpenAI's dialect as the vendor takes it. A member that is there under both names keeps the vendor's."""
    affected = [name for name in (*quirks.renamed, *quirks.removed) if b'"' + name.encode() + b'"' in body]
    if affected:
        body = _edited(body, quirks)
    if not quirks.knows_developer and b'"developer"' in body:
        body = _without_developer(body)
    return body if quirks.messages is None else _reshaped(body, quirks.messages)


def _edited(body: bytes, quirks: Quirks) -> bytes:
    present = {member.name: body[member.value : member.end] for member in members(body)}
    edits: dict[str, bytes | None] = {name: None for name in quirks.removed if name in present}
    for name, theirs in quirks.renamed.items():
        if name in present:
            edits |= {name: None, theirs: present.get(theirs, present[name])}
    return patch(body, edits) if edits else body


def _reshaped(body: bytes, reshape: Callable[[bytes], bytes]) -> bytes:
    messages = _messages(body)
    made = reshape(messages) if messages else messages
    return body if made == messages else patch(body, {"messages": made})


def _messages(body: bytes) -> bytes:
    return next((body[member.value : member.end] for member in members(body) if member.name == "messages"), b"")


def _without_developer(body: bytes) -> bytes:
    messages = _messages(body)
    return patch(body, {"messages": _DEVELOPER.sub(rb'\1"system"', messages)}) if _DEVELOPER.search(messages) else body
