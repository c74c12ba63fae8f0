"""A GraphQL query and its answer."""

from typing import Any

import msgspec

__all__ = ("Answer", "Query")


class Query(msgspec.Struct, frozen=True, rename="camel"):
    """The body of a request, after the convention of GraphQL over HTTP."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """``errors`` are sentences, as MLflow's pages read them; ``None`` without any."""

    data: dict[str, Any] | None = None
    errors: list[str] | None = None
