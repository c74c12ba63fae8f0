"""``/traces/{id}``: one trace, its tree, and the span that is selected in it."""

from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import urlencode
from uuid import uuid4

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath
from litestar.response import Redirect

from server.ui.chat import read_chat
from server.ui.format import time_ns
from server.ui.headers import is_same_origin
from server.ui.pages.page import Services, base_url, fragment, page
from server.ui.replay import of_gateway, replay
from server.ui.services import UiServices
from server.ui.waterfall import depths, waterfall
from tracing.errors import BadAssessment, SpanNotFound
from tracing.types import Assessment, AssessmentValue, SpanView, Trace

__all__ = ("feedback", "span_columns", "span_panel", "trace")

View = Literal["chat", "raw", "attributes", "events", "scores", "again"]
VIEWS: Final = ("chat", "raw", "attributes", "events", "scores", "again")

TREE_WITHOUT_SCRIPT: Final = 200
"""Rows of the tree in the page itself, for browsers that run no script; the element loads all of them."""


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """The selected span and how it is looked at. ``markdown``: whether what was said is formatted or shown as it is."""

    span: SpanView
    view: View
    markdown: bool
    orphan: bool
    assessments: list[Assessment]

    def url(self, **changes: str) -> str:
        """The address of this panel's page with ``changes`` (``span``, ``view``, ``md``)."""
        state = {"span": self.span.span_id, "view": self.view, "md": "1" if self.markdown else ""} | changes
        return f"/traces/{self.span.trace_id}?" + urlencode({name: value for name, value in state.items() if value})


@get("/traces/{trace_id:str}")
async def trace(trace_id: FromPath[str], request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """The whole page."""
    found = await services.traces.get_skeleton(trace_id.lower())
    panel = _panel(found, request.query_params)
    return page(
        services,
        "trace.html",
        title=found.summary.name or "Trace",
        section="traces",
        trace=found,
        summary=found.summary,
        tree=list(zip(found.spans[:TREE_WITHOUT_SCRIPT], depths(found.spans), strict=False)),
        **await _panel_context(services, panel, request),
    )


@get("/ui/traces/{trace_id:str}/panel")
async def span_panel(trace_id: FromPath[str], request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """The selected span alone. The address of the page that shows it goes along, for the browser's history."""
    panel = _panel(await services.traces.get_skeleton(trace_id), request.query_params)
    return fragment("span_panel.html", headers={"hx-replace-url": panel.url()}, **await _panel_context(services, panel, request))


@get("/ui/traces/{trace_id:str}/spans", media_type="application/json")
async def span_columns(trace_id: FromPath[str], services: Services) -> Response[bytes]:
    """The tree as columns (``server.ui.waterfall``)."""
    columns = waterfall(await services.traces.get_skeleton(trace_id))
    return Response(msgspec.json.encode(columns), media_type="application/json", headers={"cache-control": "no-store"})


@post("/ui/traces/{trace_id:str}/feedback")
async def feedback(trace_id: FromPath[str], request: Request[Any, Any, Any], services: Services) -> Response[Any]:
    """Keep a person's verdict on a trace, then show it."""
    if not is_same_origin(request.headers, [request.url.netloc]):
        raise PermissionDeniedException("This form was sent by another site.")
    form = await request.form()
    await services.traces.get_skeleton(trace_id)  # what whoever asks does not see, they do not judge either
    services.assessments.put([_assessment(trace_id, {name: str(value) for name, value in form.items()})])
    return Redirect(f"/traces/{trace_id}?span={form.get('span', '')}&view=scores", status_code=303)


def _panel(found: Trace, parameters: Any) -> Panel:
    wanted, view = parameters.get("span"), parameters.get("view", "chat")
    span = next((span for span in found.spans if span.span_id == wanted), None) if wanted else found.spans[0]
    if span is None:
        raise SpanNotFound(found.summary.trace_id, wanted)
    return Panel(
        span=span,
        view=view if view in VIEWS and (view != "again" or of_gateway(span)) else "chat",
        markdown=parameters.get("md") == "1",
        orphan=bool(span.parent_span_id) and all(other.span_id != span.parent_span_id for other in found.spans),
        assessments=[one for one in found.assessments if one.span_id in {"", span.span_id}],
    )


async def _panel_context(services: UiServices, panel: Panel, request: Request[Any, Any, Any]) -> dict[str, Any]:
    content = await services.traces.content(panel.span.trace_id, panel.span.span_id)
    return {
        "panel": panel,
        "span": panel.span,
        "content": content,
        "chat": read_chat(content),
        "replayable": of_gateway(panel.span),
        "replay": replay(panel.span, content, base_url(request, services.settings())) if panel.view == "again" else None,
        "start_ns": time_ns(panel.span.start_time),
        "now": datetime.now(UTC),
    }


def _assessment(trace_id: str, form: dict[str, str]) -> Assessment:
    """What a person said, from the form. Raises ``BadAssessment`` when it says nothing."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Assessment(
        assessment_id=f"a-{uuid4().hex}",
        trace_id=trace_id,
        name=form.get("name", "").strip() or "feedback",
        value=_verdict(form),
        rationale=form.get("comment", "").strip(),
        source_type="HUMAN",
        created_at=moment,
        updated_at=moment,
    )


def _verdict(form: dict[str, str]) -> AssessmentValue:
    verdict, comment = form.get("verdict", ""), form.get("comment", "").strip()
    if verdict in {"yes", "no"}:
        return verdict == "yes"
    if comment:
        return comment
    raise BadAssessment("the form holds neither a verdict nor a comment", hint="Choose yes or no, or write what you think.")
