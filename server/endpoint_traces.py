"""Traces of endpoints that MLflow's client set up lie in the experiments that these name, as MLflow's gateway has it.

A request within a caller's trace stays with the caller's: a trace is in one experiment, and the caller says in which.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from gateway.dialects.types import DialectName
from gateway.policies import Call, Outcome
from gateway.types import Operation
from registry.gateway_admin.types import Tracked
from registry.traces.identifiers import PREFIX
from registry.traces.saying import metadata_properties, placed
from storage.errors import StorageError
from tracing.properties import TraceProperty

__all__ = ("EndpointTraces",)

log = logging.getLogger("tidegate.gateway")

_KINDS: Final = {
    DialectName.OPENAI_CHAT: "unified/chat",
    DialectName.OPENAI_RESPONSES: "passthrough/model/openai-responses",
    DialectName.ANTHROPIC: "passthrough/model/anthropic-messages",
    DialectName.GEMINI: "passthrough/model/gemini-generateContent",
}
"""``mlflow.gateway.requestType``, by the client's dialect."""


class Properties(Protocol):
    """The store of traces' properties (``tracing.properties_store.PropertyStore``)."""

    def put(self, properties: Sequence[TraceProperty]) -> None:
        """Keep a property. Raises ``StorageError``."""
        ...


class EndpointTraces:
    """Implements ``gateway.policies.Policy``. ``tracked`` is by name of the route."""

    def __init__(self, properties: Properties, tracked: Mapping[str, Tracked]) -> None:
        self._properties = properties
        self._tracked = tracked

    async def admit(self, call: Call) -> None:
        """Lets everything pass, and says where its trace belongs: one write to the journal."""
        endpoint = self._tracked.get(call.plan.route)
        if endpoint is None or any(name == b"traceparent" for name, _ in call.inbound.headers):
            return
        trace_id = call.traceparent.split("-")[1]
        metadata = {"mlflow.gateway.endpointId": endpoint.endpoint_id, "mlflow.gateway.requestType": _kind(call)}
        try:
            self._properties.put([*placed(PREFIX + trace_id, endpoint.experiment_id), *metadata_properties(trace_id, metadata)])
        except StorageError as error:
            log.warning("the trace %s is kept outside of its experiment: %s", trace_id, error)

    def settle(self, call: Call, outcome: Outcome) -> None:
        """Nothing to settle."""


def _kind(call: Call) -> str:
    if call.inbound.operation is Operation.EMBEDDINGS:
        return "unified/embeddings"
    if call.inbound.operation is not Operation.CHAT:
        return "proxy/raw"
    return _KINDS.get(call.inbound.dialect, "unified/chat")
