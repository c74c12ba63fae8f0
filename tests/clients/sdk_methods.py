"""Every request that a vendor's SDK makes: each method of each of its resources is called once, and stopped where it would be sent."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

BYTES = {"file", "recording", "image", "video", "data", "archive", "audio_sample"}
GIVEN: dict[str, Any] = {"max_tokens": 9, "messages": [], "files": [b"x"], "path": "/workspace/x", "response_id": "x"} | dict.fromkeys(
    BYTES, b"x"
)


class Asked(Exception):
    """Method and path of a request that was about to be sent."""


def requests_of(client: Any) -> dict[str, tuple[str, str] | str]:
    """Method and path by the name of the SDK's method; a text where a method makes no request when it is called so."""

    def record(_: Any, options: Any, **more: Any) -> None:
        raise Asked(options.method.upper(), options.url.partition("?")[0])

    client.request = record
    return {name: _asked(method) for name, method in _methods(client, "") if not name.endswith(".connect")}


def _methods(thing: Any, name: str) -> Iterator[tuple[str, Any]]:
    package = type(thing).__module__.partition(".")[0]
    for each in dir(type(thing)):
        if each.startswith(("_", "with_")):
            continue
        found = getattr(thing, each, None)
        if inspect.ismethod(found) and name:
            yield name + each, found
        elif type(found).__module__.startswith(f"{package}.resources"):
            yield from _methods(found, f"{name}{each}.")


def _asked(method: Any, *more: str) -> tuple[str, str] | str:
    needed = [each.name for each in inspect.signature(method).parameters.values() if each.default is inspect.Parameter.empty]
    needed = [name for name in needed if name not in {"kwargs", "args"}]
    try:
        answer = method(**{name: GIVEN.get(name, "x") for name in {*needed, *more}})
        if hasattr(answer, "__enter__"):
            answer.__enter__()
    except Asked as asked:
        return asked.args[0], asked.args[1]
    except TypeError as error:
        if not more and (wanted := re.search(r"Expected either \((.*?)\)", str(error))):
            return _asked(method, *re.findall(r"'(\w+)'", wanted[1]))
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever it lacks, it made no request
        return f"{type(error).__name__}: {error}"
    return type(answer).__name__
