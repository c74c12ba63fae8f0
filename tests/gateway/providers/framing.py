"""AWS's frames, written: the other direction of what the gateway reads."""

import base64
import json
from struct import pack
from zlib import crc32


def frame(payload: bytes, **headers: str) -> bytes:
    """A frame with text headers; ``_`` in a name stands for ``-``, and a ``:`` is put in front."""
    block = b"".join(
        pack("!B", len(name) + 1) + b":" + name.replace("_", "-").encode() + b"\x07" + pack("!H", len(value.encode())) + value.encode()
        for name, value in headers.items()
    )
    prelude = pack("!II", 16 + len(block) + len(payload), len(block))
    head = prelude + pack("!I", crc32(prelude)) + block + payload
    return head + pack("!I", crc32(head))


def event(kind: str, value: object) -> bytes:
    return frame(json.dumps(value).encode(), message_type="event", event_type=kind, content_type="application/json")


def exception(kind: str, message: str) -> bytes:
    return frame(json.dumps({"message": message}).encode(), message_type="exception", exception_type=kind)


def invoked(value: object) -> bytes:
    return event("chunk", {"bytes": base64.b64encode(json.dumps(value).encode()).decode(), "p": "abcdef"})
