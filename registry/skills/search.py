"""What can be asked of skills and their versions, and the SQL of it in ``search_store``."""

from typing import Final

from registry.search.attributes import Attributes

__all__ = ("SEARCHED_SKILLS", "VERSIONS")

_TIMES: Final = frozenset({"created_at", "last_updated_at"})
_TEXTS: Final = frozenset({"=", "!=", "LIKE", "ILIKE"})
_SKILL: Final = frozenset({"name", "organization", "description", "search_text", "status", "source_type", *_TIMES})
_VERSION: Final = frozenset({"status", "organization", "source_type", "digest", "version", *_TIMES})

SEARCHED_SKILLS: Final = Attributes(
    searched=_SKILL,
    numeric=_TIMES,
    listed=frozenset({"status"}),
    tagged=True,
    ordered=_SKILL,
    compared=_TEXTS | {"IN", "NOT IN"},
    tags=_TEXTS,
)
VERSIONS: Final = Attributes(
    searched=_VERSION,
    numeric=_TIMES | {"version"},
    listed=frozenset({"status"}),
    tagged=True,
    ordered=_VERSION,
    compared=_TEXTS | {"IN", "NOT IN"},
    tags=_TEXTS,
)
