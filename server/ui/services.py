"""What the pages ask of the rest of the server. ``server.pages`` implements it; tests pass doubles."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from config.schema import Settings
from evals.agreement import Agreement
from evals.types import Judge, Judgement, JudgeStats
from registry.artifacts.messages import FileInfo
from registry.prompts.types import PromptPage, PromptVersion, RenderedPrompt
from server.health import Condition
from server.ui.administration import Administration
from server.ui.datasets import Datasets
from server.ui.playground import Playground
from server.ui.registry import RegistryServices
from server.ui.skill_files import SkillFiles
from server.ui.usage_chart import UsagePoint, UsageStep
from tracing.prompt_scores_store import VersionScores
from tracing.types import Assessment, SpanContent, Trace, TracePage

__all__ = (
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
        """What was said in one span."""
        ...

    async def has_any(self) -> bool:
        """Whether anything is stored at all."""
        ...


class Figures(Protocol):
    """Figures summed over traces."""

    async def facets(self, since_ns: int | None = None, *, judges: bool = True) -> Facets:
        """Values to filter by, with those of judges' traffic or without."""
        ...

    async def usage(self, since_ns: int, by: UsageBy = "model") -> Sequence[UsageRow]:
        """Figures a model, a provider or a route, busiest first."""
        ...

    async def over_time(self, since_ns: int, step: UsageStep) -> Sequence[UsagePoint]:
        """Figures of all models, minute by minute or hour by hour, in the order of time; where nobody called there are none."""
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

    async def render(self, name: str, selector: int | str | None, variables: Mapping[str, object]) -> RenderedPrompt:
        """The messages of a version with its variables filled in."""
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


class People(Protocol):
    """Where people sign in (``server.signing_in.SignIn``)."""

    async def begin(self, name: str, password: str, address: str) -> str | None:
        """A session's cookie, ``None`` for a wrong name or password. Raises ``registry.access.attempts.TooManyAttempts``."""
        ...


class TargetState(msgspec.Struct, frozen=True):
    """How a model of a route does now: ``state`` is that of its circuit breaker, ``pending`` counts requests under way.

    ``where`` says which of several processes are meant.
    """

    route: str
    model: str
    state: str
    pending: int
    where: str = ""


class UiServices(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the pages are made from. ``settings`` gives the live settings, which a reload replaces."""

    traces: Traces
    figures: Figures
    assessments: Assessments
    prompts: Prompts
    judges: Judges
    registry: RegistryServices
    run_files: RunFiles
    skill_files: SkillFiles
    datasets: Datasets
    administration: Administration
    playground: Playground
    targets: Callable[[], Sequence[TargetState]]
    people: People | None = None
    """``None`` where nobody signs in."""

    settings: Callable[[], Settings]
    condition: Callable[[], Condition]
    version: str
