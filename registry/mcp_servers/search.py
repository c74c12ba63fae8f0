"""What can be asked of MCP servers, their versions, and where they are reached."""

from typing import Final

from registry.search.attributes import Attributes

__all__ = ("ENDPOINTS", "LARGEST_PAGE", "SEARCHED_SERVERS", "VERSIONS")

LARGEST_PAGE: Final = 1000
"""Of servers; other searches have that of all."""

_TIMES: Final = frozenset({"created_at", "last_updated_at"})
SEARCHED_SERVERS: Final = Attributes(
    searched=frozenset({"name", "display_name", "status", "has_access_endpoints", *_TIMES}),
    numeric=_TIMES,
    listed=frozenset({"status", "name"}),
    tagged=True,
    ordered=frozenset({"name", *_TIMES}),
)
VERSIONS: Final = Attributes(
    searched=frozenset({"name", "version", "status", *_TIMES}),
    numeric=_TIMES,
    listed=frozenset({"status"}),
    ordered=frozenset({"version", *_TIMES}),
)
ENDPOINTS: Final = Attributes(
    searched=frozenset({"status", "server_name", "transport_type", *_TIMES}),
    numeric=_TIMES,
    listed=frozenset({"server_name"}),
    ordered=frozenset({"id", "server_name", *_TIMES}),
)
