"""Input that is given as token numbers, as embeddings and completions take it, in words that a guardrail can look at.

Numbers mean something in the vocabulary of one model alone. tiktoken downloads vocabularies, which may take long or be impossible: that is done
in threads of its own, and a request waits for it no longer than it would for a model.
"""

import asyncio
import threading
import time
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tiktoken import Encoding

__all__ = ("Unreadable", "read_tokens", "token_members")

AGAIN_AFTER: Final = 60.0
"""Seconds until a vocabulary that could not be loaded is tried again."""

_loading: dict[str, tuple[float, "Future[Encoding]"]] = {}
"""By name, with the time at which it was begun: one load at a time, for the whole process."""


class Unreadable(Exception):
    """Nobody here can say what the numbers mean. The message says why."""


def token_members(body: dict[str, Any]) -> list[str]:
    """The members of a request that hold token numbers, one text of them or several."""
    return [name for name in ("input", "prompt") if _is_tokens(body.get(name))]


async def read_tokens(value: list[Any], models: Collection[str], patience: float) -> list[str]:
    """The texts of ``value``, one for each list of numbers, as all of ``models`` read them. Raises ``Unreadable``."""
    name = _vocabulary(models)
    vocabulary = await _loaded(name, patience)
    listed = value if isinstance(value[0], list) else [value]
    try:
        return await asyncio.to_thread(_texts, vocabulary, listed)
    except (KeyError, OverflowError, TypeError):
        raise Unreadable(f"it holds what is no token of {name}") from None


def _is_tokens(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return any(isinstance(each, int) or (isinstance(each, list) and any(isinstance(token, int) for token in each)) for each in value)


def _vocabulary(models: Collection[str]) -> str:
    """The one vocabulary of all models that may be asked."""
    from tiktoken import encoding_name_for_model  # loads a compiled library, which only such requests need

    found: set[str] = set()
    for model in models:
        try:
            found.add(encoding_name_for_model(model))
        except KeyError:
            raise Unreadable(f"the vocabulary of the model {model!r} is not known") from None
    if len(found) > 1:
        raise Unreadable(f"the models of the route have different vocabularies: {', '.join(sorted(found))}")
    return found.pop()


async def _loaded(name: str, patience: float) -> "Encoding":
    began, load = _loading.get(name, (0.0, None))
    if load is None or (load.done() and load.exception() is not None and time.monotonic() - began > AGAIN_AFTER):
        load = Future()
        _loading[name] = time.monotonic(), load
        threading.Thread(target=_load, args=(name, load), name=f"tiktoken {name}", daemon=True).start()
    try:
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(load)), patience)
    except Exception as error:  # noqa: BLE001 - whatever the download raises
        raise Unreadable(f"the vocabulary {name} cannot be loaded ({type(error).__name__})") from None


def _load(name: str, load: "Future[Encoding]") -> None:
    from tiktoken import get_encoding

    try:
        load.set_result(get_encoding(name))
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
        load.set_exception(error)


def _texts(vocabulary: "Encoding", listed: Sequence[Sequence[int]]) -> list[str]:
    return [vocabulary.decode(list(tokens)) for tokens in listed]
