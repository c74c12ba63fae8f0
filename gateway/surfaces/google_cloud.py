"""Vertex AI's paths, as Google's SDK asks for them: models of publishers, and cached contents, within a project and a location, or without.

Which project is asked, and where, is the account's: what a client writes there is not looked at. A publisher other than Google is a provider's
name here, as the SDK makes ``publishers/cloud/models/gemini-2.5-flash`` of ``cloud/gemini-2.5-flash``.
"""

import re
from typing import Final

from gateway.errors import PathNotFound

__all__ = ("VERTEX", "in_cloud", "in_place", "method_at", "model_named", "not_here")

VERTEX: Final = "gcp.vertex_ai"
GOOGLE: Final = "google"
_PLACE: Final = r"projects/[^/]+/locations/[^/]+/"
_MODEL: Final = rf"(?:{_PLACE})?publishers/(?P<publisher>[^/]+)/models/(?P<model>.+)"
_METHOD: Final = re.compile(rf".*?/v1(?:beta1?)?/{_MODEL}:(?P<method>[A-Za-z]+)")
_NAME: Final = re.compile(rf"{_MODEL}|(?:models/)?(?P<bare>.*)", re.DOTALL)
_CLOUDS: Final = re.compile(rf".*?/(?:v1beta1/|v1(?:beta)?/(?:{_PLACE}|projects/|publishers/)).*")


def in_cloud(path: str) -> bool:
    """Whether a path is one of Vertex AI's alone."""
    return _CLOUDS.fullmatch(path) is not None


def method_at(path: str) -> tuple[str, str] | None:
    """The method that is asked of a model, and the model by its name here; ``None`` in other paths."""
    found = _METHOD.fullmatch(path)
    return None if found is None else (found["method"], _by_publisher(found["publisher"], found["model"]))


def model_named(name: str) -> str:
    """A model as a body names it, by its name here: ``projects/p/locations/l/publishers/google/models/m``, ``models/m`` and ``m`` are one."""
    found = _NAME.fullmatch(name)
    if found is None or found["bare"] is not None:
        return name.removeprefix("models/")
    return _by_publisher(found["publisher"], found["model"])


def in_place(path: str) -> str:
    """A path beneath the version, without project and location: they are the account's."""
    return re.sub(rf"^/{_PLACE}", "/", path)


def not_here(path: str) -> PathNotFound:
    """For what is Vertex AI's, and not answered."""
    return PathNotFound(
        f"There is no {path!r} here: of Vertex AI's API there are …/publishers/google/models/MODEL:METHOD and …/cachedContents. "
        "Ask for the rest, as it is, at /passthrough/PROVIDER/v1/projects/…"
    )


def _by_publisher(publisher: str, model: str) -> str:
    return model if publisher == GOOGLE else f"{publisher}/{model}"
