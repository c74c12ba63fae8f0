"""Every mistake has a place, a reason and a way out; and all are told at once."""

import pytest

from config import ConfigError


def only(error: ConfigError):
    assert len(error.problems) == 1, str(error)
    return error.problems[0]


def test_the_report_says_what_where_and_how_to_fix_it(error_of):
    error = error_of(
        """\
        routes:
          - name: chat
            targets:
              - model: opnai/gpt-4o
        """,
        {"OPENAI_API_KEY": "k"},
    )
    assert str(error).splitlines() == [
        "error: route 'chat' in tidegate.yaml:4:16 names provider 'opnai', which is not configured",
        "   4 |       - model: opnai/gpt-4o",
        "     |                ^^^^^ did you mean 'openai'?",
        "  fix: define it under providers: (there are: 'fake', 'openai')",
    ]


@pytest.mark.parametrize(
    ("text", "path", "suggestion"),
    [
        ("serer: {}", "serer", "server"),
        ("server: {prot: 1}", "server.prot", "port"),
        ("server: {Port: 1}", "server.Port", "port"),
        ("telemetry: {otlp: {endpoint: 'http://c.example', header: {}}}", "telemetry.otlp.header", "headers"),
        ("routes: [{name: a, targets: [{model: fake/echo, wieght: 1}]}]", "routes[0].targets[0].wieght", "weight"),
        ("providers: {a: {baseurl: http://a.example}}", "providers.a.baseurl", "base_url"),
        ("server: {zzzzzz: 1}", "server.zzzzzz", None),
    ],
)
def test_an_unknown_key_is_an_error_with_the_nearest_known_one(error_of, text, path, suggestion):
    problem = only(error_of(text))
    assert (problem.path, problem.suggestion) == (path, suggestion)
    assert problem.line == 1
    assert text[problem.column - 1 :].startswith(path.rpartition(".")[2])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("server: {port: http}", "server.port must be a whole number, not text 'http'"),
        ("server: {port: true}", "server.port must be a whole number, not true"),
        ("server: {port: 80.5}", "server.port must be a whole number, not the number 80.5"),
        ("server: {port: 70000}", "server.port must be a whole number at least 0 and at most 65535, not 70000"),
        ("server: {port: [1]}", "server.port must be one value, not a list"),
        ("server: {port: }", "server.port must be a whole number, not nothing"),
        ("server: {host: 1}", "server.host must be text, not the number 1"),
        ("server: [1]", "server must be keys with values, not a list"),
        ("routes: {chat: 1}", "routes must be a list, not keys with values"),
        ("[]", "the file must be keys with values, not a list"),
        ("just text", "the file must be keys with values, not text"),
        ("security: {allow_private_addresses: 'yes'}", "security.allow_private_addresses must be true or false, not text 'yes'"),
        ("storage: {journal: {fsync: neve}}", "storage.journal.fsync must be one of 'always', 'interval', 'never', not text 'neve'"),
        ("telemetry: {seal_after: 0}", "telemetry.seal_after must be a number greater than 0 and at most 31536000, not 0"),
        ("telemetry: {seal_after: .inf}", "telemetry.seal_after must be a number of ordinary size, not the number inf"),
        ("telemetry: {seal_after: .nan}", "telemetry.seal_after must be a number of ordinary size, not the number nan"),
        ("providers: {'a b': {base_url: http://a.example}}", "providers must be 1 to 128 letters, digits, '_', '.' or '-', not text 'a b'"),
        ("routes: [{name: chat, targets: []}]", "routes[0].targets must not be empty"),
        ("routes: [{name: chat}]", "routes[0] has no 'targets', which it needs"),
        ("telemetry: {otlp: {}}", "telemetry.otlp has no 'endpoint', which it needs"),
        ("server: {port: 1, port: 2}", "server has the key 'port' twice, first in line 1"),
        ("server: {port: !!binary aGk=}", "server.port has a tag, 'binary', that settings cannot have"),
        ("server: {public_url: llm.example}", "server.public_url must be a URL that begins with http:// or https://"),
        ("server: {public_url: 'http://h:99999'}", "server.public_url is not a URL"),
        ("storage: {blobs: ftp://b}", "storage.blobs must be a URL that begins with s3:// or gs:// or az:// or file://"),
    ],
)
def test_a_wrong_value_is_told_in_words(error_of, text, expected):
    assert expected in [problem.message for problem in error_of(text).problems]


def test_every_problem_is_told_at_once_in_the_order_of_the_file(error_of):
    error = error_of(
        """\
        server: {prot: 1}
        storag: {}
        providers:
          local: {base_url: nowhere}
        routes:
          - {name: chat, targets: [{model: nobody/m}], fallbacks: [nobody]}
          - {name: chat}
        judges:
          - {name: tone, model: chta, instructions: "{{ input }}", sample: 2, result: category}
        security: {api_keys: [env:NOT_SET]}
        """,
        {"TIDEGATE_SERVER__HOTS": "x"},
    )
    assert [problem.path for problem in error.problems] == [
        "server.prot",
        "storag",
        "providers.local.base_url",
        "routes[0].targets[0].model",
        "routes[0].fallbacks[0]",
        "routes[1]",
        "routes[1].name",
        "judges[0].choices",
        "judges[0].model",
        "judges[0].instructions",
        "judges[0].sample",
        "security.api_keys[0]",
        "",
    ]
    assert error.problems[-1].file == "TIDEGATE_SERVER__HOTS"
    assert str(error).count("error: ") == len(error.problems)


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "a: b: c",
        "\ta: 1",
        "a: *nowhere",
        "a: 1\n---\nb: 2",
        'a: "\\UFFFFFFFF"',
        "a: \x07",
        "[" * 3000,
        "a: &x [*x]",
        "a: !<tag:x> 1",
    ],
)
def test_what_is_no_yaml_is_one_clear_problem(error_of, text):
    problem = error_of(text).problems[0]
    assert problem.file == "tidegate.yaml"
    assert problem.line >= 1


def test_a_few_aliases_cannot_stand_for_a_billion_values(error_of):
    levels = "\n".join(f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 10)}]" for level in range(1, 12))
    assert "aliases" in error_of(f"l0: &l0 [x]\n{levels}").problems[0].message


def test_a_long_line_is_cut_around_the_mistake(error_of):
    excerpt = only(error_of(f"server: {{host: {'h' * 500}, prot: 1}}")).excerpt
    assert len(excerpt.text) <= 120
    assert excerpt.text[excerpt.column :].startswith("prot")


def test_what_cannot_be_read_is_told_once(error_of):
    assert only(error_of("server: {port: !odd 1}")).path == "server.port"
