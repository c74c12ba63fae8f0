"""The requests that the systems are asked."""

import base64
import json
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = ("QUESTIONS", "request_body")

_SYSTEM: Final = {"role": "system", "content": "You are a careful assistant. Be brief and exact."}
_TIDES: Final = (
    "What causes the tides, and why are there two high tides on most days? Answer in one or two sentences, please, for a curious reader."
)
_TEXT_BYTES: Final = 100 * 1024
_IMAGE_BYTES: Final = 300 * 1024


def request_body(model: str, question: str = "short", *, stream: bool = False) -> bytes:
    """A chat completion request; ``question`` is one of ``QUESTIONS``."""
    request = {"model": model, "messages": [_SYSTEM, {"role": "user", "content": QUESTIONS[question]()}], "temperature": 0.2}
    return json.dumps({**request, "stream": True} if stream else request).encode()


def _text() -> str:
    return (_TIDES + " ") * (_TEXT_BYTES // len(_TIDES) + 1)


def _image() -> list[dict[str, Any]]:
    """Bytes that no compression would make smaller, the same in every run."""
    pixels = base64.b64encode(random.Random(1).randbytes(_IMAGE_BYTES)).decode()  # noqa: S311 - no secret
    return [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{pixels}"}}]


QUESTIONS: Final[Mapping[str, Callable[[], Any]]] = {"short": lambda: _TIDES, "100 KB of text": _text, "an image of 300 KB": _image}
"""The content of the message, by name; the short one makes a request of about sixty tokens."""
