"""``/playground``: a prompt's version, or messages, tried on a model through the gateway. Each try is a trace like any other."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import PermissionDeniedException

from registry.prompts.errors import PromptError
from registry.prompts.types import PromptVersion
from registry.workspaces.scope import DEFAULT, current
from server.ui.chat import read_chat
from server.ui.headers import is_same_origin
from server.ui.pages.page import Services, page
from server.ui.pages.prompts import chosen_version
from server.ui.playground import ROLES, BadDraft, Draft, Played, Turn, of_chat, read_draft, request_of, told
from server.ui.services import UiServices
from tracing.errors import SpanNotFound
from tracing.types import SpanContent

__all__ = ("play", "playground")

AnyRequest = Request[Any, Any, Any]


@get("/playground")
async def playground(request: AnyRequest, services: Services) -> Response[str]:
    """The form: empty, with a prompt's version (``prompt``, ``v``), or with what a span was asked (``trace``, ``span``)."""
    asked = request.query_params
    if trace_id := asked.get("trace", ""):
        draft, others = await _of_span(services, trace_id.lower(), asked.get("span", ""))
        return await _page(services, draft, None, left_out=others)
    version = await _version(services, asked.get("prompt", ""), asked.get("v", ""))
    shown = Draft(prompt=version.name, version=str(version.version)) if version else Draft()
    return await _page(services, shown, version)


@post("/playground", status_code=200)
async def play(request: AnyRequest, services: Services) -> Response[str]:
    """Send it, and show the answer below the form. A mistake keeps what was filled in."""
    if not is_same_origin(request.headers, [request.url.netloc]):
        raise PermissionDeniedException("This form was sent by another site.")
    form = await request.form()
    version = await _version(services, str(form.get("prompt", "")), str(form.get("version", "")))
    draft = Draft(model=str(form.get("model", "")))
    try:
        draft = read_draft(form, version.variables if version else ())
        body = await _body(services, draft)
    except BadDraft as error:
        return await _page(services, draft, version, mistake=str(error), status=400)
    except PromptError as error:
        return await _page(services, draft, version, mistake=f"{error.message} {error.hint}".strip(), status=error.status)
    return await _page(services, draft, version, played=await services.playground.send(body))


async def _body(services: UiServices, draft: Draft) -> bytes:
    """The body of the request.

    The gateway itself renders prompts of the default workspace, and says so on the span; others are rendered here.
    """
    rendered = None
    if draft.prompt and (draft.model or current() != DEFAULT):
        filled = await services.prompts.render(draft.prompt, draft.version, draft.variables)
        rendered = filled.messages
        draft = msgspec.structs.replace(draft, model=draft.model or filled.model or "")
    return msgspec.json.encode(request_of(draft, rendered))


async def _page(
    services: UiServices,
    draft: Draft,
    version: PromptVersion | None,
    *,
    played: Played | None = None,
    mistake: str = "",
    left_out: int = 0,
    status: int = 200,
) -> Response[str]:
    answered = played is not None and played.status == 200
    return page(
        services,
        "playground.html",
        title="Playground",
        section="playground",
        status=status,
        draft=draft,
        turns=[*draft.turns, Turn("user", "")] if draft.turns or not version else [Turn("user", "")],
        version=version,
        roles=ROLES,
        models=services.playground.models(),
        played=played,
        reply=read_chat(SpanContent(output=played.body.decode(errors="replace"))).reply if played and answered else (),
        mistake=mistake or (told(played.body) if played and not answered else ""),
        left_out=left_out,
        now=datetime.now(UTC),
    )


async def _version(services: UiServices, name: str, wanted: str) -> PromptVersion | None:
    if not name:
        return None
    versions = await services.prompts.versions(name)
    return chosen_version(name, versions, wanted) or versions[0]


async def _of_span(services: UiServices, trace_id: str, span_id: str) -> tuple[Draft, int]:
    trace = await services.traces.get_skeleton(trace_id)
    span = next((each for each in trace.spans if each.span_id == span_id), None) if span_id else trace.spans[0]
    if span is None:
        raise SpanNotFound(trace_id, span_id)
    content = await services.traces.content(trace_id, span.span_id)
    models = services.playground.models()
    named = (trace.summary.route, span.request_model, f"{span.provider}/{span.request_model}")
    return of_chat(read_chat(content), next((each for each in named if each in models), ""))
