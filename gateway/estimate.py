"""Token counts where the upstream gives none: tiktoken's, once its vocabulary is here, and a plain estimate until then.

The vocabulary is a download that may be impossible, so it is fetched in a thread, once, and no request ever waits for it.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

__all__ = ("CHARACTERS_PER_TOKEN", "estimate_tokens")

logger = logging.getLogger(__name__)

ENCODING: Final = "o200k_base"
CHARACTERS_PER_TOKEN: Final = 4
LONGEST_EXACT: Final = 200_000
"""Characters beyond which counting would hold up the event loop."""

_encode: Callable[[str], list[int]] | None = None
_fetching = threading.Lock()


def estimate_tokens(text: str) -> int:
    """About how many tokens ``text`` has: 0 for empty text alone."""
    if _encode is None:
        _fetch_once()
    if _encode is not None and len(text) <= LONGEST_EXACT:
        return len(_encode(text))
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def _fetch_once() -> None:
    if _fetching.acquire(blocking=False):  # never released: one attempt a process
        threading.Thread(target=_fetch, name="tiktoken", daemon=True).start()


def _fetch() -> None:
    global _encode  # noqa: PLW0603 - a vocabulary is one for the process
    try:
        import tiktoken

        _encode = tiktoken.get_encoding(ENCODING).encode_ordinary
    except Exception as error:  # noqa: BLE001 - whatever the download raises, the plain estimate stays
        logger.info(
            "tiktoken's vocabulary is not to be had (%s): token counts are estimated from the length of the text", type(error).__name__
        )
