"""A prompt of the registry in front of a request of any dialect."""

import msgspec
from msgspec.structs import replace

from gateway.dialects.table import CLIENT_DIALECTS, UPSTREAM_DIALECTS
from gateway.dialects.types import DialectName
from gateway.prompts import RenderedPrompt
from gateway.types import Inbound

__all__ = ("with_prompt",)


def with_prompt(prompt: RenderedPrompt, inbound: Inbound) -> bytes:
    """The request in its own dialect, with the prompt's messages before its own. Raises ``InvalidRequest``."""
    request = CLIENT_DIALECTS[inbound.dialect].read_request(inbound.body)
    chat = msgspec.json.encode({"model": request.model, "messages": prompt.messages})
    rendered = CLIENT_DIALECTS[DialectName.OPENAI_CHAT].read_request(chat)
    whole = replace(
        request,
        system=(*rendered.system, *request.system),
        messages=(*rendered.messages, *request.messages),
        stream=request.stream or inbound.stream,
    )
    return UPSTREAM_DIALECTS[inbound.dialect].write_request(whole, request.model).body
