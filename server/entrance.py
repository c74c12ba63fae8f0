"""Which parts of the server a signed-in user may enter, path by path. A path that no row means is for administrators alone.

Behind most doors somebody looks again: the gatekeeper at MLflow's endpoints, ``server.path_permissions`` at files, ``server.visible`` at
what our own API and the pages read and change. Rows that end here say so.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import parse_qs

import msgspec
from litestar.types import HTTPScope

from registry.access.permissions import Action, canonical
from registry.access.types import Caller
from registry.artifacts.kept import is_of_skill, skill_of
from registry.artifacts.trees import owner_of
from server.visible.traces import scope_of

__all__ = ("ENTRANCES", "SAFE", "Entrance", "entrance_of", "lacking", "may_go_in")

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

Rule = Callable[[Caller, HTTPScope, re.Match[str]], bool]


class Entrance(msgspec.Struct, frozen=True):
    """Paths, and who may enter there."""

    name: str
    paths: re.Pattern[str]
    rule: Rule


def entrance_of(path: str) -> tuple[Entrance, re.Match[str]] | None:
    """The first row that means this path."""
    for entrance in ENTRANCES:
        if (found := entrance.paths.fullmatch(path)) is not None:
            return entrance, found
    return None


def may_go_in(caller: Caller, scope: HTTPScope) -> bool:
    """Whether a user who is not an administrator may enter this path."""
    found = entrance_of(scope["path"])
    return found is not None and found[0].rule(caller, scope, found[1])


def lacking(path: str) -> str:
    """What a user lacks who may not enter, as the rest of a sentence that begins with their name."""
    found = entrance_of(path)
    return LACKING.get(found[0].rule, FOR_ADMINISTRATORS) if found is not None else FOR_ADMINISTRATORS


def _everybody(caller: Caller, scope: HTTPScope, found: re.Match[str]) -> bool:
    """Everybody may enter: what they see and change is decided further in."""
    return True


def _readers(caller: Caller, scope: HTTPScope, found: re.Match[str]) -> bool:
    return scope["method"] in SAFE


def _makers(caller: Caller, scope: HTTPScope, found: re.Match[str]) -> bool:
    return caller.may_make()


def _administrators(caller: Caller, scope: HTTPScope, found: re.Match[str]) -> bool:
    return False


def _judges(caller: Caller, scope: HTTPScope, found: re.Match[str]) -> bool:
    """Judges' figures are about all traces, and their runs call models."""
    return scope_of(caller).is_whole and (scope["method"] in SAFE or caller.may_make())


def _files(caller: Caller, scope: HTTPScope, found: re.Match[str]) -> bool:
    """Files need permission on the experiment whose number is their first folder.

    What lies beside experiments needs the same permission on everything in the workspace.
    """
    method = scope["method"]
    named = found["path"] or (_asked(scope, "path") if method in SAFE else "")
    if is_of_skill(named):
        skill = skill_of(named)
        return method in SAFE and skill is not None and caller.may("read", "skill", skill)
    action: Action = "read" if method in SAFE else "delete" if method == "DELETE" else "update"
    return caller.may(action, "experiment", owner_of(named))


def _spans(caller: Caller, scope: HTTPScope, found: re.Match[str]) -> bool:
    for header, value in _headers(scope):
        if header == b"x-mlflow-experiment-id":
            return caller.may("update", "trace", canonical("experiment", value.decode("latin-1")))
    return caller.may_make()


def _headers(scope: HTTPScope) -> Iterable[tuple[bytes, bytes]]:
    return scope["headers"]


def _asked(scope: HTTPScope, name: str) -> str:
    """The value of a query argument; the first one where it is given twice, as handlers read it."""
    return parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get(name, [""])[0]


FOR_ADMINISTRATORS: Final = "is no administrator"
LACKING: Final[dict[Rule, str]] = {
    _readers: "may read here and change nothing",
    _makers: "has no role that calls models and makes things (USE of the workspace)",
    _judges: "may not read every experiment, which the figures of judges are of",
    _files: "has no sufficient permission on the experiment whose files these are",
    _spans: "has no EDIT permission on the experiment that the spans are for",
}


def _row(name: str, rule: Rule, *paths: str) -> Entrance:
    return Entrance(name, re.compile("|".join(f"(?:{path})" for path in paths), re.DOTALL), rule)


ENTRANCES: Final = (
    _row("files", _files, r"/(?:ajax-)?api/2\.0/mlflow-artifacts/(?:artifacts|mpu/\w+|presigned)(?:/(?P<path>.*))?"),
    _row("mlflow", _everybody, r"/(?:ajax-)?api/[23]\.0/mlflow/.*", "/get-artifact", "/model-versions/get-artifact", "/graphql"),
    _row("telemetry", _spans, "/v1/(?:traces|metrics|logs)(?:/.*)?"),
    _row(
        "models",
        _makers,
        "/(?:v1|v1beta|v1beta1|upload|openai|anthropic|gemini|gateway|endpoints|passthrough)/.*",
        r"/api/2\.0/endpoints(?:/.*)?",
        r"/api/[23]\.0/gateway/.*",
        "/(?:v2/)?rerank",
    ),
    _row("models", _makers, "/playground"),
    _row("people", _everybody, "/api/v1/users(?:/.*)?"),
    _row("administration", _administrators, "/api/v1/(?:keys|budgets|cache|webhooks|limits|import|deleted)(?:/.*)?", "/metrics"),
    _row("administration", _administrators, "/users", "/(?:keys|webhooks)(?:/.*)?"),
    _row("judges", _judges, "/api/v1/judges(?:/.*)?", "/judges(?:/.*)?"),
    _row("registry", _everybody, "/api/v1/(?:prompts|models|moves|lineage)(?:/.*)?"),
    _row("assessing", _everybody, "/api/v1/traces/[^/]+/assessments", "/ui/traces/[^/]+/feedback"),
    _row("traces", _readers, "/api/v1/(?:traces|sessions|usage)(?:/.*)?"),
    _row("signing in", _everybody, "/sign-in", "/sign-out"),
    _row("about", _readers, r"/api/v1/openapi\.json", "/api/v1/schema(?:/.*)?", "/health", "/ready", "/version"),
    _row("pages", _readers, "/static-files/lib/notebook-trace-renderer/.*"),
    _row("reviewing", _everybody, "/queues(?:/.*)?"),
    _row("selecting", _everybody, "/traces/selection"),
    _row("pages", _readers, "/", "/(?:welcome|gateway)", "/(?:ui|static)/.*", "/(?:sessions|runs|logged-models)/.*"),
    _row("pages", _readers, "/(?:traces|prompts|experiments|models|datasets|mcp-servers|skills)(?:/.*)?", "/compare-runs"),
)
"""The first that matches counts."""
