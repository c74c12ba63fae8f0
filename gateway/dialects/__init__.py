"""The dialects in which a generation is asked for, and the tables that list them.

To add one: a folder with ``wire`` (shapes), ``request``, ``response`` and ``stream`` files and a codec, and a line here. A dialect that no
client speaks has only the direction of ``UpstreamDialect``.
"""

from collections.abc import Mapping

from gateway.dialects.types import ClientDialect, DialectName, UpstreamDialect

__all__ = ("CLIENT_DIALECTS", "UPSTREAM_DIALECTS")

CLIENT_DIALECTS: Mapping[DialectName, ClientDialect] = {}

UPSTREAM_DIALECTS: Mapping[DialectName, UpstreamDialect] = {}
