"""MLflow's wire: how a request of its clients becomes a typed message, and how the answer goes back.

To add endpoints, an area

1. declares its messages in its ``messages.py``, named and spelled as MLflow's, answers as a nested ``Response``::

       class GetRun(Message):
           run_id: RequiredText  # without a default: required, and ``""`` counts as missing
           run_uuid: str | None = None  # ``None``: not set, and not sent

           class Response(Message):
               run: Run

2. writes one ``async def`` per message over its service, which takes the message and gives the answer, or ``None`` for ``{}``; what goes
   wrong is raised from ``registry.errors``;

3. lists them in its ``endpoints.py``::

       def endpoints(service: RunService) -> list[Endpoint]:
           return [Endpoint("GET", "/2.0/mlflow/runs/get", GetRun, service.get_run), ...]

4. and adds its list in ``server/mlflow.py``. Each path is then served below ``/api`` and ``/ajax-api``. ``{model_id}`` in a path fills the
   field of that name; ``{tag_key:path}`` also takes slashes.

Registries that MLflow itself reads as plain JSON have ``PlainMessage`` in the place of ``Message`` (``plain.py``).

Order the fields of a message as they are to be checked. Types: ``str``, ``Int64``, ``float``, ``bool``, ``list[...]``, ``dict[str, ...]``, other messages,
``WireEnum``, and ``Any`` for ``google.protobuf.Value``; each optional with ``| None = None`` (lists and maps with ``= []`` and ``= {}``).
"""

from registry.wire.endpoints import Endpoint
from registry.wire.messages import Int64, Message, RequiredText, WireEnum

__all__ = ("Endpoint", "Int64", "Message", "RequiredText", "WireEnum")
