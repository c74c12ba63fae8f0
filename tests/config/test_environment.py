"""``TIDEGATE_*`` over the file."""

import pytest
from msgspec import inspect as mi

from config import Settings
from config.environment import variable_names


def test_a_variable_wins_over_the_file_and_leaves_its_neighbours(loaded):
    settings = loaded("server: {port: 1, host: h.example}", {"TIDEGATE_SERVER__PORT": "2"}).settings
    assert (settings.server.port, settings.server.host) == (2, "h.example")


def test_case_does_not_matter_and_sections_appear_when_needed(loaded):
    settings = loaded(
        "{}", {"tidegate_storage__journal__batch_rows": "7", "TIDEGATE_Telemetry__Otlp__Endpoint": "http://c.example"}
    ).settings
    assert settings.storage.journal.batch_rows == 7
    assert settings.telemetry.otlp.endpoint == "http://c.example"


@pytest.mark.parametrize("text", ["123", "true", "null", "#hash", "a: b", "[x", "'quoted'", " spaced "])
def test_where_text_is_wanted_the_value_is_the_text(loaded, text):
    assert loaded("{}", {"TIDEGATE_STORAGE__PATH": text}).settings.storage.path == text


def test_lists_and_mappings_are_given_whole(loaded):
    environ = {
        "TIDEGATE_SECURITY__API_KEYS": "[env:A, env:B]",
        "TIDEGATE_ROUTES": "[{name: c, targets: [{model: fake/echo}]}]",
        "A": "1",
        "B": "2",
    }
    settings = loaded("security: {api_keys: [env:GONE]}", environ).settings
    assert [key.reveal() for key in settings.security.api_keys] == ["1", "2"]
    assert settings.routes[0].name == "c"


def test_providers_are_met_by_name_with_dashes_written_as_underscores(loaded):
    environ = {"TIDEGATE_PROVIDERS__MY_LOCAL__BASE_URL": "http://new.example", "TIDEGATE_PROVIDERS__OTHER__BASE_URL": "http://o.example"}
    providers = loaded("providers: {My-local: {base_url: http://old.example, timeouts: {connect: 1}}}", environ).settings.providers
    assert providers["My-local"].base_url == "http://new.example"
    assert providers["My-local"].timeouts.connect == 1
    assert providers["other"].base_url == "http://o.example"


def test_a_reference_in_a_variable_is_followed_and_a_secret_in_one_is_not_warned_of(loaded):
    result = loaded(
        "", {"TIDEGATE_STORAGE__CLICKHOUSE": "clickhouse://u:p@h/d", "TIDEGATE_STORAGE__METADATA": "env:DB", "DB": "postgresql://h/d"}
    )
    assert result.settings.storage.clickhouse.reveal() == "clickhouse://u:p@h/d"
    assert result.settings.storage.metadata.reveal() == "postgresql://h/d"
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("TIDEGATE_SERVER__PROT", "TIDEGATE_SERVER__PORT"),
        ("TIDEGATE_SERVER_PORT", "TIDEGATE_SERVER__PORT"),
        ("TIDEGATE_STORAGE_PATH", "TIDEGATE_STORAGE__PATH"),
        ("TIDEGATE_WHATEVER__ELSE", None),
        ("TIDEGATE_SERVER__", "TIDEGATE_SERVER"),
    ],
)
def test_a_variable_that_looks_like_a_setting_and_is_none_is_an_error(error_of, name, suggestion):
    problem = error_of("", {name: "1"}).problems[0]
    assert (problem.file, problem.suggestion) == (name, suggestion)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIDEGATE_CONFIG", ""),
        ("TIDEGATE_URL", "http://x"),
        ("TIDEGATE_API_KEY", "k"),
        ("TIDEGATE_WORKSPACE", "team-a"),
        ("TIDEGATE_SERVICE_HOST", "10.0.0.1"),
        ("TIDEGATE_SERVICE_PORT_HTTP", "4242"),
        ("TIDEGATE_PORT", "tcp://10.0.0.1:4242"),
        ("TIDEGATE_PORT_4242_TCP_ADDR", "10.0.0.1"),
        ("PATH", "/bin"),
    ],
)
def test_documented_variables_and_those_of_kubernetes_pass_without_a_word(loaded, name, value):
    assert loaded("{}", {name: value}).warnings == ()


def test_a_variable_that_may_be_somebody_elses_is_warned_of(loaded):
    assert [warning.file for warning in loaded("{}", {"TIDEGATE_RELEASE": "7"}).warnings] == ["TIDEGATE_RELEASE"]


def test_a_variable_that_the_file_itself_reads_is_of_use(loaded):
    found = loaded("security: {api_keys: [env:TIDEGATE_KEY]}", {"TIDEGATE_KEY": "sk-0123456789abcdef"})
    assert found.warnings == ()
    assert found.settings.security.api_keys[0].reveal() == "sk-0123456789abcdef"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TIDEGATE_SERVER__PORT", "eighty", "server.port must be a whole number, not text 'eighty'"),
        ("TIDEGATE_SERVER__PORT", "[", "server.port holds something that is not YAML"),
        ("TIDEGATE_ROUTES__0__NAME", "x", "the variable TIDEGATE_ROUTES__0__NAME names no setting"),
        ("TIDEGATE_STORAGE__PATH", "\udcff", "storage.path is not valid Unicode"),
    ],
)
def test_a_wrong_value_is_told_with_the_variables_name(error_of, name, value, words):
    error = error_of("", {name: value})
    assert words in [problem.message for problem in error.problems]
    assert name in str(error)


def test_every_fixed_setting_has_a_variable():
    names = set(variable_names(mi.type_info(Settings)))
    assert {"TIDEGATE_SERVER__PORT", "TIDEGATE_STORAGE__JOURNAL__FSYNC", "TIDEGATE_TELEMETRY__OTLP__ENDPOINT"} <= names
