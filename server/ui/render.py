"""Hostile text into safe HTML.

What a model wrote is written by whoever wrote to the model. Three gates stand between it and the page, each enough by itself: the
markdown parser drops raw HTML, the sanitiser keeps an allow-list, and the Content-Security-Policy (``server.ui.headers``) runs no
inline script and loads no image. Images are named instead of loaded, because an address can carry a stolen secret to its host.
"""

from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import Any, Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers.data import JsonLexer  # not from the package: its table of all languages takes longer to load than the framework

from server.ui.format import host_of

__all__ = ("JSON_LIMIT", "MARKDOWN_LIMIT", "json_block", "markdown")

MARKDOWN_LIMIT: Final = 150_000
"""Characters beyond which text is shown as it is."""

JSON_LIMIT: Final = 200_000
"""Characters beyond which JSON is offered for download instead of being coloured."""

_TAGS: Final = {
    *("a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "span"),
    *("strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}


def markdown(text: str) -> Markup:
    """CommonMark with tables, sanitised; plain text when it is too long to be worth it."""
    if len(text) > MARKDOWN_LIMIT:
        return Markup('<pre class="plain">{}</pre>').format(text)
    clean = nh3.clean(
        _parser().render(text),
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        allowed_classes={"span": {"unloaded"}},
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return Markup(clean)  # noqa: S704 - this is what the sanitiser let through


def json_block(text: str) -> Markup:
    """Highlighted JSON; uncoloured text when it is long."""
    if len(text) > JSON_LIMIT:
        return Markup('<pre class="json">{}</pre>').format(text)
    return Markup('<pre class="json">{}</pre>').format(_coloured(text))


def _coloured(text: str) -> Markup:
    return Markup(highlight(text, JsonLexer(), HtmlFormatter(nowrap=True)))  # noqa: S704 - Pygments escapes what it wraps in spans


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 50}).enable(["table", "strikethrough"])
    parser.add_render_rule("image", _named_image)
    return parser


def _named_image(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    token = tokens[index]
    named = " — ".join(filter(None, (token.content, host_of(str(token.attrs.get("src", ""))))))
    return f'<span class="unloaded">image not loaded{": " if named else ""}{escape(named)}</span>'
