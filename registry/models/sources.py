"""Where a new version comes from, checked: the run or logged model that is named must hold the source that is named.

Otherwise one who may register a model could read, through the registry, files of any run. Everything raises ``InvalidParameterValue``.
"""

from typing import Final, NoReturn
from urllib.parse import unquote, urlsplit

import msgspec
from sqlalchemy import Connection

from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.models import reading_store, store
from registry.models.finding import no_model, no_version
from registry.models.lineage import Lineage, LoggedModelSource
from registry.models.names import read_stage, read_version
from registry.models.types import LATEST, ModelVersion
from registry.models.uris import ModelUri, artifact_parts, check_absolute, is_local, is_within, parse_model_uri, parse_run_uri
from registry.workspaces.scope import scoped, unscoped

__all__ = ("Origin", "locate", "version_of_uri")

RUN: Final = "run_id"
MODEL: Final = "model_id"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a client says about where a version comes from; ``None``: it does not say. ``location`` is filled in by ``locate``."""

    source: str
    run_id: str | None
    model_id: str | None
    location: str = ""


def locate(connection: Connection, lineage: Lineage, origin: Origin) -> Origin:
    """Check an origin and complete it: the run, the logged model, and where the files lie."""
    origin = _followed(connection, origin)
    if origin.model_id:
        _check_model(connection, lineage, origin.source, origin.model_id)
    else:
        _check_run(connection, lineage, origin.source, origin.run_id or "")
    return _completed(connection, lineage, origin)


def version_of_uri(connection: Connection, uri: ModelUri, source: str) -> ModelVersion:
    """The version that a ``models:/`` URI names now. Raises ``ResourceDoesNotExist``."""
    uri = msgspec.structs.replace(uri, name=scoped(uri.name))
    kind = store.kind_of(connection, uri.name)
    if kind is None:
        raise no_model(uri.name)
    if kind == "prompt":
        raise InvalidParameterValue(f"Invalid model version source: '{source}'. Prompt versions cannot be used as model version sources.")
    number = _number(connection, uri)
    found = reading_store.read_version(connection, uri.name, number) if number else None
    if found is None:
        raise no_version(uri.name, _said(uri))
    return found


def _number(connection: Connection, uri: ModelUri) -> int | None:
    if uri.version:
        return read_version(uri.version)
    if uri.alias:
        number = store.resolve(connection, uri.name, uri.alias)
        if number is None:
            raise InvalidParameterValue(f"Registered model alias {uri.alias} not found.")
        return number
    if not uri.stage:
        return store.resolve(connection, uri.name, LATEST)
    stage = read_stage(uri.stage)
    model = reading_store.read_model(connection, uri.name)
    return next((each.version for each in (model.latest_versions if model else []) if each.stage == stage), None)


def _said(uri: ModelUri) -> str:
    return uri.version or uri.stage or uri.alias or LATEST


def _followed(connection: Connection, origin: Origin) -> Origin:
    """Replace what points at a registered version by that version: an alias may be elsewhere tomorrow."""
    parts = urlsplit(origin.source)
    if parts.scheme != "models":
        return origin
    if parts.netloc:
        raise InvalidParameterValue(
            f"Invalid model version source: '{origin.source}'. Registered model sources must use the active model registry."
        )
    uri = _parsed(origin.source)
    if uri.model_id:
        return origin
    version = version_of_uri(connection, uri, origin.source)
    if (origin.run_id is not None and origin.run_id != version.run_id) or (origin.model_id and origin.model_id != version.model_id):
        raise InvalidParameterValue(
            f"Invalid model version source: '{origin.source}'. The run_id and model_id request parameters must match the referenced "
            "model version."
        )
    return Origin(
        source=f"models:/{unscoped(version.name)}/{version.version}",
        run_id=version.run_id,
        model_id=version.model_id,
        location=version.storage_location or version.source,
    )


def _completed(connection: Connection, lineage: Lineage, origin: Origin) -> Origin:
    model = lineage.logged_model(connection, origin.model_id) if origin.model_id else None
    if origin.model_id and model is None and not origin.location:  # one that a copied version names may be gone
        raise ResourceDoesNotExist(f"Logged model with ID '{origin.model_id}' not found.")
    run_id = origin.run_id or (model.source_run_id if model else "")
    location = origin.location or origin.source
    if model is not None and urlsplit(origin.source).scheme == "models" and not origin.location:
        location = model.artifact_uri
    return Origin(source=origin.source, run_id=run_id, model_id=origin.model_id or "", location=location)


def _check_run(connection: Connection, lineage: Lineage, source: str, run_id: str) -> None:
    if is_local(source):
        _check_local(source, _run_root(connection, lineage, source, run_id) if run_id else None, RUN)
        return
    check_absolute(source)
    parts = urlsplit(source)
    if parts.scheme == "runs" and (parts.netloc or not run_id or parse_run_uri(source)[0] != run_id):
        _not_the_source(source, RUN)
    if parts.scheme == "models" and (parts.netloc or _parsed(source).model_id):
        _not_the_source(source, MODEL)
    if artifact_parts(source) is not None and not (run_id and is_within(source, _run_root(connection, lineage, source, run_id))):
        _not_the_source(source, RUN)


def _check_model(connection: Connection, lineage: Lineage, source: str, model_id: str) -> None:
    if is_local(source):
        _check_local(source, _model(connection, lineage, source, model_id).artifact_uri, MODEL)
        return
    check_absolute(source)
    parts = urlsplit(source)
    if parts.scheme == "models" and (parts.netloc or _parsed(source).model_id not in {"", model_id}):
        _not_the_source(source, MODEL)
    if parts.scheme == "models" and _parsed(source).model_id:
        _model(connection, lineage, source, model_id)
    if parts.scheme == "runs":
        _not_the_source(source, MODEL)
    if artifact_parts(source) is not None and not is_within(source, _model(connection, lineage, source, model_id).artifact_uri):
        _not_the_source(source, MODEL)


def _check_local(source: str, root: str | None, parameter: str) -> None:
    """A path of a machine is believed only within a run's or logged model's own directory."""
    path, base = _path(source), _path(root or "")
    if root is not None and is_local(root) and base and path is not None and (path == base or path.startswith(f"{base}/")):
        return
    raise InvalidParameterValue(
        f"Invalid model version source: '{source}'. To use a local path as a model version source, the {parameter} request parameter has "
        f"to be specified and the local path has to be contained within the artifact directory of the run specified by the {parameter}."
    )


def _path(uri: str) -> str | None:
    """The absolute path of a local URI, ``None`` for one that is relative or climbs."""
    path = unquote(urlsplit(uri).path) if uri.startswith("file:") else uri
    parts = [part for part in path.split("/") if part]
    return None if not path.startswith("/") or {".", ".."} & set(parts) or "\x00" in path else "/" + "/".join(parts)


def _parsed(source: str) -> ModelUri:
    try:
        return parse_model_uri(source)
    except InvalidParameterValue:
        _not_the_source(source, MODEL)


def _run_root(connection: Connection, lineage: Lineage, source: str, run_id: str) -> str:
    root = lineage.run_artifact_uri(connection, run_id)
    if root is None:
        _not_the_source(source, RUN)
    return root


def _model(connection: Connection, lineage: Lineage, source: str, model_id: str) -> LoggedModelSource:
    model = lineage.logged_model(connection, model_id)
    if model is None:
        _not_the_source(source, MODEL)
    return model


def _not_the_source(source: str, parameter: str) -> NoReturn:
    raise InvalidParameterValue(
        f"Invalid model version source: '{source}'. The {parameter} request parameter must identify the resource that contains the source."
    )
