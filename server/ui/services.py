"""What the pages ask of the rest of the server. ``server/app.py`` passes the real objects in; tests pass whatever answers the same."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from config.schema import Settings
from evals.agreement import Agreement
from evals.types import Judge, Judgement, JudgeStats
from gateway.keys.types import KeyPage
from gateway.limits.types import Standing
from registry.artifacts.messages import FileInfo
from registry.prompts.types import PromptPage, PromptVersion
from registry.webhooks.types import Delivery, DeliveryDetail, DeliveryPage, TestResult, Webhook
from server.health import Condition
from server.ui.registry import RegistryServices
from tracing.prompt_scores_store import VersionScores
from tracing.types import Assessment, SpanContent, Trace, TracePage

__all__ = (
    "Administration",
    "Assessments",
    "FacetValue",
    "Facets",
    "Figures",
    "JudgeReport",
    "Judged",
    "Judges",
    "People",
    "Prompts",
    "RunFiles",
    "TargetState",
    "Traces",
    "UiServices",
    "UsageBy",
    "UsageRow",
)


UsageBy = Literal["model", "provider", "route"]


class FacetValue(msgspec.Struct, frozen=True):
    """A value that traces have, and how many have it."""

    value: str
    count: int


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """What the choices above the table offer, most frequent first."""

    models: list[FacetValue] = []
    prompts: list[FacetValue] = []
    services: list[FacetValue] = []


class UsageRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one model, provider or route did in a stretch of time. ``cost`` and tokens are ``None`` when no call said.

    A model has its provider's name beside its own; of the others only their name is set.
    """

    provider: str = ""
    model: str = ""
    route: str = ""
    calls: int
    errors: int
    input_tokens: int | None
    output_tokens: int | None
    cost: Decimal | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    ttft_p50_ms: float | None


class Traces(Protocol):
    """The stored traces (``tracing.store.TraceStore``). Raises the errors of ``tracing.errors``."""

    async def search(
        self,
        filter: str | None = None,
        order: str = "-start_time",
        limit: int = 50,
        cursor: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
    ) -> TracePage:
        """One page of traces, with their scores."""
        ...

    async def get_skeleton(self, trace_id: str) -> Trace:
        """A trace whose spans have no content."""
        ...

    async def content(self, trace_id: str, span_id: str) -> SpanContent:
        """What one span said and heard."""
        ...

    async def has_any(self) -> bool:
        """Whether anything is stored at all."""
        ...


class Figures(Protocol):
    """Sums over traces."""

    async def facets(self, since_ns: int | None = None, *, judges: bool = True) -> Facets:
        """Values to filter by, with those of judges' traffic or without."""
        ...

    async def usage(self, since_ns: int, by: UsageBy = "model") -> Sequence[UsageRow]:
        """Figures a model, a provider or a route, busiest first."""
        ...

    async def prompt_scores(self, name: str) -> VersionScores:
        """How the traces that used each version of a prompt were scored."""
        ...


class Assessments(Protocol):
    """Where a person's verdict goes (``tracing.assessments.AssessmentStore``)."""

    def put(self, assessments: Sequence[Assessment]) -> None:
        """Keep these, before returning. Raises ``tracing.errors.JournalFull``."""
        ...


class Prompts(Protocol):
    """The prompt registry. Raises the errors of ``registry.prompts.errors``."""

    async def list(self, limit: int = 100, cursor: str = "") -> PromptPage:
        """Prompts by name."""
        ...

    async def versions(self, name: str, limit: int = 100) -> Sequence[PromptVersion]:
        """The newest versions of a prompt, newest first."""
        ...


class JudgeReport(msgspec.Struct, frozen=True, kw_only=True):
    """A judge and what became of the traces it was meant to see."""

    judge: Judge
    stats: JudgeStats = msgspec.field(default_factory=JudgeStats)
    trouble: str = ""
    """Why it does not get on now."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a judge's ledger with its verdict, ``None`` while there is none."""

    judgement: Judgement
    assessment: Assessment | None = None


class Judges(Protocol):
    """The judges and their ledger (``evals.service.JudgeService``)."""

    async def reports(self) -> Sequence[JudgeReport]:
        """Every judge, by name."""
        ...

    async def recent(self, name: str, limit: int) -> Sequence[Judged]:
        """What a judge did last, newest first."""
        ...

    async def agreement(self, name: str) -> Agreement:
        """How far a judge and people who judged the same traces say the same."""
        ...


