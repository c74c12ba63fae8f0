"""Providers that nobody wrote down."""

import pytest

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


@pytest.mark.parametrize(
    ("environ", "name", "base_url"),
    [
        ({"GROQ_API_KEY": "k"}, "groq", "https://api.groq.com/openai/v1"),
        ({"HF_TOKEN": "k"}, "huggingface", "https://router.huggingface.co/v1"),
        ({"DATABRICKS_TOKEN": "k", "DATABRICKS_HOST": "https://w.example/"}, "databricks", "https://w.example/serving-endpoints"),
        ({"DATABRICKS_TOKEN": "k", "DATABRICKS_HOST": "w.example"}, "databricks", "https://w.example/serving-endpoints"),
        ({"OLLAMA_HOST": "127.0.0.1:11500"}, "ollama", "http://127.0.0.1:11500/v1"),
        ({"VLLM_BASE_URL": "http://gpu:8000/v1"}, "vllm", "http://gpu:8000/v1"),
        ({"ANTHROPIC_API_KEY": "k"}, "anthropic", "https://api.anthropic.com"),
        ({"GOOGLE_API_KEY": "k"}, "gemini", "https://generativelanguage.googleapis.com"),
        ({"CO_API_KEY": "k"}, "cohere", "https://api.cohere.com"),
        ({"AWS_REGION": "r", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}, "bedrock", None),
        ({"AWS_DEFAULT_REGION": "r", "AWS_BEARER_TOKEN_BEDROCK": "t"}, "bedrock", None),
        ({"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_APPLICATION_CREDENTIALS": "/key.json"}, "vertex", None),
    ],
)
def test_a_vendor_whose_variables_are_set_needs_no_entry(loaded, environ, name, base_url):
    provider = loaded("", environ).settings.providers[name]
    assert (provider.kind, provider.base_url) == (name, base_url)


def test_a_vendor_that_lacks_one_of_its_variables_is_not_there_and_says_which(error_of):
    error = error_of("routes: [{name: chat, targets: [{model: databricks/m}]}]", {"DATABRICKS_TOKEN": "k"})
    assert "set DATABRICKS_TOKEN and DATABRICKS_HOST" in error.problems[0].hint


def test_an_entry_is_with_the_vendor_of_its_name_or_of_its_kind(loaded):
    text = (
        "providers: {groq: {}, eu: {kind: groq, api_key: env:EU}, mine: {base_url: http://m.example}, ollama: {base_url: http://o.example}}"
    )
    providers = loaded(text, {"GROQ_API_KEY": "k", "EU": "e"}).settings.providers
    assert [providers[name].kind for name in ("groq", "eu", "mine", "ollama")] == ["groq", "groq", "openai", "ollama"]
    assert [providers[name].api_key.reveal() for name in ("groq", "eu")] == ["k", "e"]
    assert providers["eu"].base_url == "https://api.groq.com/openai/v1"
    assert providers["ollama"].base_url == "http://o.example/v1"


def test_an_account_is_the_environments_or_the_files_and_never_half_of_each(loaded):
    environ = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
    found = loaded("", environ).settings.providers["bedrock"]
    assert (found.region, found.access_key_id.reveal(), found.session_token.reveal()) == ("eu-west-1", "a", "t")
    text = "providers: {bedrock: {access_key_id: env:MINE, secret_access_key: env:MINE}}"
    found = loaded(text, {**environ, "MINE": "m", "AWS_BEARER_TOKEN_BEDROCK": "b"}).settings.providers["bedrock"]
    assert (found.region, found.access_key_id.reveal(), found.session_token, found.api_key) == ("eu-west-1", "m", None, None)
