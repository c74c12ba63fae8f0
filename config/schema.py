"""Validated settings: what every package is built from. Frozen; secrets are resolved; each name is a key of the YAML file.

The docstring under a field is its manual: meaning, unit, default, and what to use instead. ``docs/settings.md`` and the published
JSON Schema are generated from here.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.cache import CacheSettings, CacheStoreSettings
from config.detection import DetectionSettings
from config.guardrails import GuardrailSettings
from config.secrets import Secret

__all__ = (
    "BackoffSettings",
    "BreakerSettings",
    "ConditionSettings",
    "Fallbacks",
    "HedgeSettings",
    "JournalSettings",
    "JudgeSettings",
    "LimitSettings",
    "OtlpExportSettings",
    "OutlierSettings",
    "PromptTargetSettings",
    "ProviderSettings",
    "RouteSettings",
    "SecuritySettings",
    "ServerSettings",
    "Settings",
    "ShadowSettings",
    "StorageSettings",
    "TargetSettings",
    "TelemetrySettings",
    "TimeoutSettings",
    "WebhookSettings",
)

Name = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]+$", min_length=1, max_length=128, extra={"form": "1 to 128 letters, digits, '_', '.' or '-'"})
]
Seconds = Annotated[float, Meta(gt=0, le=31_536_000)]
"""At most a year: event loops have a largest time, and count no further."""

Share = Annotated[float, Meta(ge=0, le=1)]
Fallbacks = tuple[str, ...]
Trigger = Annotated[
    str,
    Meta(
        pattern=r"^([45][0-9][0-9]|[45]xx|timeout|unreachable|broken|context_window_exceeded|content_policy)$",
        extra={"form": "a status (429, 4xx, 5xx), timeout, unreachable, broken, context_window_exceeded or content_policy", "scalar": True},
        extra_json_schema={"type": ["string", "integer"]},
    ),
]
"""Why an attempt failed: its status, or what kept it from having one. Written as a number or as a word."""

Test = Annotated[
    str,
    Meta(
        min_length=1, extra={"form": "one character or more", "scalar": True}, extra_json_schema={"type": ["string", "number", "boolean"]}
    ),
]
"""What a value must be: text with ``*`` for anything, ``a|b`` for either, ``!a`` for anything else, or ``> 100`` (``>=``, ``<``, ``<=``)."""
ProviderKind = Literal[
    "openai",
    "groq",
    "deepseek",
    "xai",
    "openrouter",
    "together",
    "fireworks",
    "perplexity",
    "nvidia",
    "huggingface",
    "mistral",
    "databricks",
    "ollama",
    "vllm",
    "azure",
    "anthropic",
    "gemini",
    "vertex",
    "bedrock",
    "cohere",
    "fake",
]
"""Whom an account is with: a row of ``config.providers.VENDORS`` and of ``gateway.providers.PROVIDERS``."""


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the server listens."""

    host: str = "127.0.0.1"
    """Address to bind. Anything but loopback needs ``security.api_keys``, or ``tidegate up --insecure``."""

    port: Annotated[int, Meta(ge=0, le=65535)] = 4242
    """TCP port; 0 takes a free one."""

    public_url: str | None = None
    """The URL that users type, when a proxy stands in front. Default: what the request says."""

    trusted_proxies: tuple[str, ...] = ()
    """Addresses, or networks such as ``10.0.0.0/8``, of reverse proxies whose word on their clients is taken. Default: nobody's. Read at the start.

    A request from one of them comes from the rightmost entry of ``X-Forwarded-For`` that is none of them (without that header: of ``Forwarded``),
    and so it is counted by limits ``per: address`` and by what keeps passwords from being guessed. ``X-Forwarded-Proto`` is its scheme.
    ``X-Forwarded-Host`` is not read: let the proxy pass ``Host`` on, or set ``public_url``.
    """

    max_body_bytes: Annotated[int, Meta(ge=1024)] = 100 * 1024 * 1024
    """Largest request body accepted, in bytes."""

    keepalive_seconds: Annotated[float, Meta(ge=0)] = 15.0
    """Silence of a model after which a client that waits for a stream is sent something that it skips, so that nothing on the way hangs up; 0: never.

    Where the model has said nothing at all by then the answer begins with it, as status 200: a failure that comes later is told as the event of an
    error. One that comes sooner keeps its status.
    """

    stop_seconds: Seconds = 10.0
    """How long answers that are under way hold up a stop. Those that are not whole by then end in an error that says so."""

    role: Literal["all", "gateway"] = "all"
    """``gateway``: answer models' clients and take spans, and nothing else. Many of these may stand in front of one server that does all.

    They share ``storage.clickhouse`` and ``storage.metadata`` with it, which both must be set; also ``storage.redis`` and ``storage.blobs``, so
    that limits, cached answers and kept responses are one for all.
    """


class SecuritySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may speak to the server, and whom the server may speak to."""

    api_keys: tuple[Secret, ...] = ()
    """Keys that open everything: as ``Authorization: Bearer``, as ``x-api-key``, or as the password of HTTP Basic in a browser."""

    users: bool = False
    """Let people sign in with names and passwords, or tokens of theirs, and let each do what their permissions say. Keys go on opening everything.

    Off, whoever has a key, or comes where none is set, may do everything.
    """

    admin_username: Annotated[str, Meta(min_length=1, max_length=255)] = "admin"
    """Name of the user that is made at the first start with ``users``."""

    admin_password: Secret | None = None
    """Password of that user: needed at the first start with ``users``, and read at no later one. Afterwards it is changed like any other."""

    session_hours: Annotated[float, Meta(gt=0, le=24 * 365)] = 12
    """How long a browser stays signed in. A session ends sooner when the password is changed or the user is removed."""

    default_permission: Literal["READ", "USE", "EDIT", "MANAGE", "NO_PERMISSIONS"] = "READ"
    """What a user may do with an experiment, model or prompt that nobody gave them a permission on."""

    allow_private_addresses: bool = False
    """Allow webhooks and base URLs set through an API to point at private and loopback addresses. The YAML file is always trusted."""

    sealing_key: Secret | None = None
    """Key that seals stored secrets: 32 random bytes in base64. Default: the file ``sealing.key`` in the data directory, made at the first start.

    ``openssl rand -base64 32`` makes one.
    """

    allowed_hosts: tuple[str, ...] = ()
    """Extra ``Host`` names accepted (against DNS rebinding). Loopback names, the bound address and ``server.public_url`` always are."""


class JournalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file that spans reach before the last byte of an answer goes out."""

    max_bytes: Annotated[int, Meta(ge=1024 * 1024)] = 1024 * 1024 * 1024
    """Largest size of what waits to be stored, in bytes. Beyond it the oldest is kept and new spans are counted as dropped."""

    segment_bytes: Annotated[int, Meta(ge=64 * 1024)] = 32 * 1024 * 1024
    """Size at which a new segment file begins, in bytes."""

    fsync: Literal["never", "interval", "always"] = "interval"
    """When data is forced to the disk: ``never`` and ``interval`` (once a second) survive a killed process, ``always`` a power cut.

    With ``always`` SQLite forces each commit to the disk, and ClickHouse's tables each part; on a server they keep doing so until someone resets it.
    """

    batch_rows: Annotated[int, Meta(ge=1)] = 1000
    """Rows that are stored at once when there are as many."""

    batch_milliseconds: Annotated[int, Meta(ge=1)] = 250
    """Longest wait for a batch to fill, in milliseconds; longer, up to two seconds, where storing one takes long. Readers wait for nothing of it."""


class StorageSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where data lies."""

    path: str = "./tidegate-data"
    """Directory of everything embedded: chDB, SQLite, artifacts, the journal."""

    clickhouse: Secret | None = None
    """DSN of a ClickHouse server, ``clickhouse://user:password@host:8123/database``. Default: embedded chDB under ``path``."""

    clickhouse_database: Name = "tidegate"
    """Database that holds the telemetry tables."""

    metadata: Secret | None = None
    """SQLAlchemy URL of PostgreSQL, ``postgresql+psycopg://…``. Default: SQLite under ``path``."""

    redis: Secret | None = None
    """URL of Redis or Valkey, ``redis://host:6379/0`` or ``rediss://…``, where several gateways count limits together and share cached answers.

    Default: each process counts for itself.
    """

    blobs: str | None = None
    """URL of the object store (``s3://…``, ``gs://…``, ``az://…``). Default: a directory under ``path``."""

    journal: JournalSettings = JournalSettings()
    """The file on disk between an answer and the database."""


class OtlpExportSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second OTLP endpoint that the gateway's own spans are exported to."""

    endpoint: str
    """Full URL, for instance ``https://collector.example/v1/traces``."""

    headers: dict[str, Secret] = {}
    """Request headers of the export, by name; for instance ``authorization: env:COLLECTOR_TOKEN``."""


class TelemetrySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of a trace, and for how long."""

    retention_days: Annotated[int, Meta(ge=1, le=3650)] = 90
    """Days until a span is removed."""

    content: Literal["full", "none"] = "full"
    """Whether messages are stored beside the facts. ``none`` keeps token counts, cost and timing only."""

    redact: DetectionSettings | None = None
    """What is replaced in every span before it is written anywhere, those that come over OTLP too. Default: nothing."""

    seal_after: Seconds = 2.0
    """Quiet time after which a trace whose root was seen is sealed, and may be judged, in seconds."""

    seal_orphans_after: Seconds = 60.0
    """The same for a trace whose root never came."""

    otlp: OtlpExportSettings | None = None
    """Where else the gateway's spans go. Default: nowhere else."""


class TimeoutSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Four clocks of an upstream call, in seconds."""

    connect: Seconds = 10.0
    """To open a connection, TLS included."""

    first_byte: Seconds = 300.0
    """From the request sent to the first byte of the answer."""

    between_chunks: Seconds = 120.0
    """Longest silence within a stream."""

    total: Seconds = 1800.0
    """From the request's arrival to the last byte of the answer."""


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One upstream account."""

    kind: ProviderKind | None = None
    """Whose account it is, and so the dialect it speaks. Default: the vendor of the entry's name, else ``openai``. ``fake`` needs no network."""

    base_url: str | None = None
    """Where it is, ``http://`` or ``https://``. Default: the vendor's own address, or the one in its environment variable."""

    api_key: Secret | None = None
    """Sent as the vendor wants it. Default: the vendor's environment variable (``OPENAI_API_KEY``), unless ``base_url`` is written."""

    headers: dict[str, Secret] = {}
    """Extra request headers, by name. Values are treated as secrets, since some of them are."""

    api_version: str | None = None
    """Azure: the version of the API for paths with the deployment in them (``2024-10-21``). Default: the newer paths, which have none."""

    tenant_id: str | None = None
    """Azure: the tenant of an application in Microsoft Entra, in place of ``api_key``."""

    client_id: str | None = None
    """Azure: the application."""

    client_secret: Secret | None = None
    """Azure: its secret."""

    authority: str | None = None
    """Azure: who gives tokens. Default: ``https://login.microsoftonline.com``."""

    region: str | None = None
    """Bedrock and Vertex AI: where models run. Default: ``AWS_REGION``; ``global`` for Vertex AI."""

    access_key_id: Secret | None = None
    """Bedrock: an AWS key. Default: ``AWS_ACCESS_KEY_ID``, else the identity that the machine has."""

    secret_access_key: Secret | None = None
    """Bedrock: the secret that belongs to it."""

    session_token: Secret | None = None
    """Bedrock: the token of a temporary key."""

    project: str | None = None
    """Vertex AI: the project that is billed. Default: ``GOOGLE_CLOUD_PROJECT``, else the one of ``credentials``."""

    credentials: Secret | None = None
    """Vertex AI: the JSON of a service account's key, or the path of its file. Default: the identity that the machine has."""

    timeouts: TimeoutSettings = TimeoutSettings()
    """How long each step of a call may take."""

    public_only: bool = False
    """Connect to public addresses alone, whatever the host's name resolves to. Always so for a ``base_url`` that was set through an API.

    ``security.allow_private_addresses`` lifts it for those. Not looked at behind a proxy, which resolves names itself.
    """


class ConditionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which requests a target is for: all that is listed must hold. A test is ``gold``, ``gold|silver``, ``eu-*``, ``!free``, ``> 4000``."""

    metadata: dict[str, Test] = {}
    """Members of the request's ``metadata``, by name. ``"*"`` holds when there is one, ``"!*"`` when there is none."""

    headers: dict[str, Test] = {}
    """Headers of the request, by name."""

    parameters: dict[str, Test] = {}
    """Members of the request's body, by name: ``stream: true``, ``max_tokens: "> 4000"``."""


class TargetSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the models that a route chooses from."""

    model: str
    """``provider/model``."""

    weight: Annotated[float, Meta(ge=0)] = 1.0
    """Share of the traffic, relative to the other targets: 95 and 5 send a canary one request in twenty."""

    when: ConditionSettings | None = None
    """Requests that this target is for. Where the conditions of some targets hold, one of those answers, else one that has none."""


class PromptTargetSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the prompts that a route renders."""

    prompt: str
    """``prompts:/name@alias`` or ``prompts:/name/version``."""

    weight: Annotated[float, Meta(ge=0)] = 1.0
    """Share of the traffic, relative to the other prompts."""


class ShadowSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that gets a copy of requests. Its answers are recorded as traces of their own, marked, and reach no client."""

    model: str
    """``provider/model``."""

    share: Share = 1.0
    """Share of the route's requests that is copied."""


class BackoffSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a retry waits, in seconds: a random time up to ``base``, twice that for the second, and so on up to ``limit``."""

    base: Seconds = 0.25
    """Longest wait before the first retry, when the vendor says nothing."""

    limit: Seconds = 8.0
    """Longest wait before any retry, when the vendor says nothing."""

    longest_wait: Seconds = 10.0
    """Longest ``retry-after`` that is waited for; when more is asked, the next fallback is tried, or the answer goes to the client."""


class HedgeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second request when the first is slow: whichever answers first wins, the other is cancelled. Both are paid for."""

    after: Seconds
    """Seconds without a first byte after which the second request is sent; near the 95th percentile of the target."""


class BreakerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a target that fails is left alone.

    Requests go to the other targets meanwhile, or to the fallbacks; where all are left alone, the one due first is asked.
    """

    failures: Annotated[int, Meta(ge=0)] = 5
    """Failures in a row (429, 5xx, timeouts, broken answers) that open the circuit; 0: never."""

    open: Seconds = 15.0
    """Seconds until one request probes the target; twice as long after each probe that fails."""

    longest: Seconds = 300.0
    """Most seconds that a target is left alone, also when its ``retry-after`` asks for more."""


class OutlierSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a target that does much worse than its peers is left alone."""

    requests: Annotated[int, Meta(ge=1)] = 20
    """Fewest requests to a target, within ``window``, before it is compared."""

    window: Seconds = 60.0
    """Seconds over which answers and failures are counted."""

    gap: Annotated[float, Meta(gt=0, le=1)] = 0.2
    """How far the share of answers must be below that of the peers: 0.2 is 75 percent against 95."""

    eject_for: Seconds = 30.0
    """Seconds that it is left alone."""

    at_most: Share = 0.5
    """Largest share of the route's targets that are left alone for this reason."""


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ceiling on requests, tokens or money in a window of time.

    What a request may cost is reserved before it is sent and settled when it ends, so that parallel requests stay below a ceiling together.
    """

    name: Name | None = None
    """What answers, events and budgets call it. Default: made of the rest, for instance ``requests-per-key-and-minute``."""

    per: Literal["all", "route", "key", "team", "user", "address"] = "all"
    """What has a counter of its own. Requests without a key, team or user share one counter."""

    window: Literal["second", "minute", "hour", "day", "week", "month"] = "minute"
    """The time that is counted over, by the calendar in UTC: a day begins at midnight, a week on Monday."""

    requests: Annotated[int, Meta(ge=0)] | None = None
    """Most requests in a window. Default: no ceiling."""

    tokens: Annotated[int, Meta(ge=0)] | None = None
    """Most tokens in a window, those read and those written together. Default: no ceiling."""

    cost: Annotated[float, Meta(ge=0)] | None = None
    """Most money in a window, in US dollars: a budget. Models without a known price do not count. Default: no ceiling."""

    only: tuple[str, ...] = ()
    """The routes, keys, teams or users meant (as ``per`` says); keys by their name. Default: each of them."""

    traffic: Literal["apps", "judges"] = "apps"
    """Whose requests count: those of apps, or those that judges make. Each is counted by limits of its own."""


class RouteSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model name of your own, and what answers to it."""

    name: Name
    """What clients send as ``model``."""

    targets: Annotated[tuple[TargetSettings, ...], Meta(min_length=1)]
    """The models that answer, one chosen for each request by ``strategy``."""

    prompts: tuple[PromptTargetSettings, ...] = ()
    """Prompts that are rendered in front of the request's messages, one drawn for each request by weight. Default: none."""

    strategy: Literal["weighted", "latency", "cheapest"] = "weighted"
    """How a target is chosen: by weight; the faster of two drawn at random; or the lowest price per token, those without a known price last."""

    sticky: tuple[Literal["session", "user"], ...] = ()
    """What keeps requests on one target and one prompt: the first of these that a request has. ``session`` is ``x-tidegate-session-id``.

    A request with ``previous_response_id`` always goes to the target that made that response.
    """

    retries: Annotated[int, Meta(ge=0, le=10)] = 0
    """Most retries of a request, before its first byte: on another target of the route when there is one, else on the same after a wait."""

    retry_on: tuple[Trigger, ...] = ("429", "5xx", "unreachable", "broken")
    """Failures that are retried. A vendor's ``x-should-retry`` wins."""

    retry_budget: Share = 0.2
    """Most retries in proportion to the route's requests; one a second is always allowed."""

    backoff: BackoffSettings = BackoffSettings()
    """How long a retry waits."""

    fallbacks: Fallbacks = ()
    """``provider/model`` tried in order when a failure of ``fallback_on`` is left after the retries; never after the first byte."""

    fallback_on: tuple[Trigger, ...] = ("429", "5xx", "timeout", "unreachable", "broken")
    """Failures that lead to the next of ``fallbacks``. ``context_window_exceeded`` is read from the vendor's error;
    ``content_policy`` is that, an answer which the vendor's filter kept back, and one that a guardrail of the route blocks before its first byte is out."""

    fallbacks_for: dict[Trigger, Fallbacks] = {}
    """Other fallbacks for one reason: ``context_window_exceeded: [openai/gpt-4.1]``."""

    hedge: HedgeSettings | None = None
    """Send a second request when the first is slow. Default: never."""

    breaker: BreakerSettings = BreakerSettings()
    """When a target that fails is left alone."""

    outliers: OutlierSettings | None = None
    """When a target that does worse than its peers is left alone. Default: never."""

    shadows: tuple[ShadowSettings, ...] = ()
    """Models that get a copy of requests; the client never waits for them."""

    shadow_concurrency: Annotated[int, Meta(ge=1, le=1024)] = 16
    """Most copies of the route under way at once; beyond it a copy is left out."""

    task: Literal["chat", "completions", "embeddings"] = "chat"
    """What the route is for, as lists of routes tell it. Nothing is refused because of it."""

    on_unsupported: Literal["error", "drop", "forward"] = "drop"
    """What becomes of what the target's dialect has no words for, when it is not the client's: refuse the request, leave it out, or leave it
    out but for members that nobody here knows, which pass as they are. Names of what was left out are in ``x-tidegate-dropped``."""

    content: Literal["full", "hash", "none"] = "full"
    """What is stored of this route's messages and answers: all, the SHA-256 of each part, or nothing. ``telemetry.content: none`` wins."""

    guardrails: tuple[Name, ...] = ()
    """Which of ``guardrails`` stand over this route, in their order."""

    cache: CacheSettings | None = None
    """Give answers again to the same requests. Default: never."""

    limits: tuple[LimitSettings, ...] = ()
    """Ceilings for this route alone. ``per: all`` counts everybody who uses it."""


class JudgeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An LLM judge that scores traces."""

    name: Name
    """What its scores are called: ``score.helpful`` in a filter."""

    instructions: str
    """What to judge, with ``{{ inputs }}``, ``{{ outputs }}`` or ``{{ trace }}`` where the data goes.

    Inputs and outputs are shown when none is named.
    """

    model: str
    """``provider/model`` or the name of a route; the judge's own calls pass through this gateway."""

    result: Literal["boolean", "number", "category"] = "boolean"
    """Type of the verdict."""

    choices: tuple[str, ...] = ()
    """The categories, when ``result`` is ``category``."""

    minimum: float | None = None
    """Smallest verdict, when ``result`` is ``number``. Default: no bound."""

    maximum: float | None = None
    """Largest verdict, when ``result`` is ``number``. Default: no bound."""

    sample: Share = 1.0
    """Share of the matching traces that is judged, chosen by a hash of the trace's id."""

    filter: str | None = None
    """Which traces, in the language of the traces page. Default: all that an app made."""

    online: bool = True
    """Whether new traces are judged as they are sealed. ``false``: only by ``tidegate judge run``."""

    max_tokens: Annotated[int, Meta(ge=16)] = 1024
    """Longest reply of the judging model, in tokens."""

    timeout: Seconds = 60.0
    """Hard limit of one call, in seconds."""

    concurrency: Annotated[int, Meta(ge=1, le=256)] = 4
    """Most calls under way at once."""

    max_attempts: Annotated[int, Meta(ge=1, le=20)] = 3
    """Calls made for one trace before it is given up as failed."""


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How events are delivered to webhooks."""

    timeout: Seconds = 30.0
    """Longest wait for a receiver's answer, in seconds, from the look-up of its name to the end of its headers."""

    max_attempts: Annotated[int, Meta(ge=1, le=100)] = 10
    """Attempts until a delivery is given up as a dead letter. With the default pauses ten of them take six to nine minutes."""

    first_pause: Seconds = 1.0
    """Pause before the second attempt, in seconds; each further one is twice as long, and a random part of it is waited."""

    longest_pause: Seconds = 300.0
    """Longest pause between attempts, in seconds. A receiver's ``Retry-After`` may ask for up to an hour."""

    concurrency: Annotated[int, Meta(ge=1, le=256)] = 10
    """Most deliveries under way at once."""

    keep_days: Annotated[int, Meta(ge=1, le=3650)] = 30
    """Days until a finished delivery leaves the log."""


class ArtifactSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the files of runs and models go."""

    root: str = "mlflow-artifacts:/"
    """Where artifacts of new experiments go: through this server into ``storage.blobs``.

    The URL of a bucket (``s3://bucket/prefix``) instead makes clients read and write it themselves, with keys of their own.
    """

    presigned: bool = True
    """Let clients transfer large files straight from and to ``storage.blobs`` where that signs URLs (S3, Google Cloud Storage, Azure).

    Turn it off where clients cannot reach the bucket.
    """


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything. ``providers`` always holds ``fake``, and each vendor whose key stands in the environment."""

    server: ServerSettings = ServerSettings()
    """Address, port, limits of a request."""

    security: SecuritySettings = SecuritySettings()
    """Keys of this server, and the addresses it may reach."""

    storage: StorageSettings = StorageSettings()
    """Where traces, prompts and artifacts lie."""

    artifacts: ArtifactSettings = ArtifactSettings()
    """Where files of runs and models go."""

    telemetry: TelemetrySettings = TelemetrySettings()
    """What is kept of traces."""

    providers: dict[Name, ProviderSettings] = {}
    """Upstream accounts by name: ``provider/model`` reaches each without a route. ``fake`` is always there."""

    routes: tuple[RouteSettings, ...] = ()
    """Model names of ours."""

    limits: tuple[LimitSettings, ...] = ()
    """Ceilings on requests, tokens and money, for everything that passes through the gateway."""

    guardrails: tuple[GuardrailSettings, ...] = ()
    """Rules about what is said, for the routes that list them."""

    cache: CacheStoreSettings = CacheStoreSettings()
    """Where the answers of routes with a ``cache`` are kept."""

    judges: tuple[JudgeSettings, ...] = ()
    """LLM judges that score traces as they come in."""

    webhooks: WebhookSettings = WebhookSettings()
    """How events are delivered to webhooks."""
