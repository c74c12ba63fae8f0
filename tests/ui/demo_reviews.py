"""Queues, questions, scorers, issues, keys and webhooks in memory, hostile where people can write."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from gateway.keys.types import KeyPage, VirtualKey
from gateway.limits.types import Standing
from registry.access.messages import ListUsers, RolePermissionView, RoleView
from registry.access.types import own_role
from registry.errors import ResourceDoesNotExist
from registry.issues.messages import Issue, SearchIssues
from registry.reviews import queue_messages as queue
from registry.reviews import schema_messages as schema
from registry.runs.experiment_messages import SearchExperiments
from registry.scorers.messages import GetOnlineScoringConfigs, ListScorers, OnlineScoringConfig, Scorer
from registry.traces.assessment_messages import CreateAssessment
from registry.webhooks.types import Attempt, Delivery, DeliveryDetail, DeliveryPage, Status, TestResult, Webhook
from server.ui.administration import Administration
from server.ui.services import TargetState

HOSTILE = '<img src=x onerror=alert(1)> "quoted" & \u202emore'
NOW = datetime.now(UTC)
MILLIS = int(NOW.timestamp() * 1000) - 7_200_000


def _schema(number: int, name: str, asked: schema.LabelSchemaInput, **fields: Any) -> schema.LabelSchema:
    kind = fields.pop("type", schema.LabelSchemaType.FEEDBACK)
    return schema.LabelSchema(
        schema_id=f"ls-{number}", experiment_id="1", name=name, type=kind, input=asked, created_at=MILLIS, last_updated_at=MILLIS, **fields
    )


SCHEMAS = [
    _schema(1, "right", schema.LabelSchemaInput(pass_fail=schema.InputPassFail(positive_label="Right", negative_label="Wrong")),
            instruction="Does it answer what was asked?", enable_comment=True),
    _schema(2, "tone", schema.LabelSchemaInput(categorical=schema.InputCategorical(options=["kind", "curt", HOSTILE], multi_select=True))),
    _schema(3, "stars", schema.LabelSchemaInput(numeric=schema.InputNumeric(min_value=1, max_value=5))),
    _schema(4, "better", schema.LabelSchemaInput(text=schema.InputText(max_length=500)), type=schema.LabelSchemaType.EXPECTATION),
]  # fmt: skip


class MemoryReviews:
    """Two queues of the one experiment, and what is kept beside its runs; answers the messages that the pages send."""

    def __init__(self, experiments: Any, trace_ids: list[str]) -> None:
        self.experiments = experiments
        self.said: list[CreateAssessment] = []
        self.queues = [self._queue(1, HOSTILE, ["ls-1", "ls-2", "ls-3", "ls-4"], ["ada"]), self._queue(2, "empty", [], [])]
        self.items = [
            queue.ReviewQueueItem(
                queue_id="rq-1",
                item_type=queue.ReviewItemType.TRACE,
                item_id=f"tr-{trace_id}",
                status=queue.ReviewStatus.PENDING,
                creation_time_ms=MILLIS,
                last_update_time_ms=MILLIS,
            )
            for trace_id in [*trace_ids, "0" * 32]
        ]

    def _queue(self, number: int, name: str, schemas: list[str], users: list[str]) -> queue.ReviewQueue:
        return queue.ReviewQueue(
            queue_id=f"rq-{number}",
            experiment_id="1",
            name=name,
            queue_type=queue.ReviewQueueType.CUSTOM,
            creation_time_ms=MILLIS,
            last_update_time_ms=MILLIS,
            users=users,
            schema_ids=schemas,
        )

    async def ask(self, message: Any) -> Any:
        match message:
            case SearchExperiments():
                return await self.experiments.search(message)
            case queue.ListReviewQueues():
                return queue.ListReviewQueues.Response(review_queues=self.queues)
            case queue.GetReviewQueue():
                found = next((each for each in self.queues if each.queue_id == message.queue_id), None)
                if found is None:
                    raise ResourceDoesNotExist(f"There is no review queue {message.queue_id}.")
                return queue.GetReviewQueue.Response(review_queue=found)
            case queue.ListReviewQueueItems():
                return queue.ListReviewQueueItems.Response(items=[each for each in self.items if each.queue_id == message.queue_id])
            case queue.SetReviewQueueItemStatus():
                at = next(number for number, each in enumerate(self.items) if each.item_id == message.item_id)
                item = msgspec.structs.replace(self.items[at], status=message.status, completed_by=message.completed_by)
                self.items[at] = item
                return queue.SetReviewQueueItemStatus.Response(item=item)
            case schema.ListLabelSchemas():
                return schema.ListLabelSchemas.Response(label_schemas=SCHEMAS)
            case schema.GetLabelSchema():
                found = next((each for each in SCHEMAS if each.schema_id == message.schema_id), None)
                if found is None:
                    raise ResourceDoesNotExist("no such question")
                return schema.GetLabelSchema.Response(label_schema=found)
            case CreateAssessment():
                self.said.append(message)
                return CreateAssessment.Response(assessment=message.assessment)
            case ListScorers():
                return ListScorers.Response(scorers=SCORERS)
            case GetOnlineScoringConfigs():
                config = OnlineScoringConfig(
                    online_scoring_config_id="c", scorer_id="s-1", sample_rate=0.25, experiment_id="1", filter_string=None
                )
                return GetOnlineScoringConfigs.Response(configs=[config])
            case SearchIssues():
                return SearchIssues.Response(issues=ISSUES)
        raise AssertionError(f"nobody answers {type(message).__name__} here")


def _scorer(number: int, name: str, held: object) -> Scorer:
    return Scorer(
        experiment_id=1,
        scorer_name=name,
        scorer_version=number,
        serialized_scorer=json.dumps(held),
        creation_time=MILLIS,
        scorer_id=f"s-{number}",
    )


SCORERS = [
    _scorer(
        1, "polite", {"instructions_judge_pydantic_data": {"model": "openai:/gpt-4o-mini", "instructions": "Is {{ outputs }} polite?"}}
    ),
    _scorer(2, HOSTILE, ["strange"]),
]
ISSUES = [
    Issue(
        issue_id="iss-1",
        experiment_id="1",
        name=HOSTILE,
        description="It promises refunds that nobody gives. " * 12,
        status="pending",
        severity="high",
        root_causes=["The prompt names no limit."],
        categories=["correctness"],
        trace_count=12,
        created_timestamp=MILLIS,
        last_updated_timestamp=MILLIS,
    ),
    Issue(issue_id="iss-2", experiment_id="1", name="Slow", description="", status="resolved", created_timestamp=MILLIS, last_updated_timestamp=MILLIS),
]  # fmt: skip


class MemoryKeys:
    async def list(self) -> KeyPage:
        made = NOW - timedelta(days=40)
        return KeyPage(
            [
                VirtualKey(id="k1", name="ci", prefix="tg-4f2a", team="search", routes=("chat",), created_at=made),
                VirtualKey(id="k2", name="intern", prefix="tg-99aa", user="bob", expires_at=NOW - timedelta(days=1), created_at=made),
                VirtualKey(id="k3", name="old", prefix="tg-0001", revoked_at=NOW, created_at=made),
            ]
        )


class MemoryLimits:
    async def standings(self) -> list[Standing]:
        common: dict[str, Any] = {"window": "month", "traffic": "apps", "resets_at": (NOW + timedelta(days=12)).isoformat()}
        spent = Standing(limit="team", metric="cost", per="team", subject="search", ceiling=50, used=50, reserved=0, remaining=0, **common)
        left = Standing(
            limit="all", metric="tokens", per="all", subject="", ceiling=1e6, used=120_000, reserved=4096, remaining=875_904, **common
        )
        return [spent, left]


class MemoryWebhooks:
    """One webhook whose receiver fails."""

    hook = Webhook(
        webhook_id="wh-1",
        name=HOSTILE,
        description="Tells the deployment.",
        url="https://ci.example.com/a/very/long/path/" + "x" * 120,
        events=["model_version.created", "prompt_alias.created"],
        status=Status.ACTIVE,
        signed=True,
        created_at=NOW,
        updated_at=NOW,
    )

    def _delivery(self, number: int, state: Any) -> Delivery:
        return Delivery(
            delivery_id=f"d-{number}",
            webhook_id="wh-1",
            event_id=f"e-{number}",
            event="model_version.created",
            entity_key="model:ranker",
            state=state,
            attempts=number,
            error="" if state == "delivered" else "500: " + HOSTILE,
            not_before=NOW + timedelta(minutes=3),
            created_at=NOW - timedelta(minutes=9),
            settled_at=None,
        )

    async def list(self, *, offset: int, limit: int) -> list[Webhook]:
        return [self.hook]

    async def get(self, webhook_id: str) -> Webhook:
        if webhook_id != "wh-1":
            raise ResourceDoesNotExist(f"There is no webhook {webhook_id}.")
        return self.hook

    async def deliveries(self, *, webhook_id: str | None, states: Any, cursor: str, limit: int) -> DeliveryPage:
        every = [self._delivery(1, "delivered"), self._delivery(2, "waiting"), self._delivery(9, "dead")]
        return DeliveryPage(deliveries=[each for each in every if not states or each.state in states], next_cursor=None)

    async def delivery(self, delivery_id: str) -> DeliveryDetail:
        tries = [
            Attempt(number=1, started_at=NOW, milliseconds=412, status=500, error="", answer=HOSTILE),
            Attempt(number=2, started_at=NOW, milliseconds=10_000, status=None, error="no answer within 10 s", answer=""),
        ]
        return DeliveryDetail(
            delivery=self._delivery(2, "dead"), body='{"entity": "model_version", "data": {"name": "ranker"}}', attempts=tries
        )

    async def redeliver(self, delivery_id: str) -> Delivery:
        return self._delivery(3, "waiting")

    async def test(self, webhook_id: str) -> TestResult:
        return TestResult(success=False, response_status=500)


class MemoryUsers:
    async def list(self, request: ListUsers) -> ListUsers.Response:
        def role(name: str, *on: str) -> RoleView:
            granted = [
                RolePermissionView(id=1, role_id=1, resource_type="experiment", resource_pattern=each, permission="EDIT") for each in on
            ]
            return RoleView(id=1, name=name, workspace="default", description=None, permissions=granted)

        ada = ListUsers.UserWithRoles(id=1, username="ada", is_admin=True, roles=[])
        other = ListUsers.UserWithRoles(id=2, username=HOSTILE, is_admin=False, roles=[role("viewer"), role(own_role(2), "7", HOSTILE)])
        return ListUsers.Response(users=[ada, other])


def make_administration() -> Administration:
    return Administration(keys=MemoryKeys(), limits=MemoryLimits(), users=MemoryUsers(), webhooks=MemoryWebhooks())


def target_states() -> list[TargetState]:
    return [TargetState("chat", "openai/gpt-4o-mini", "open", 0), TargetState("chat", "anthropic/claude-haiku-4-5", "closed", 3)]
