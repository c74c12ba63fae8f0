"""Citations of Anthropic's text blocks.

https://docs.anthropic.com/en/docs/build-with-claude/citations
"""

from collections.abc import Iterator
from typing import Any

from gateway.dialects.types import Citation

__all__ = ("read_citation", "read_citations", "write_citation")


def read_citations(sent: Any) -> Iterator[Citation]:
    """Citations of a block; other blocks have something else under this name."""
    if isinstance(sent, list):
        yield from (read_citation(each) for each in sent if isinstance(each, dict))


def read_citation(sent: dict[str, Any]) -> Citation:
    """One citation. Its offsets point into the document, not into the text that cites: they stay in ``raw``."""
    return Citation(
        url=sent.get("url") or (sent.get("source") if sent.get("type") == "search_result_location" else None),
        title=sent.get("title") or sent.get("document_title"),
        cited=sent.get("cited_text"),
        raw=sent,
    )


def write_citation(citation: Citation) -> dict[str, Any]:
    """A citation as it came from a vendor of this dialect; one from another vendor as a place on the web."""
    if "type" in citation.raw and "cited_text" in citation.raw:
        return dict(citation.raw)
    return {
        "type": "web_search_result_location",
        "url": citation.url or "",
        "title": citation.title,
        "cited_text": citation.cited or "",
        "encrypted_index": "",
    }
