"""Providers that nobody wrote down."""

ENVIRON = {"OPENAI_API_KEY": "key-of-the-environment"}


def test_openai_is_there_when_its_key_is(loaded):
    openai = loaded("", ENVIRON).settings.providers["openai"]
    assert (openai.kind, openai.base_url, openai.api_key.reveal()) == ("openai", "https://api.openai.com/v1", "key-of-the-environment")


def test_openais_own_variable_moves_it(loaded):
    environ = {**ENVIRON, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    assert loaded("", environ).settings.providers["openai"].base_url == "http://127.0.0.1:9/v1"


def test_without_the_key_there_is_no_openai_and_its_name_says_what_to_set(loaded, error_of):
    assert set(loaded("").settings.providers) == {"fake"}
    error = error_of("routes: [{name: chat, targets: [{model: openai/gpt-4o}]}]")
    assert "set OPENAI_API_KEY" in error.problems[0].hint


def test_an_entry_without_a_key_takes_the_one_of_the_environment(loaded):
    openai = loaded("providers: {openai: {timeouts: {connect: 1}}}", ENVIRON).settings.providers["openai"]
    assert openai.api_key.reference == "env:OPENAI_API_KEY"
    assert openai.timeouts.connect == 1


def test_the_key_of_the_environment_never_travels_to_an_address_from_the_file(loaded):
    providers = loaded(
        "providers: {openai: {base_url: http://other.example/v1}, local: {base_url: http://l.example}}", ENVIRON
    ).settings.providers
    assert providers["openai"].api_key is None
    assert providers["local"].api_key is None


def test_fake_is_always_there_and_always_fake(loaded, error_of):
    assert loaded("providers: {fake: {}}").settings.providers["fake"].kind == "fake"
    assert loaded("providers: {local: {base_url: http://l.example}}").settings.providers["fake"].kind == "fake"
    assert error_of("providers: {fake: {kind: openai}}").problems[0].path == "providers.fake.kind"


def test_what_a_fake_provider_does_not_use_is_warned_of(loaded):
    warnings = loaded("providers: {mine: {kind: fake, base_url: http://l.example}}").warnings
    assert [warning.path for warning in warnings] == ["providers.mine.base_url"]
