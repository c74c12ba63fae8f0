"""Files, to look at. Nothing of a file is ever part of a page as more than text or an ``img``: files are hostile input."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from registry.artifacts.content import media_type

__all__ = ("Head", "Preview", "preview", "trail")

SHOWN_BYTES: Final = 64 * 1024
"""Of a text that is looked at; all of it can be saved."""

Head = Callable[[str, int], Awaitable[tuple[int, bytes]]]
"""The size of a file, and as many of its first bytes as are asked for."""


class Preview(msgspec.Struct, frozen=True):
    """A file to look at: an image by its address, a text as far as it is shown, of anything else neither."""

    path: str
    size: int
    image: str | None
    text: str | None

    @property
    def is_cut(self) -> bool:
        """Whether there is more text than is shown."""
        return self.text is not None and self.size > SHOWN_BYTES


async def preview(path: str, address: str, head: Head) -> Preview:
    """What is shown of a file that is saved from ``address``."""
    kind = media_type(path.rpartition("/")[2])
    is_text = kind.startswith("text/")
    size, begin = await head(path, SHOWN_BYTES if is_text else 0)
    return Preview(path, size, address if kind.startswith("image/") else None, begin.decode(errors="replace") if is_text else None)


def trail(folder: str) -> list[tuple[str, str]]:
    """The folders on the way down, by name and path."""
    names = folder.split("/") if folder else []
    return [(name, "/".join(names[: index + 1])) for index, name in enumerate(names)]
