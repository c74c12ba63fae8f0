"""The gateway: its configuration as an immutable snapshot, and the way in for requests.

A request keeps the snapshot it began with, and a reload swaps in the next. Connections of a snapshot are closed when its last request has
ended. What becomes of one request is in ``gateway.exchange``.
"""

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter_ns, time_ns
from urllib.parse import quote

from config.schema import Settings
from gateway.counting import counted, counting, model_of, passed_to
from gateway.dialects.reading import too_deep
from gateway.dialects.table import CLIENT_DIALECTS
from gateway.dialects.types import DialectName
from gateway.endpoints import Endpoint, endpoint_of
from gateway.errors import InvalidRequest, ModelNotFound
from gateway.exchange import Exchange
from gateway.heads import head_of
from gateway.media import MediaSource
from gateway.policies import Policy, Withholding
from gateway.progress import Progress
from gateway.prompts import PromptSource, parse_reference
from gateway.record import Recording
from gateway.render import refused
from gateway.routing import ROUTED_ONLY
from gateway.snapshot import Pause, Snapshot
from gateway.types import Answer, Inbound, Operation, Origin, Reply, Resource, Target
from tracing.live import LiveTracer

__all__ = ("Gateway",)

Policies = Callable[[Settings], Sequence[Policy]]
"""Who makes the policies of a configuration."""