class RunFiles(Protocol):
    """The files of runs. Raises the errors of ``registry.errors``."""

    async def list(self, run_id: str, folder: str) -> Sequence[FileInfo]:
        """A folder, by name."""
        ...

    async def head(self, run_id: str, path: str, limit: int) -> tuple[int, bytes]:
        """The size of a file, and its first bytes."""
        ...


class DatasetLine(msgspec.Struct, frozen=True, kw_only=True):
    """An evaluation dataset in the list. ``updated_at`` is RFC 3339; ``fields`` names what its records have, part by part."""

    dataset_id: str
    name: str
    records: int
    experiments: Sequence[str] = ()
    tags: Mapping[str, str] = {}
    fields: Mapping[str, Sequence[str]] = {}
    created_by: str = ""
    updated_at: str


class DatasetExample(msgspec.Struct, frozen=True, kw_only=True):
    """A record: JSON text, indented, ``""`` for what it does not have. ``trace_id`` names the trace that it was made from."""

    inputs: str
    expectations: str = ""
    outputs: str = ""
    trace_id: str = ""
    updated_at: str


class DatasetRecords(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset and some of its records; ``next_page`` continues, ``""`` at the end."""

    dataset: DatasetLine
    examples: Sequence[DatasetExample]
    next_page: str = ""


class Datasets(Protocol):
    """Evaluation datasets. Raises the tree of ``registry.errors``."""

    async def list(self, page: str) -> tuple[Sequence[DatasetLine], str]:
        """Some of them, the newest first, and where the next ones begin."""
        ...

    async def show(self, dataset_id: str, page: str) -> DatasetRecords:
        """One of them."""
        ...


class People(Protocol):
    """Where people sign in (``server.signing_in.SignIn``)."""

    async def begin(self, name: str, password: str, address: str) -> str | None:
        """A session's cookie, ``None`` for a wrong name or password. Raises ``registry.access.attempts.TooManyAttempts``."""
        ...


class TargetState(msgspec.Struct, frozen=True):
    """How a model of a route does now: ``state`` is that of its circuit breaker, ``pending`` counts requests under way."""

    route: str
    model: str
    state: str
    pending: int


class Keys(Protocol):
    """Virtual keys (``gateway.keys.service.KeyService``)."""

    async def list(self) -> KeyPage:
        """Every key, revoked ones last."""
        ...


class Limits(Protocol):
    """Limits and budgets (``gateway.limits.service.LimitService``)."""

    async def standings(self) -> Sequence[Standing]:
        """Where each stands, the fullest first."""
        ...


class Webhooks(Protocol):
    """Webhooks and their deliveries (``registry.webhooks.service.WebhookService``). Raises the tree of ``registry.errors``."""

    async def list(self, *, offset: int, limit: int) -> Sequence[Webhook]:
        """Webhooks, newest first."""
        ...

    async def get(self, webhook_id: str) -> Webhook:
        """One webhook."""
        ...

    async def deliveries(self, *, webhook_id: str | None, states: Sequence[str], cursor: str, limit: int) -> DeliveryPage:
        """The log, newest first."""
        ...

    async def delivery(self, delivery_id: str) -> DeliveryDetail:
        """A delivery with its body and each attempt."""
        ...

    async def redeliver(self, delivery_id: str) -> Delivery:
        """Deliver once more."""
        ...

    async def test(self, webhook_id: str) -> TestResult:
        """Send an example now."""
        ...


class Administration(msgspec.Struct, frozen=True, kw_only=True):
    """What administrators look after."""

    keys: Keys
    limits: Limits
    webhooks: Webhooks


class UiServices(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the pages are made from. ``settings`` gives the live settings, which a reload replaces."""

    traces: Traces
    figures: Figures
    assessments: Assessments
    prompts: Prompts
    judges: Judges
    registry: RegistryServices
    run_files: RunFiles
    datasets: Datasets
    administration: Administration
    targets: Callable[[], Sequence[TargetState]]
    people: People | None = None
    """``None`` where nobody signs in."""

    settings: Callable[[], Settings]
    condition: Callable[[], Condition]
    version: str
