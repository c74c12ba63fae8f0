"""MLflow's endpoints as pages and our own API call them: through the same gatekeeper as MLflow's clients."""

from collections.abc import Awaitable, Callable
from typing import Any

from registry.wire import Endpoint, Message
from registry.wire.endpoints import Table
from registry.wire.routes import straight

__all__ = ("Calls",)

Call = Callable[[Endpoint[Any], Any], Awaitable[Message | None]]


class Calls:
    """Has the methods of every service whose methods take a message and give its answer; the message says which endpoint is meant.

    Methods raise what the endpoints raise, and ``PermissionDenied``.
    """

    def __init__(self, table: Table, call: Call = straight) -> None:
        self._endpoints = {endpoint.request: endpoint for endpoint in table.endpoints}
        self._call = call

    async def ask(self, request: Any) -> Any:
        """The answer to a message."""
        return await self._call(self._endpoints[type(request)], request)

    get = search = list = set = delete = transition = get_bulk_interval = list_run = list_logged_model = ask
    get_by_name = list_items = set_status = versions = create = records = experiment_ids = ask
