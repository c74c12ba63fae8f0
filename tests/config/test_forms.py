"""Other gateways' files: each form is read, its mistakes are told in its author's words, and it converts to ours."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config import ConfigError, load
from config.convert import convert
from config.forms import translate
from config.parse import parse
from config.settings.cache import CacheSettings
from config.source import Source

KEY = {"MY_OPENAI_API_KEY": "sk-canary-51"}
MODEL = "{provider: openai, name: gpt-4o-mini, config: {openai_api_key: $MY_OPENAI_API_KEY, openai_api_base: http://up.example/v1}}"
FORMS = {
    "1": f"routes: [{{name: chat, type: llm/v1/chat, model: {MODEL}}}]",
    "2": f"routes: [{{name: chat, route_type: llm/v1/chat, model: {MODEL}}}]",
    "3": f"endpoints: [{{name: chat, endpoint_type: llm/v1/chat, model: {MODEL}, limit: {{calls: 10, renewal_period: minute}}}}]",
    "4": f"""
endpoints:
  - {{name: one, endpoint_type: llm/v1/chat, model: {MODEL}}}
  - {{name: two, endpoint_type: llm/v1/chat, model: {{provider: fake, name: echo}}}}
routes:
  - name: chat
    task_type: llm/v1/chat
    destinations: [{{name: one, traffic_percentage: 80}}, {{name: two, traffic_percentage: 20}}]
    routing_strategy: TRAFFIC_SPLIT
""",
    "5": """
routes: [{name: chat, model: {provider: openai, name: gpt-4o-mini, openai_config: {openai_api_key: "{{ MY_OPENAI_API_KEY }}"}}, route_type: llm/v1/chat}]
""",
    "databricks": """
name: chat
config:
  served_entities:
    - {name: a, external_model: {name: gpt-4o-mini, provider: openai, task: llm/v1/chat, openai_config: {openai_api_key: "{{secrets/team/my-openai-api-key}}"}}}
    - {name: b, external_model: {name: echo, provider: fake, task: llm/v1/chat}}
  traffic_config: {routes: [{served_model_name: a, traffic_percentage: 50}, {served_model_name: b, traffic_percentage: 50}]}
""",
    "litellm": """
