"""Everything that runs, built in one place and in one order: storage, tracing, gateway, registry, judges.

No other module builds a service. What an upper package needs of a lower one is passed in here, and so is what a lower one needs of an
upper one (the gateway wants prompts), behind the lower one's own Protocol.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

import storage
from config import Settings
from config.restart import restart_needed
from evals.ledger import Ledger
from evals.service import JudgeService
from evals.store import LedgerStore
from gateway.belongings.policy import BelongingsPolicy
from gateway.belongings.records import Records
from gateway.cache.service import CacheService
from gateway.guardrails.build import guardrails_of
from gateway.kept import KeptResponses
from gateway.keys.policy import KeyPolicy
from gateway.keys.service import KeyService
from gateway.keys.tickets import UploadTickets
from gateway.limits.service import LimitService
from gateway.policies import Call, Policy
from gateway.service import Gateway
from gateway.types import Answer, Operation, Origin, Resource
from registry.access.accounts import AccessBook
from registry.access.index import AccessIndex
from registry.access.roles import RoleService
from registry.access.sessions import Sessions
from registry.access.users import UserService
from registry.artifacts.direct import DirectTransfers
from registry.evaluation_datasets.service import DatasetService
from registry.garbage.service import GarbageService
from registry.gateway_admin.service import GatewayAdmin, merged
from registry.gateway_admin.types import Administered, Tracked
from registry.imports.service import ImportService
from registry.issues.service import IssueService
from registry.lineage.service import LineageService
from registry.logged_models.service import LoggedModelService
from registry.mcp_servers.access_service import AccessEndpointService
from registry.mcp_servers.service import McpServerService
from registry.mcp_servers.version_service import McpVersionService
from registry.models.alias_service import AliasService
from registry.models.model_service import RegisteredModelService
from registry.models.moves import Moves
from registry.models.reader import ModelReader
from registry.models.registrar import Registrar
from registry.models.version_service import ModelVersionService
from registry.outbound.guard import AddressGuard
from registry.prompts.service import PromptService
from registry.reviews.queues import ReviewQueueService
from registry.reviews.schemas import LabelSchemaService
from registry.runs.experiments import ExperimentService
from registry.runs.history import MetricHistory
from registry.runs.logging import RunLog
from registry.runs.points import PointLog
from registry.runs.service import RunService
from registry.scorers.service import ScorerService
from registry.skills.content import SkillContent
from registry.skills.registration import SkillRegistration
from registry.skills.service import SkillService
from registry.skills.version_service import SkillVersionService
from registry.traces.assessments import AssessmentService
from registry.traces.correlation import FilterCorrelation
from registry.traces.files import SpanFiles
from registry.traces.metrics import TraceMetrics
from registry.traces.metrics_store import TraceFigures
from registry.traces.placement import ExperimentPlacement
from registry.traces.reading import TraceReader
from registry.traces.search_store import TraceFinder
from registry.traces.second_version import TraceServiceV2
from registry.traces.service import TraceService
from registry.webhooks.service import WebhookService
from registry.workspaces.book import WorkspaceBook
from registry.workspaces.service import WorkspaceService
from server.artifacts import open_artifacts
from server.budgets import BudgetWebhooks, SpendingHistory
from server.endpoint_permissions import EndpointPermissions
from server.endpoint_traces import EndpointTraces
from server.experiments_of import ExperimentsOf
from server.fleet import Alone, Fleet, Targets, with_dropped
from server.guard import Guard
from server.health import Condition
from server.judge_caller import GatewayJudgeCaller
from server.media_on_demand import MediaOnDemand
from server.registered_prompts import RegisteredPrompts
from server.registry_adapters import RegisteredScorers, TrackedExperiments, TrackedLineage
from server.signing_in import SignIn
from server.version import VERSION
from server.visible.lineage import ReadableNodes, VisibleLineage
from server.visible.models import VisibleModels, VisibleMoves
from server.visible.prompts import VisiblePrompts
from server.visible.traces import VisibleTraces
from storage.errors import SettingsError, StorageError
from storage.errors import Unavailable as StorageUnavailable
from storage.journal import Journal
from storage.metadata import Metadata
from storage.process.parent import Store
from storage.sealing import Seal
from tracing.assessments import AssessmentStore
from tracing.figures import Figures, Subject, Tally, summed
from tracing.ingest import SpanSink
from tracing.lineage_store import TraceLinks
from tracing.prices import load_prices
from tracing.properties_store import PropertyStore
from tracing.provider import SpanProvider, build_tracer_provider
from tracing.spending_store import SpendingStore
from tracing.store import TraceStore

__all__ = ("Services", "nobody_else")

logger = logging.getLogger(__name__)

STOP_SECONDS = 10.0
LOOK_SECONDS = 10.0
"""Between looks of a gateway at what another process set up."""

LONGEST_PAUSE_SECONDS = 0.25
"""Of a request while rows come faster than they are stored, and the journal is nearly full of them."""

REBUILD_PAUSES = (0.0, 1.0, 5.0, 30.0)
"""Seconds before each time that budgets are compared with the traces."""


class Services:
    """The parts, wired. ``open`` builds them, ``run`` keeps the background work going, ``close`` stores what is left."""

    def __init__(self, settings: Settings, metadata: Metadata, journal: Journal, telemetry: Store, seal: Seal) -> None:
        self.settings = settings
        self.metadata = metadata
        self.journal = journal
        self.telemetry = telemetry
        self._seal = seal
        # In this order: each area uses those before it.
        self._build_access()
        self._build_tracing()
        self._build_models()
        self._build_runs()
        self._build_traces_of_mlflow()
        self._build_views()
        self._build_gateway()
        self._build_judges()
        self._started = time.monotonic()
        self._config_version = 1
        self._config_error: str | None = None
        self._started_with = settings
        self._restart_needed: tuple[str, ...] = ()
        self.fleet: Fleet = Alone()
        self.changed: Callable[[], Awaitable[None]] = nobody_else
        """Awaited after keys, settings, or what was set up through the API have changed, and before whoever changed them is answered."""

    def _build_access(self) -> None:
        """Who may do what: keys, users, roles, workspaces, and the gate."""
        security = self.settings.security
        self.keys = KeyService(self.metadata, self._keys_changed)
        self.workspace_book = WorkspaceBook(self.metadata)
        self.access = AccessBook(self.metadata, AccessIndex(security.default_permission, self.workspace_book.elsewhere))
        self.users = UserService(self.access)
        self.roles = RoleService(self.access)
        self.workspaces = WorkspaceService(self.workspace_book, self.access)
        self.tickets = UploadTickets(lambda: self._seal)
        sessions = Sessions(self._seal, security.session_hours)
        self.sign_in = SignIn(self.access.index, sessions) if security.users else None
        self.guard = Guard.of(self.settings, self.keys.index, self.tickets, self.sign_in)
        self.addresses = AddressGuard(lambda: self.settings.security.allow_private_addresses)

    def _build_tracing(self) -> None:
        """Spans on their way in, and traces as everybody reads them."""
        settings, flush = self.settings.telemetry, self.telemetry.flush
        self.sink = SpanSink(self.journal, settings)
        self.figures = Figures()
        self.tracers: SpanProvider = build_tracer_provider(settings, self.sink, VERSION, self.figures)
        self.traces = TraceStore(self.telemetry, flush, settings)
        self.assessments = AssessmentStore(self.telemetry, self.journal, flush)
        self._properties = PropertyStore(self.telemetry, self.journal, flush)
        self.spending = SpendingHistory(SpendingStore(self.telemetry, flush))

    def _build_models(self) -> None:
        """Names with versions, who is told when they change, and the files behind them."""
        metadata, settings = self.metadata, self.settings
        self.webhooks = WebhookService.build(
            metadata, self.addresses, self._seal, lambda: self.settings.webhooks, holder=f"{socket.gethostname()}:{_home(settings)}"
        )
        self.registrar = Registrar(self.webhooks.outbox)
        self.moves = Moves(metadata)
        self.prompts = PromptService(metadata, registrar=self.registrar, moves=self.moves)
        self.models = ModelReader(metadata)
        self.registered_models = RegisteredModelService(metadata, self.registrar, self.prompts.forget)
        self.model_versions = ModelVersionService(metadata, self.registrar, TrackedLineage(), self.prompts.forget)
        self.aliases = AliasService(metadata, self.registrar, self.moves, self.prompts.forget)
        self.mcp_servers = McpServerService(metadata, self.addresses, self.roles)
        self.mcp_versions = McpVersionService(metadata, self.addresses, self.roles, self.moves)
        self.mcp_access = AccessEndpointService(metadata)
        self.artifacts = open_artifacts(settings, metadata)
        content = SkillContent(self.artifacts.own)
        self.skills = SkillService(metadata, self.addresses, self.roles, content)
        self.skill_registration = SkillRegistration(metadata, self.roles, content)
        self.skill_versions = SkillVersionService(metadata, self.moves)
        self.direct_transfers = DirectTransfers(self.artifacts, allowed=settings.artifacts.presigned)

    def _build_runs(self) -> None:
        """Experiments, and what MLflow's clients keep in them beside traces."""
        metadata, flush = self.metadata, self.telemetry.flush
        points = PointLog(self.journal, self.telemetry)
        self.experiments = ExperimentService(metadata, self.settings.artifacts.root)
        self.runs = RunService(metadata)
        self.run_log = RunLog(metadata, points)
        self.metric_history = MetricHistory(self.telemetry, points, flush)
        self.logged_models = LoggedModelService(metadata)
        self.scorers = ScorerService(metadata)
        self.evaluation_datasets = DatasetService(metadata)
        self.label_schemas = LabelSchemaService(metadata)
        self.review_queues = ReviewQueueService(metadata)
        self.issues = IssueService(metadata, self.assessments)
        self.imports = ImportService(metadata, self.telemetry, points, flush, self.workspace_book.load)

    def _build_traces_of_mlflow(self) -> None:
        """Traces as MLflow's clients see them."""
        metadata, flush, properties = self.metadata, self.telemetry.flush, self._properties
        reader = TraceReader(self.traces, properties, self.assessments, metadata)
        finder = TraceFinder(self.telemetry, flush)
        self.placement = ExperimentPlacement(metadata, properties)
        self.mlflow_traces = TraceService(
            metadata, reader, finder, properties, self.assessments, self.settings.telemetry, self.placement.saw
        )
        self.span_files = SpanFiles(self.artifacts.own, reader, self.sink, self.placement)
        self.garbage = GarbageService(metadata, self.telemetry, self.artifacts, self.mlflow_traces, flush)
        self.mlflow_traces_v2 = TraceServiceV2(metadata, reader, self.mlflow_traces, properties)
        self.filter_correlation = FilterCorrelation(finder)
        self.trace_metrics = TraceMetrics(TraceFigures(self.telemetry, flush))
        self.experiments_of = ExperimentsOf(metadata, self.mlflow_traces)
        self.mlflow_assessments = AssessmentService(reader, self.assessments)

    def _build_views(self) -> None:
        """What whoever asks may see of it."""
        flush = self.telemetry.flush
        self.scope_of_traces = VisibleTraces(self.workspace_book.elsewhere)
        self.visible_traces = TraceStore(self.telemetry, flush, self.settings.telemetry, self.scope_of_traces)
        self.visible_prompts = VisiblePrompts(self.prompts, self.roles)
        self.visible_models = VisibleModels(self.models)
        self.visible_moves = VisibleMoves(self.moves)
        nodes = ReadableNodes(self.experiments_of, self.visible_traces, self.assessments, self.workspace_book.elsewhere)
        self.lineage = VisibleLineage(LineageService(self.metadata, TraceLinks(self.telemetry, flush), nodes))

    def _build_gateway(self) -> None:
        """The proxy, what it counts and keeps, and what MLflow's API sets up for it."""
        settings, metadata = self.settings, self.metadata
        self.gateway_admin = GatewayAdmin(
            metadata,
            self.addresses,
            self._seal,
            experiments=TrackedExperiments(self.experiments),
            scorers=RegisteredScorers(self.scorers),
            taken=lambda: {route.name for route in self.settings.routes},
            use=self._administered,
        )
        self._administration = Administered()
        blobs = storage.open_blobs(settings.storage)
        self.responses = KeptResponses(blobs)
        self._belongings = Records(blobs)
        self.limits = LimitService(metadata, self.keys.index, BudgetWebhooks(metadata, self.webhooks.outbox), settings.storage.redis)
        self.cache = CacheService(settings.storage, settings.cache.disk_bytes, self._embed)
        tracer = self.tracers.get_tracer("tidegate.gateway", VERSION)
        self.gateway = Gateway.build(settings, tracer, RegisteredPrompts(self.prompts), self._policies)
        self.media = MediaOnDemand(self.addresses)
        self.gateway.fetch_media_from(self.media)
        self.gateway.pace_by(lambda: self.journal.pressure() * LONGEST_PAUSE_SECONDS)

    def _build_judges(self) -> None:
        ledger = Ledger(LedgerStore(self.metadata))
        self.judges = JudgeService(
            self.settings.judges, self.traces, self.assessments, ledger, GatewayJudgeCaller(self.gateway), self.telemetry
        )

    @classmethod
    async def open(cls, settings: Settings, journal: Journal, telemetry: Store, metadata: Awaitable[Metadata]) -> "Services":
        """Open what must be there before the first request, besides ``telemetry`` and ``metadata``, which are being opened by then."""
        seal = await asyncio.to_thread(Seal.open, _home(settings), settings.security.sealing_key)
        services = cls(settings, await metadata, journal, telemetry, seal)
        await services.keys.load()
        await services.open_access()
        await services.workspace_book.load()
        await services.gateway_admin.load()
        await services.limits.load()
        return services

    async def open_access(self) -> None:
        """Load who may sign in. At the first start with users, make the admin and the standard roles. Raises ``SettingsError``."""
        security = self.settings.security
        if security.users and not await self.users.any():
            if security.admin_password is None:
                raise SettingsError("security.users is on and there is no user yet: set security.admin_password for the first start")
            await self.roles.found()
            await self.users.found(security.admin_username, security.admin_password.reveal())
        await self.access.load()

    async def run(self) -> None:
        """Store, judge, until cancelled. Raises when the telemetry database can never be opened."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.telemetry.run())
            tasks.create_task(asyncio.to_thread(load_prices))
            tasks.create_task(self._tidy())
            tasks.create_task(self.keys.run())
            tasks.create_task(self.access.run())
            tasks.create_task(self.workspace_book.run())
            tasks.create_task(self.limits.run())
            tasks.create_task(self._after_opening(self._rebuild_budgets))
            if self.settings.server.role == "gateway":
                tasks.create_task(self._follow_administration())
                return
            tasks.create_task(self.webhooks.run())
            tasks.create_task(self._after_opening(self.judges.run_online))

    async def apply(self, settings: Settings) -> None:
        """Swap in settings that were validated. What was opened at the start stays as it is until a restart, and ``condition`` says so."""
        await self.judges.reconfigure(settings.judges)
        try:
            self.gateway.reconfigure(merged(settings, self._administration))
        except Exception:  # whatever it is: judges and gateway run on the same settings
            await self.judges.reconfigure(self.settings.judges)
            raise
        self.guard = Guard.of(settings, self.keys.index, self.tickets, self.sign_in)
        self.settings = settings
        await self.changed()
        self._config_version += 1
        self._config_error = None
        self._restart_needed = restart_needed(self._started_with, settings)
        logger.info("configuration %d is running", self._config_version)
        if self._restart_needed:
            logger.warning("these settings were changed and need a restart: %s", ", ".join(self._restart_needed))

    async def refuse(self, error: Exception) -> None:
        """Remember why a new configuration was refused. The one before it goes on."""
        self._config_error = str(error)
        logger.error("the new configuration is not taken, the one before it goes on running:\n%s", error)

    async def close(self) -> None:
        """Stop in the order of the data: gateway, spans, journal, databases."""
        await self.gateway.close()
        await self.media.close()
        await self.cache.close()
        await self.limits.close()
        await self.webhooks.close()
        await asyncio.to_thread(self.tracers.shutdown)
        await self.telemetry.close(STOP_SECONDS)
        self.journal.close()
        await self.metadata.close()

    def condition(self) -> Condition:
        """See ``server.health.Health``."""
        return Condition(
            storage_ready=self.telemetry.ready,
            storage_error=self.telemetry.error,
            journal=with_dropped(self.journal.stats(), self.fleet.dropped()),
            config_version=self._config_version,
            config_error=self._config_error,
            restart_needed=self._restart_needed,
            started_seconds_ago=round(time.monotonic() - self._started, 1),
            role=self._started_with.server.role,
            workers=self.fleet.conditions(),
        )

    async def look(self) -> None:
        """See ``server.health.Health``."""
        await self.fleet.look()

    def tallies(self) -> Mapping[Subject, Tally]:
        """See ``server.health.Health``."""
        mine, others = self.figures.asked(), self.fleet.tallies()
        return summed([mine, *others]) if others else mine

    def targets(self) -> Sequence[Targets | None]:
        """See ``server.health.Health``."""
        return [self.gateway.target_states(), *self.fleet.targets()]

    def _policies(self, settings: Settings) -> tuple[Policy, ...]:
        """The policies that requests pass, in order. A policy without anything to do is left out."""
        limits, cache = self.limits.policy(settings), self.cache.policy(settings)
        guards = guardrails_of(settings, self._ask)
        callers = (KeyPolicy(self.keys.index),) if self.keys.index or limits or cache else ()
        own = (BelongingsPolicy(self._belongings, self.responses),) if self.keys.index else ()
        configured = {route.name for route in self.settings.routes}
        endpoints = {name: each for name, each in self._administration.endpoints.items() if name not in configured}
        tracked = {name: each for name, each in self._administration.tracked.items() if name in endpoints}
        permissions = (EndpointPermissions(endpoints),) if endpoints and self.sign_in is not None else ()
        places = (EndpointTraces(self._properties, tracked),) if tracked else ()
        return (*callers, *own, *permissions, *places, *(policy for policy in (guards, cache, limits) if policy is not None))

    async def _embed(self, model: str, text: str, call: Call) -> Answer:
        """Ask a model for a vector on behalf of a cache, in the trace of the request that is looked up."""
        headers = [(b"traceparent", call.traceparent.encode())]
        request = msgspec.json.encode({"model": model, "input": text})
        return await self.gateway.complete(request, Origin(cache=call.plan.route), operation=Operation.EMBEDDINGS, headers=headers)

    async def _ask(self, operation: Operation, request: bytes, call: Call, name: str) -> Answer:
        """Ask a model on behalf of a guardrail, in the trace of the request that is looked at."""
        headers = [(b"traceparent", call.traceparent.encode())]
        resource = Resource() if operation is Operation.MODERATION else None
        return await self.gateway.complete(request, Origin(guardrail=name), operation=operation, headers=headers, resource=resource)

    async def _administered(self, state: Administered) -> None:
        """Answer endpoints that were set up through MLflow's API, beside the configured routes."""
        before, self._administration = self._administration, state  # policies look there
        if state == before:
            return
        try:
            self.gateway.reconfigure(merged(self.settings, state))
        except BaseException:
            self._administration = before
            raise
        await self.changed()

    async def _follow_administration(self) -> None:
        """Follow endpoints that are set up at another process, some seconds later.

        While the database is away, those known before stay.
        """
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.gateway_admin.load()
            except StorageUnavailable as error:
                logger.warning("endpoints stay as they are known, their database is away: %s", error)

    async def _keys_changed(self) -> None:
        self.gateway.renew_policies()
        await self.changed()

    def in_force(self) -> tuple[Settings, dict[str, Tracked]]:
        """The settings with what was set up through MLflow's API, and the experiments of its endpoints, by the name of their routes."""
        configured = {route.name for route in self.settings.routes}
        tracked = {name: each for name, each in self._administration.tracked.items() if name not in configured}
        return merged(self.settings, self._administration), tracked

    async def _tidy(self) -> None:
        try:
            await self.artifacts.remove_unfinished(time.time() - (time.monotonic() - self._started))
        except OSError as error:
            logger.warning("what uploads that were cut off left behind is not removed: %s", error)

    async def _rebuild_budgets(self) -> None:
        """Count spending that a kill hid from the counters, several times.

        What the killed process had journalled is stored in the first moments of the next; counting the same spending again changes nothing.
        """
        for pause in REBUILD_PAUSES:
            await asyncio.sleep(pause)
            try:
                await self.limits.rebuild(self.spending)
            except StorageError as error:
                logger.warning("budgets count from what was written down; the traces cannot be asked: %s", error)

    async def _after_opening(self, work: Callable[[], Awaitable[Any]]) -> None:
        await self.telemetry.opened()
        await work()


async def nobody_else() -> None:
    """Tell no other process of a change, as there is none."""


def _home(settings: Settings) -> Path:
    return Path(settings.storage.path).absolute()
