"""A prompt of the registry in front of a request of any dialect."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from gateway.dialects.reading import too_deep
from gateway.dialects.table import CLIENT_DIALECTS
from gateway.dialects.types import DialectName
from gateway.passages.going_on import conversation
from gateway.prompts import RenderedPrompt
from gateway.types import Inbound
from gateway.wire.patch import patch

__all__ = ("with_prompt",)

_OURS: Final[Mapping[str, None]] = {"prompt_variables": None, "prompt": None}
"""Members that are not for the vendor."""

_OURS_OF_GOOGLES: Final[Mapping[str, None]] = {**_OURS, "promptVariables": None, "system_instruction": None}
"""The same for requests whose names have two spellings: what is written anew may have stood there under the other one."""


def with_prompt(prompt: RenderedPrompt, inbound: Inbound) -> bytes:
    """The request in its own dialect, with the prompt's messages before its own; all else stays as it was sent. Raises ``InvalidRequest``."""
    try:
        return _prompted(prompt, inbound)
    except RecursionError as error:
        raise too_deep() from error


def _prompted(prompt: RenderedPrompt, inbound: Inbound) -> bytes:
    request = CLIENT_DIALECTS[inbound.dialect].read_request(inbound.body)
    chat = msgspec.json.encode({"model": request.model, "messages": prompt.messages})
    rendered = CLIENT_DIALECTS[DialectName.OPENAI_CHAT].read_request(chat)
    whole = replace(request, system=(*rendered.system, *request.system), messages=(*rendered.messages, *request.messages))
    said = conversation(whole, inbound.dialect)
    if inbound.dialect is DialectName.OPENAI_RESPONSES:  # there the prompt may have stood in for the model
        said["model"] = msgspec.json.encode(request.model or prompt.model or prompt.name)
    return patch(inbound.body, {**said, **(_OURS if inbound.dialect is not DialectName.GEMINI else _OURS_OF_GOOGLES)})
