"""Files as people get them wrong: each mistake is told once, where it stands, with what to write instead, and never with a secret."""

import codecs
from pathlib import Path

import pytest

from config import ConfigError, load_with_report

ROUTE = "routes: [{name: chat, targets: [{model: fake/echo}]"
ENVIRON = {"KEY": "sk-canary", "OPENAI_API_KEY": "sk-canary"}


@pytest.mark.parametrize(
    ("text", "place", "message", "fix"),
    [
        ("server:\n  port: 4000\n host: x\n", "3:2", "indented in another way", "same number of spaces"),
        ("routes:\n  - name: chat\n  targets: []\n", "3:3", "indented in another way", "same number of spaces"),
        ("server:\n\tport: 4000\n", "2:1", "a tab stands where only spaces may", "indent with spaces"),
        ('{\n\t"server": {\n\t\t"prot": 1}}', "3:3", "key 'prot' is not a setting of server", "'port'"),
        ("server:\n  port:4000\n", "2:3", "must be keys with values, not text", "put a space after the colon"),
        ("server:\n  host: a\n  port:4000\n", "3:3", "this line has no ': '", "with a space after the colon"),
        ("judges:\n  - instructions: Is it good: yes?\n", "2:29", "a second ': '", "put quotes around a value"),
        ("providers: {openai: {api_key: {{ KEY }}}}", "1:31", "{{ KEY }} without quotes", "write env:KEY"),
        ("server: {host: @h}", "1:16", "a value cannot begin with '@'", "put quotes around"),
        ('server: {host: "127.0.0.1}\n', "1:16", "quotes are opened here and never closed", "close them"),
        ("server: {port: 1", "1:9", "a bracket is opened here and never closed", "close it"),
        ('guardrails: [{name: g, detect: {patterns: {a: "\\d"}}}]', "1:49", "and \\d is none", "use single quotes"),
        ("server: *base", "1:9", "the alias *base stands for nothing", "write &base"),
        ("server: {}\n---\nserver: {}\n", "2:1", "a second document begins here", "'---'"),
        ("[server]\nport = 4000\n", "2:1", "something follows where the settings have ended", "'key: value' lines"),
        ("server\uff1a\n  port: 4000\n", "2:7", "a second ': '", "type U+FF1A (fullwidth colon) anew"),
        ("server:\n  po\u200brt: 4000\n", "2:3", "has U+200B (zero width space) in it", "one word"),
        ("OPENAI_API_KEY=sk-canary\n", "1:1", "the file must be keys with values, not text", "'key: value' lines"),
        ("port: 4000", "1:1", "key 'port' is not a setting", "write it as server.port"),
        ("routes: [{name: chat, targets: [fake/echo]}]", "1:33", "must be keys with values, not text", "write {model: …}"),
        (ROUTE + ", cache: true}]", "1:61", "must be keys with values, not true", "write {}"),
        ("security: {users: yes}", "1:19", "must be true or false", "write true"),
        ("server: {port: 4_000}", "1:16", "must be a whole number", "write 4000"),
        ("providers: {fake: {timeouts: {connect: 10s}}}", "1:40", "must be a number", "as in 10"),
        ("providers: {fake: {timeouts: {connect: 1e18}}}", "1:40", "at most 31536000", ""),
        (f"server: {{port: {'9' * 5000}}}", "1:16", "more digits than any setting has", ""),
        ("server: {port: $PORT}", "1:16", "must be a whole number", "set TIDEGATE_SERVER__PORT"),
        ("server: {host: 'http://0.0.0.0'}", "1:16", "must be an address or a name alone", "server.port"),
        ("server: {host: '127.0.0.1:80'}", "1:16", "must be an address or a name alone", "server.port"),
        ("server: {public_url: 'https://h/x?a=b'}", "1:22", "holds a query", "take out"),
        ("server: {trusted_proxies: [10.0.0.1, proxy]}", "1:38", "must be an IP address or a network", "10.0.0.0/8"),
        ("server: {trusted_proxies: [10.0.0.1/8]}", "1:28", "is an address within a network", "write 10.0.0.0/8"),
        ("server: {trusted_proxies: ['::ffff:10.0.0.1']}", "1:28", "is an IPv4 address in IPv6's form", "10.0.0.1"),
        ("security: {allowed_hosts: ['https://h']}", "1:28", "must be a host's name", "llm.example.com"),
        ("artifacts: {root: nonsense}", "1:19", "must be a URL that begins with s3://", "s3://"),
        ("storage: {metadata: 'sqlite:///x'}", "1:21", "must begin with postgresql://", "leave it out for SQLite"),
        ("providers: {openai: {api_key: env::KEY}}", "1:31", "another tool's reference", "write env:KEY"),
        ("providers: {openai: {api_key: ENV:KEY}}", "1:31", "another tool's reference", "write env:KEY"),
        ("providers: {openai: {api_key: KEY}}", "1:31", "is the name of an environment variable", "write env:KEY"),
        ("providers: {grok: {api_key: env:KEY}}", "1:13", "neither kind nor base_url", "kind: …"),
        ("providers: {azure: {api_key: env:KEY}}", "1:13", "has no base_url", "AZURE_OPENAI_ENDPOINT"),
        ("providers: {bedrock: {api_key: env:KEY}}", "1:13", "has no region", "AWS_REGION"),
        ("providers: {a: {base_url: 'http://h/v1/chat/completions'}}", "1:27", "which the gateway adds itself", "write http://h/v1"),
        ("providers: {a: {base_url: 'http://h/v1?key=sk-canary'}}", "1:27", "holds a query", "api_version"),
        ("providers: {a: {base_url: env:NOWHERE}}", "1:27", "needs the environment variable NOWHERE", "export NOWHERE"),
        ("providers: {a: {base_url: 'http://h', headers: {x y: b}}}", "1:49", "cannot be the name of a header", "letters"),
        ('providers: {a: {base_url: "http://h", headers: {x: "a\\nb"}}}', "1:52", "no header can carry", "without it"),
        ("routes: [{name: a, targets: [{model: opena/gpt}]}]", "1:38", "names provider 'opena'", "there are"),
        ("routes: [{name: a, targets: [{model: 'openai:gpt'}]}]", "1:38", "not of the form provider/model", "write provider/model"),
        ("routes: [{name: a, targets: [{model: 'https://h/v1'}]}]", "1:38", "names a URL as its model", "base_url"),
        ("routes: [{name: a, targets: [{model: fake/e, when: {}}]}]", "1:52", "tests nothing", "list metadata"),
        (
            "routes: [{name: a, targets: [{model: fake/e, when: {parameters: {max_tokens: '> lots'}}}]}]",
            "1:78",
            "compares with 'lots', which is no number",
            "4000",
        ),
        (ROUTE + ", prompts: [{prompt: 'prompts:/a@b', weight: 0}]}]", "1:63", "gives every prompt the weight 0", "above 0"),
        ("limits: [{name: a, requests: 1}, {name: a, tokens: 1}]", "1:41", "has the name of another", "another name"),
        (
            """guardrails: [{name: g, on: [output], json_schema: '{"$ref": "http://h/x"}', always: true}]""",
            "1:51",
            "nothing is fetched",
            "",
        ),
    ],
)
def test_a_mistake_is_told_once_where_it_stands_with_a_way_out(error_of, text, place, message, fix):
    error = error_of(text, ENVIRON)
    assert len(error.problems) == 1, str(error)
    problem = error.problems[0]
    assert problem.location == f"tidegate.yaml:{place}"
    assert message in problem.message
    assert fix in problem.hint
    assert "canary" not in str(error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no settings"),
        ("# only a comment\n", "holds no settings"),
        ("guardrails: [{name: g, detect: {pii: [email]}}]", "stands over nothing"),
        ("guardrails: [{name: g, on: [input], stream: hold, always: true, detect: {pii: [email]}}]", "looks at requests alone"),
        (ROUTE + "}]\nlimits: [{requests: 5, per: route, only: [chta]}]", "names the route 'chta'"),
        ("providers: {openai: {api_key: env:QUOTED}}", "has quotes around it"),
    ],
)
def test_what_has_no_effect_is_warned_of(loaded, text, message):
    assert [message in warning.message for warning in loaded(text, {"QUOTED": '"sk-canary"'}).warnings] == [True]


@pytest.mark.parametrize(("encoding", "reason"), [("utf-16", "it is UTF-16"), ("latin-1", "not UTF-8 text, first in line 2")])
def test_a_file_in_another_encoding_is_told_which_or_where(tmp_path: Path, encoding, reason):
    file = tmp_path / "tidegate.yaml"
    file.write_bytes("server:\n  host: café\n".encode(encoding))
    with pytest.raises(ConfigError, match=reason):
        load_with_report(file, {})


def test_what_a_secret_store_puts_around_a_secret_is_not_sent(loaded):
    settings = loaded("providers: {openai: {api_key: env:KEY}}", {"KEY": " sk-canary\n"}).settings
    assert settings.providers["openai"].api_key.reveal() == "sk-canary"


def test_an_address_may_be_in_a_variable_and_a_byte_order_mark_before_the_text(tmp_path: Path):
    file = tmp_path / "tidegate.yaml"
    file.write_bytes(codecs.BOM_UTF8 + b"providers: {mine: {base_url: env:MINE, region: env:PLACE}}")
    mine = load_with_report(file, {"MINE": "http://mine.example/v1", "PLACE": "eu"}).settings.providers["mine"]
    assert (mine.base_url, mine.region) == ("http://mine.example/v1", "eu")
