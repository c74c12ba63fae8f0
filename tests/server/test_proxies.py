"""Whom a request comes from when reverse proxies stand in front, whatever its caller writes."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.http.proxies import MOST_HOPS, Proxies, Seen
from tests.running import RunningServer, running_server

OURS = Proxies(["10.0.0.0/8", "::1", "fd00::/8"])
CALLER = "203.0.113.7"


def seen(*headers: tuple[str, str]) -> Seen:
    return OURS.seen([(name.encode(), value.encode()) for name, value in headers])


@pytest.mark.parametrize("peer", ["10.0.0.1", "::ffff:10.0.0.1", "::1", "fd00::1"])
def test_a_proxy_is_known_in_each_form_of_its_address_and_nobody_else_is(peer: str):
    assert OURS.trust(peer)
    assert not Proxies().trust(peer)
    assert not OURS.trust("203.0.113.1")


@pytest.mark.parametrize(
    ("listed", "address"),
    [
        ("203.0.113.7", CALLER),
        ("198.51.100.1, 203.0.113.7, 10.0.0.3,10.0.0.2", CALLER),
        ("203.0.113.7:4711", CALLER),
        ("::ffff:203.0.113.7", CALLER),
        ("[2001:DB8::0007]:4711", "2001:db8::7"),
        ("2001:db8::7, fd00::1", "2001:db8::7"),
        ("10.0.0.4, 10.0.0.3", "10.0.0.4"),
        ("203.0.113.7, unknown, 10.0.0.3", "10.0.0.3"),
        ("203.0.113.7, ", None),
        ("fe80::1%chosen", None),
        ("203.0.113.7 203.0.113.8", None),
        ("", None),
        ("203.0.113.7, " + "10.0.0.3, " * MOST_HOPS + "10.0.0.2", "10.0.0.3"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours_is_the_client(listed: str, address: str | None):
    assert seen(("x-forwarded-for", listed)).address == address


def test_headers_of_one_name_are_one_list_and_forwarded_is_read_where_it_stands_alone():
    assert seen(("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", CALLER)) == (CALLER, None)
    assert seen(("forwarded", f"for={CALLER};proto=https")) == (CALLER, "https")
    assert seen(("forwarded", f"for={CALLER};proto=https"), ("x-forwarded-for", "10.0.0.3")) == ("10.0.0.3", None)
    both = 'for=198.51.100.1;proto=http, For="[2001:db8::7]:4711"; Proto=HTTPS;by=_us, for=10.0.0.3;proto=http'
    assert seen(("forwarded", both)) == ("2001:db8::7", "https")
    assert seen(("forwarded", "for=unknown;proto=https")) == (None, None)


@pytest.mark.parametrize(
    ("said", "scheme"), [("https", "https"), ("HTTP", "http"), ("http, https", "https"), ("javascript", None), ("", None)]
)
def test_a_scheme_is_http_or_https(said: str, scheme: str | None):
    assert seen(("x-forwarded-proto", said)).scheme == scheme


WRITTEN = st.text(st.characters(max_codepoint=255)) | st.text('0123456789.:,;=[]"\\ for%')


@settings(max_examples=200)
@given(st.sampled_from(["x-forwarded-for", "forwarded"]), st.lists(WRITTEN, max_size=4))
def test_whatever_a_caller_sends_its_address_is_what_our_proxy_saw(name: str, forged: list[str]):
    mine = CALLER if name == "x-forwarded-for" else f"for={CALLER}"
    lines = [(name.encode(), value.encode("latin-1")) for value in forged]
    assert OURS.seen([*lines, (name.encode(), mine.encode())]).address == CALLER
    joined = b",".join([*(value for _, value in lines), mine.encode()])
    assert OURS.seen([(name.encode(), joined)]).address == CALLER
    alone = OURS.seen(lines).address
    assert alone is None or str(ip_address(alone)) == alone


@settings(max_examples=200)
@given(WRITTEN)
def test_a_host_that_a_proxy_quotes_is_never_taken_for_an_address(host: str):
    quoted = host.replace("\\", "\\\\").replace('"', '\\"')
    found = OURS.seen([(b"forwarded", f'for={CALLER};host="{quoted}"'.encode("latin-1"))])
    assert found.address in {CALLER, None}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    home: Path = tmp_path_factory.mktemp("proxied")
    (home / "tidegate.yaml").write_text(
        "server: {trusted_proxies: [127.0.0.1]}\n"
        "security: {users: true, admin_password: a-long-password, api_keys: [a-key]}\n"
        "limits: [{name: each, per: address, requests: 2, window: week}]\n"
    )
    with running_server(home / "data", config=home / "tidegate.yaml") as running:
        yield running


def test_limits_passwords_and_cookies_of_a_running_server_go_by_the_client_and_not_by_its_proxy(server: RunningServer):
    def ask(address: str) -> int:
        headers = {"authorization": "Bearer a-key", "x-forwarded-for": f"198.51.100.9, {address}"}
        body = {"model": "fake/echo", "messages": [{"role": "user", "content": "hello"}]}
        return server.client.post("/v1/chat/completions", json=body, headers=headers).status_code

    def sign_in(address: str, password: str) -> tuple[int, str]:
        headers = {"x-forwarded-for": address, "x-forwarded-proto": "https", "origin": server.url}
        answer = server.client.post("/sign-in", data={"username": "admin", "password": password}, headers=headers)
        return answer.status_code, answer.headers.get("set-cookie", "")

    for address in (CALLER, "2001:db8::7"):
        assert [ask(address) for _ in range(3)] == [200, 200, 429]
    assert {sign_in(CALLER, "wrong")[0] for _ in range(10)} != {429}
    assert sign_in(CALLER, "a-long-password")[0] == 429
    status, cookie = sign_in("203.0.113.8", "a-long-password")
    assert (status, "Secure" in cookie) == (303, True)