class Gateway:
    """The proxy without HTTP: surfaces hand requests in and send the replies out."""

    def __init__(self, settings: Settings, tracer: LiveTracer, prompts: PromptSource, policies: Policies) -> None:
        self._policies = policies
        self._snapshot = Snapshot(settings, policies(settings))
        self._tracer = tracer
        self._prompts = prompts
        self._retiring: set[asyncio.Task[None]] = set()

    @classmethod
    def build(cls, settings: Settings, tracer: LiveTracer, prompts: PromptSource, policies: Policies = lambda _: ()) -> "Gateway":
        """A gateway with these settings; ``policies`` makes the policies of a configuration. Raises ``Misconfigured``."""
        return cls(settings, tracer, prompts, policies)

    def fetch_media_from(self, source: MediaSource) -> None:
        """Fetch media by address from ``source``, for models that take data alone. Before this is called nothing is fetched."""
        self._snapshot.media = source

    def pace_by(self, pause: Pause) -> None:
        """Ask ``pause`` how many seconds a request waits before it is planned. Before this is called none waits."""
        self._snapshot.pause = pause

    def reconfigure(self, settings: Settings) -> None:
        """Serve new requests by new settings; those under way keep theirs. Raises ``Misconfigured``, and then nothing has changed."""
        before, self._snapshot = self._snapshot, Snapshot(settings, self._policies(settings), before=self._snapshot)
        task = asyncio.get_running_loop().create_task(before.retire())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    def renew_policies(self) -> None:
        """Build the policies again: something they are made of, beside the configuration, has changed."""
        self._snapshot.policies = tuple(self._policies(self._snapshot.settings))

    async def close(self) -> None:
        """Close all connections."""
        await self._snapshot.stop()

    @property
    def keepalive_seconds(self) -> float:
        """See ``ServerSettings.keepalive_seconds``."""
        return self._snapshot.settings.server.keepalive_seconds

    @property
    def public_url(self) -> str:
        """See ``ServerSettings.public_url``; ``""`` where nobody said."""
        return self._snapshot.settings.server.public_url or ""

    def models(self) -> list[str]:
        """Every model name that is known to be answered and that the caller may see."""
        withholding = [each for each in self._snapshot.policies if isinstance(each, Withholding)]
        return [name for name in self._snapshot.routes.names() if all(each.shows(name) for each in withholding)]

    def knows(self, model: str) -> bool:
        """Whether a request for ``model`` would be sent to somebody. Vendors do not list all of their models."""
        try:
            self._snapshot.routes.plan(model)
        except ModelNotFound:
            return False
        return True

    async def counted_exactly(self, inbound: Inbound) -> bytes | None:
        """The vendor's own count of a request's tokens; ``None`` where the vendor cannot be asked in its own dialect.

        Raises ``ModelNotFound``.
        """
        model = inbound.model or model_of(inbound.body)
        if not model or parse_reference(model) is not None:
            return None
        target = self._snapshot.routes.plan(model).targets[0]
        asked = counting(inbound, target, self._snapshot.providers[target.provider].system)
        if asked is None:
            return None
        reply = await self.handle(asked)
        return reply.body if reply.status == 200 else None

    def beside(self, inbound: Inbound, path: str) -> Inbound:
        """The request for another method of the model's vendor, in that vendor's dialect.

        ``path`` may hold the model's name: ``/models/{model}:predict``. Raises ``InvalidRequest`` where the vendor speaks another dialect.
        """
        model = inbound.model or model_of(inbound.body)
        target = self._snapshot.routes.plan(model).targets[0]
        if inbound.dialect not in self._snapshot.providers[target.provider].dialects(target.model):
            raise InvalidRequest(f"The model {model!r} has nothing at {path!r}: only vendors of that API do.", param="model")
        return passed_to(inbound, target, path.format(model=quote(target.model, safe="")))

    def is_made_by(self, system: str, model: str) -> bool:
        """Whether ``model`` belongs to a provider that is that vendor's own API."""
        return self.knows(model) and self._snapshot.providers[self.provider_of(model)].system == system

    def is_of(self, system: str, provider: str) -> bool:
        """Whether ``provider`` is configured, and is that vendor's own API."""
        found = self._snapshot.providers.get(provider)
        return found is not None and found.system == system

    def responding(self, named: str = "") -> str:
        """The provider that is asked for a response by its id.

        It is the named one, the only one that has Responses, or else ``openai``; ``""`` when there is none.
        """
        providers = self._snapshot.providers.items()
        able = [name for name, each in providers if DialectName.OPENAI_RESPONSES in each.dialects("") and ROUTED_ONLY not in name]
        if named or len(able) == 1:
            return named or able[0]
        return "openai" if "openai" in able else ""

    def count_tokens(self, inbound: Inbound) -> int:
        """About how many tokens a request has. Raises ``InvalidRequest`` or ``ModelNotFound``."""
        try:
            request = CLIENT_DIALECTS[inbound.dialect].read_request(inbound.body)
        except RecursionError as error:
            raise too_deep() from error
        model = inbound.model or request.model
        if parse_reference(model) is None:
            self._snapshot.routes.plan(model)
        return counted(request)

    def remember(self, made: str, provider: str) -> None:
        """Note that ``provider`` made what is asked for by the id ``made``."""
        self._snapshot.made.note(made, Target(provider, ""))

    def account(self, operation: Operation, named: str = "", wanted: Sequence[str] = ()) -> str:
        """The provider whose files or batches are meant: the one that is named, the only one that has them, else OpenAI. Raises ``InvalidRequest``.

        ``wanted`` are identifiers of what is asked for: who is known to have made one is asked before all that are not named.
        """
        able = [name for name, provider in self._snapshot.providers.items() if operation in provider.operations and ROUTED_ONLY not in name]
        named = named or self._maker(wanted, able)
        if named or len(able) == 1:
            return named or able[0]
        if "openai" in able:
            return "openai"
        if not able:
            raise InvalidRequest(
                f"No provider that is configured has an API for {operation.value!r}: add one that has, as 'openai', under 'providers'.",
                param="provider",
            )
        raise InvalidRequest(
            f"Say whose {operation.value} are meant: the header x-tidegate-provider names a provider, one of {', '.join(able)}.",
            param="provider",
        )

    def _maker(self, identities: Sequence[str], able: Sequence[str]) -> str:
        made = (self._snapshot.made.target(identity) for identity in identities)
        return next((target.provider for target in made if target is not None and target.provider in able), "")

    def account_at(self, system: str, named: str = "", wanted: Sequence[str] = ()) -> str:
        """The provider of a vendor's own API that is meant: the one that is named, that made what is ``wanted``, or else the first.

        Raises ``InvalidRequest`` where there is none, or where the one that is named is another vendor's.
        """
        able = [name for name, provider in self._snapshot.providers.items() if provider.system == system and ROUTED_ONLY not in name]
        kind = system.rpartition(".")[2].removesuffix("_ai")
        if not able:
            raise InvalidRequest(
                f"What is asked for is kept by the API of {kind!r} alone, and no provider of that kind is configured: add one under 'providers'.",
                param="provider",
            )
        if named in self._snapshot.providers and named not in able:
            raise InvalidRequest(f"The provider {named!r} is not of kind {kind!r}. There are: {', '.join(able)}.", param="provider")
        return named or self._maker(wanted, able) or able[0]

    def provider_of(self, route: str) -> str:
        """The provider of a route's first target. Raises ``ModelNotFound``."""
        return self._snapshot.routes.plan(route).targets[0].provider

    def target_states(self) -> list[tuple[str, str, str, int]]:
        """For each watched target: its route, its name, the state of its breaker, and how many requests are under way there."""
        return [
            (route, target.name, state.value, health.pending)
            for route, pool in self._snapshot.pools.items()
            for target, state, health in pool.states()
        ]

    def endpoints(self) -> list[Endpoint]:
        """The routes, as MLflow lists its endpoints."""
        settings = self._snapshot.settings
        return [endpoint_of(route, settings.providers) for route in settings.routes]

    async def complete(
        self,
        request: bytes,
        origin: Origin,
        *,
        operation: Operation = Operation.CHAT,
        headers: Sequence[tuple[bytes, bytes]] = (),
        resource: Resource | None = None,
    ) -> Answer:
        """Answer a caller in this process, on the same path as any other. Raises nothing of the gateway's: errors are answers."""
        inbound = Inbound(
            operation=operation,
            body=request,
            headers=headers,
            received_ns=time_ns(),
            started=perf_counter_ns(),
            origin=origin,
            resource=resource,
        )
        reply = await self.handle(inbound)
        body = reply.body if reply.stream is None else b"".join([chunk async for chunk in reply.stream])
        return Answer(
            status=reply.status, headers=reply.headers, body=body, trace_id=reply.trace_id, target=reply.target, usage=reply.usage
        )

    async def handle(self, inbound: Inbound) -> Reply:
        """Answer one request. A failure of ours is a reply too; only cancellation is raised, when the client went away."""
        try:
            head = head_of(inbound)
        except InvalidRequest as error:
            return refused(error, dialect=inbound.dialect)
        snapshot = self._snapshot
        snapshot.enter()
        recording = Recording(self._tracer, inbound, head)
        if inbound.traced is not None:
            inbound.traced(recording.trace_id)
        exchange = Exchange(Progress(snapshot, recording, inbound, head))
        try:
            reply = await exchange.run(self._prompts)
        except BaseException:
            await snapshot.leave()
            raise
        if reply.stream is None:
            await snapshot.leave()
        return reply