model_list:
  - {model_name: chat, litellm_params: {model: gpt-4o-mini, api_key: os.environ/MY_OPENAI_API_KEY, api_base: http://up.example/v1, weight: 2}}
  - {model_name: chat, litellm_params: {model: fake/echo}}
  - {model_name: spare, litellm_params: {model: fake/lorem}}
  - {model_name: openai/*, litellm_params: {model: openai/*, api_key: os.environ/MY_OPENAI_API_KEY, api_base: http://up.example/v1}}
router_settings: {fallbacks: [{chat: [spare]}]}
general_settings: {master_key: os.environ/MY_OPENAI_API_KEY}
""",
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_a_route_of_ours_with_its_key_by_reference(loaded, form):
    read = loaded(FORMS[form], KEY)
    route = next(route for route in read.settings.routes if route.name == "chat")
    assert route.targets[0].model == "openai/gpt-4o-mini"
    key = read.settings.providers["openai"].api_key
    assert (key.reference, key.reveal()) == ("env:MY_OPENAI_API_KEY", "sk-canary-51")
    assert [problem.message.partition(" is ")[2] for problem in read.warnings] == (
        ["a secret that only Databricks can read"] if form == "databricks" else []
    )


@pytest.mark.parametrize("form", FORMS)
def test_what_convert_prints_means_the_same(loaded, written, form):
    path = written(FORMS[form])
    printed = convert(path).text
    again = written(printed)
    assert convert(again).form == "tidegate"
    ours, theirs = load(again, KEY), loaded(FORMS[form], KEY).settings
    assert ours == theirs


def test_our_own_file_converts_to_itself(written):
    text = "providers:\n  local:\n    base_url: http://127.0.0.1:1/v1\n  bare: {}\n"
    assert yaml.safe_load(convert(written(text)).text) == yaml.safe_load(text)


def test_shares_of_a_split_become_weights_and_a_limit_is_counted_for_each_address(loaded):
    split = next(route for route in loaded(FORMS["4"], KEY).settings.routes if route.name == "chat")
    assert [(target.model, target.weight) for target in split.targets] == [("openai/gpt-4o-mini", 80), ("fake/echo", 20)]
    (limit,) = loaded(FORMS["3"], KEY).settings.routes[0].limits
    assert (limit.per, limit.requests, limit.window) == ("address", 10, "minute")


LITELLM_CACHE = "model_list: [{{model_name: c, litellm_params: {{model: fake/echo}}}}]\nlitellm_settings: {{cache: {0}}}\n"


def test_litellms_cache_is_one_of_each_route(loaded):
    written = LITELLM_CACHE.format("true, cache_params: {type: disk, ttl: 600, namespace: x}")
    found = loaded(written, {})
    assert found.settings.routes[0].cache == CacheSettings(store="disk", ttl=600)
    assert ["namespace" in warning.message for warning in found.warnings] == [True]
    assert loaded(LITELLM_CACHE.format("false"), {}).settings.routes[0].cache is None
    away = loaded(LITELLM_CACHE.format("true, cache_params: {type: s3}"), {})
    assert (away.settings.routes[0].cache, "'s3'" in away.warnings[0].message) == (None, True)


def test_litellms_groups_weights_fallbacks_and_master_key_are_kept(loaded):
    settings = loaded(FORMS["litellm"], KEY).settings
    route = settings.routes[0]
    assert [(target.model, target.weight) for target in route.targets] == [("openai/gpt-4o-mini", 2), ("fake/echo", 1)]
    assert route.fallbacks == ("fake/lorem",)
    assert [key.reference for key in settings.security.api_keys] == ["env:MY_OPENAI_API_KEY"]


def test_what_litellm_says_of_all_models_is_said_of_each_route(loaded):
    text = """
model_list:
  - {model_name: a, litellm_params: {model: openai/m, api_key: os.environ/K, api_base: os.environ/BASE, rpm: 3, organization: o}}
  - {model_name: b, litellm_params: {model: fake/echo}, model_info: {mode: embedding}}
  - {model_name: b, litellm_params: {model: fake/lorem}}
  - {model_name: fake/fortune, litellm_params: {model: fake/fortune}}
router_settings:
  {routing_strategy: least-busy, num_retries: 2, allowed_fails: 3, cooldown_time: 30, model_group_alias: {c: b}, redis_url: os.environ/R,
   fallbacks: [{a: [b]}], context_window_fallbacks: [{a: [b]}], default_fallbacks: [a]}
litellm_settings:
  {drop_params: false, request_timeout: 60, max_budget: 9, budget_duration: 30d, cache: true, cache_params: {type: redis},
   content_policy_fallbacks: [{b: [a]}]}
"""
    settings = loaded(text, {"K": "k", "BASE": "http://up.example/v1", "R": "redis://r"}).settings
    a, b, c = settings.routes
    assert (a.fallbacks, a.fallbacks_for) == (("fake/echo", "fake/lorem"), {"context_window_exceeded": ("fake/echo", "fake/lorem")})
    assert (b.fallbacks, b.fallbacks_for, b.task) == (("openai/m",), {"content_policy": ("openai/m",)}, "embeddings")
    assert (c.name, c.targets) == ("c", b.targets)
    for route in settings.routes:
        assert (route.strategy, route.retries, route.on_unsupported, route.cache) == ("latency", 2, "error", CacheSettings(store="redis"))
        assert (route.breaker.failures, route.breaker.open) == (4, 30)
    account = settings.providers["openai"]
    assert (account.base_url, account.timeouts.total, account.headers["openai-organization"].reveal()) == ("http://up.example/v1", 60, "o")
    assert [(limit.per, limit.cost, limit.window) for limit in settings.limits] == [("all", 9, "month")]


def test_whatever_of_litellm_is_not_carried_over_is_warned_of_at_its_line_with_what_to_write_instead(loaded):
    text = """
model_list:
  - {model_name: fake/echo, litellm_params: {model: fake/echo, temperature: 0}, model_info: {id: x}}
router_settings: {routing_strategy: usage-based-routing, retry_policy: {RateLimitErrorRetries: 3}}
litellm_settings:
  callbacks: [prometheus, langfuse]
  num_retries: 1
general_settings: {database_url: x}
"""
    warnings = loaded(text, {}).warnings
    assert sorted((warning.line, bool(warning.hint)) for warning in warnings) == [(line, True) for line in (3, 3, 3, 4, 4, 6, 6, 8)]


def test_two_accounts_of_one_vendor_are_two_providers_and_one_account_is_one(loaded):
    model = "{{provider: OpenAI, name: {}, config: {{openai_api_key: ${}}}}}"
    endpoints = [("a", "X"), ("b", "Y"), ("c", "X")]
    text = "\n".join(f"- {{name: {name}, endpoint_type: llm/v1/chat, model: {model.format(name, key)}}}" for name, key in endpoints)
    settings = loaded(f"endpoints:\n{text}", {"X": "x", "Y": "y"}).settings
    assert [route.targets[0].model for route in settings.routes] == ["openai/a", "openai-2/b", "openai/c"]
    assert settings.providers["openai-2"].api_key.reveal() == "y"


def test_sections_of_ours_stand_beside_theirs(loaded):
    text = FORMS["1"] + "\njudges: [{name: j, model: chat, instructions: 'Good?'}]\nserver: {port: 4300}"
    settings = loaded(text, KEY).settings
    assert (settings.judges[0].model, settings.server.port) == ("chat", 4300)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (
            "routes: [{name: c, route_type: llm/v1/chat, modle: 1, model: {provider: fake, name: echo}}]",
            (1, 45),
            "key 'modle' is not a setting",
        ),
        ("endpoints: [{name: c, endpoint_type: llm/v1/chat, model: {provider: opnai, name: m}}]", (1, 69), "names 'opnai'"),
        (
            "endpoints: [{name: c, endpoint_type: llm/v1/chat, model: {provider: palm, name: m}}]",
            (1, 69),
            "which Tidegate does not speak to",
        ),
        ("endpoints: [{name: c, endpoint_type: llm/v1/chatt, model: {provider: fake, name: echo}}]", (1, 38), "must be one of"),
        ("endpoints: [{name: c, model: {provider: fake, name: echo}}]", (1, 13), "has no 'endpoint_type'"),
        ("endpoints: {c: {endpoint_type: llm/v1/chat}}", (1, 12), "must be a list"),
        ("endpoints: [{name: c, endpoint_type: llm/v1/chat, model: fake/echo}]", (1, 58), "must be keys with values"),
        (
            "endpoints: [{name: c, endpoint_type: llm/v1/chat, task: llm/v1/embeddings, model: {provider: fake, name: echo}}]",
            (1, 57),
            "of two types",
        ),
        (
            "endpoints: [{name: c, endpoint_type: llm/v1/chat, model: {provider: openai, name: m, config: {}, openai_config: {}}}]",
            (1, 113),
            "is a second place",
        ),
        ("model_list: {a: {litellm_params: {model: fake/echo}}}", (1, 13), "must be a list"),
        ("model_list: [gpt-4o]", (1, 14), "must be keys with values"),
        ("model_list: []\nrouter_settings: {fallbacks: {a: [b]}}", (2, 30), "must be a list"),
        ("router_settings: {routing_strategy: latency}", (1, 37), "must be one of"),
        ("litellm_settings: {max_budget: 5, budget_duration: 3d}", (1, 52), "is no window here"),
        ("endpoints: [{name: c d, endpoint_type: llm/v1/chat, model: {provider: fake, name: echo}}]", (1, 20), "1 to 128 letters"),
        ("model_list: [{model_name: c, litellm_params: {model: nobody/m}}]", (1, 54), "names the provider 'nobody'"),
        ("model_list: [{model_name: c, litellm_params: {model: fake/echo, colour: red}}]", (1, 65), "key 'colour'"),
        ("model_list: []\nrouter_settings: {fallbacks: [{a: [b]}]}", (2, 32), "which is not in model_list"),
    ],
)
def test_a_mistake_is_an_error_at_its_place_in_its_authors_words(error_of, text, place, words):
    (problem,) = error_of(text).problems
    assert (problem.line, problem.column) == place
    assert words in problem.message


def test_shares_that_are_not_a_hundred_and_unknown_destinations_are_errors(error_of):
    text = FORMS["4"].replace("traffic_percentage: 20", "traffic_percentage: 30").replace("{name: two, traffic", "{name: tow, traffic")
    messages = [problem.message for problem in error_of(text, KEY).problems]
    assert "routes[0].destinations has shares of 110 % in all" in messages
    assert "routes[0].destinations[1].name names 'tow', which is not an endpoint of this file" in messages


def test_a_literal_key_is_a_warning_that_names_its_line_and_is_never_printed(loaded, written):
    text = """\
endpoints:
  - name: chat
    endpoint_type: llm/v1/chat
    model:
      provider: openai
      name: gpt-4o-mini
      config:
        openai_api_key: sk-canary-99
"""
    (warning,) = loaded(text).warnings
    assert (warning.line, warning.path) == (8, "endpoints[0].model.config.openai_api_key")
    converted = convert(written(text))
    assert "env:OPENAI_API_KEY" in converted.text
    assert "canary" not in converted.text + str(converted.warnings) + warning.render()


def test_a_path_in_place_of_a_key_is_a_file(loaded, tmp_path):
    (tmp_path / "key").write_text("sk-canary-7\n")
    text = FORMS["1"].replace("$MY_OPENAI_API_KEY", f"{tmp_path}/key")
    assert loaded(text).settings.providers["openai"].api_key.reveal() == "sk-canary-7"


def test_a_missing_variable_is_told_by_the_path_in_the_authors_file(error_of):
    (problem,) = error_of(FORMS["5"]).problems
    assert problem.path == "routes[0].model.openai_config.openai_api_key"
    assert "needs the environment variable MY_OPENAI_API_KEY" in problem.message


def test_convert_needs_no_secret_and_refuses_what_cannot_be_read(written):
    assert "env:MY_OPENAI_API_KEY" in convert(written(FORMS["5"])).text
    with pytest.raises(ConfigError):
        convert(written("endpoints: [{name: c, endpoint_type: llm/v1/chat}]"))


WORDS = st.sampled_from(
    [
        "routes",
        "endpoints",
        "model_list",
        "model",
        "provider",
        "openai",
        "name",
        "config",
        "destinations",
        "traffic_percentage",
        "limit",
        "litellm_params",
        "model_name",
        "fallbacks",
        "router_settings",
        "served_entities",
        "external_model",
        "task",
        "llm/v1/chat",
        "gone",
    ]
)
TREES = st.recursive(
    WORDS | st.none() | st.integers() | st.booleans(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4)
)


@given(st.dictionaries(WORDS, TREES, max_size=4))
def test_any_tree_is_translated_or_complained_of_and_never_raises(tree):
    root = parse(Source("f", yaml.safe_dump(tree))).root
    assert root is not None
    translate(root)
