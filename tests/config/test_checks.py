"""Contradictions that no single value shows."""

import pytest

ROUTE = "routes: [{{name: chat, targets: [{{model: fake/echo}}], {0}}}]"
JUDGE = "judges: [{{name: j, instructions: '{{{{ outputs }}}}', model: fake/judge, {0}}}]"


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (ROUTE.format("fallbacks: [gone/m]"), "routes[0].fallbacks[0]", "names provider 'gone'"),
        (ROUTE.format("fallbacks: [chat]"), "routes[0].fallbacks[0]", "which is a route"),
        (ROUTE.format("fallbacks_for: {429: [gone/m]}"), "routes[0].fallbacks_for.429[0]", "names provider 'gone'"),
        (ROUTE.format("shadows: [{model: chat}]"), "routes[0].shadows[0].model", "which is a route"),
        (ROUTE.format("prompts: [{prompt: support}]"), "routes[0].prompts[0].prompt", "not of the form prompts:/name@alias"),
        (ROUTE.format("retry_on: [200]"), "routes[0].retry_on[0]", "must be a status"),
        (ROUTE.format("fallbacks: [fake/]"), "routes[0].fallbacks[0]", "not of the form provider/model"),
        ("routes: [{name: c, targets: [{model: fake/a, weight: 0}, {model: fake/b, weight: 0}]}]", "routes[0].targets", "the weight 0"),
        ("judges: [{name: j, instructions: '{{ outputs }}', model: gone/m}]", "judges[0].model", "names provider 'gone'"),
        ("judges: [{name: j, instructions: '{{ outputs }}', model: chat}]", "judges[0].model", "not of the form provider/model"),
        (JUDGE.format("result: category"), "judges[0].choices", "needs two choices"),
        (JUDGE.format("result: category, choices: [a]"), "judges[0].choices", "needs two choices"),
        (JUDGE.format("result: category, choices: [a, b, a]"), "judges[0].choices[2]", "the choice 'a' twice"),
        (JUDGE.format("choices: [a, b]"), "judges[0].choices", "its result is 'boolean'"),
        (JUDGE.format("minimum: 1"), "judges[0].minimum", "its result is 'boolean'"),
        (JUDGE.format("result: number, minimum: 5, maximum: 1"), "judges[0].minimum", "not below its maximum"),
        ("limits: [{window: day}]", "limits[0]", "limits nothing"),
        ("limits: [{requests: 1, only: [ada]}]", "limits[0].only", "counts all together"),
        (ROUTE.format("limits: [{per: user}]"), "routes[0].limits[0]", "limits nothing"),
        ("storage: {redis: env:DSN}", "storage.redis", "must begin with redis://"),
        ("storage: {clickhouse: env:DSN}", "storage.clickhouse", "must begin with clickhouse://"),
        ("storage: {metadata: env:DSN}", "storage.metadata", "must begin with postgresql://"),
        ("telemetry: {redact: {}}", "telemetry.redact", "looks for nothing"),
        ("telemetry: {redact: {patterns: {a: '('}}}", "telemetry.redact.patterns.a", "no regular expression"),
        ("telemetry: {redact: {patterns: {a: 'b*'}}}", "telemetry.redact.patterns.a", "matches where there is nothing"),
        ("guardrails: [{name: g}]", "guardrails[0]", "looks at nothing"),
        ("guardrails: [{name: g, detect: {words: [a]}, judge: {model: fake/judge, rule: r}}]", "guardrails[0]", "is of 2 kinds"),
        ("guardrails: [{name: g, action: mask, judge: {model: fake/judge, rule: r}}]", "guardrails[0].action", "masks, and judge"),
        ("guardrails: [{name: g, stream: window, judge: {model: fake/judge, rule: r}}]", "guardrails[0].stream", "needs whole answers"),
        ("guardrails: [{name: g, judge: {model: gone/m, rule: r}}]", "guardrails[0].judge.model", "names provider 'gone'"),
        ("guardrails: [{name: g, detect: {patterns: {a: '['}}}]", "guardrails[0].detect.patterns.a", "no regular expression"),
        ("guardrails: [{name: g, json_schema: '{}'}]", "guardrails[0].on", "which answers must fit"),
        ("guardrails: [{name: g, on: [output], json_schema: '{\"type\": 1}'}]", "guardrails[0].json_schema", "cannot be used"),
        (ROUTE.format("guardrails: [gone]"), "routes[0].guardrails[0]", "'gone', which is not there"),
        (ROUTE.format("cache: {store: redis}"), "routes[0].cache.store", "there is none"),
        (ROUTE.format("cache: {store: disk}, content: none"), "routes[0].cache.store", "the route has content: none"),
        ("providers: {a: {base_url: 'http://me:pass@a.example'}}", "providers.a.base_url", "a user name or a password"),
    ],
)
def test_a_contradiction_is_an_error_at_its_place(error_of, text, path, words):
    problems = {problem.path: problem.message for problem in error_of(text, {"DSN": "mysql://user:hunter2@h/d"}).problems}
    assert words in problems[path]


def test_a_judge_may_name_a_route_and_leave_bounds_open(loaded):
    text = ROUTE.format("fallbacks: []") + "\n" + "judges: [{name: j, instructions: '{{trace}}', model: chat, result: number, minimum: 1}]"
    assert loaded(text).settings.judges[0].maximum is None


def test_names_given_twice_say_where_the_first_is(error_of):
    error = error_of(
        """\
        judges:
          - {name: j, instructions: "{{ outputs }}", model: fake/judge}
          - {name: j, instructions: "{{ outputs }}", model: fake/judge}
        """
    )
    assert [problem.message for problem in error.problems] == ["judge 'j' has the name of another, in tidegate.yaml:2:12"]


def test_an_unknown_variable_is_pointed_at_inside_its_block_of_text(error_of):
    error = error_of(
        """\
        judges:
          - name: j
            model: fake/judge
            instructions: |
              Look at {{ outputs }}
              and at {{ ouptut }}.
        """
    )
    problem = error.problems[0]
    assert (problem.line, problem.column, problem.suggestion) == (6, 14, "outputs")


def test_instructions_need_name_no_variable(loaded):
    assert loaded("judges: [{name: j, instructions: 'Is it good?', model: fake/judge}]").warnings == ()


def test_a_mistake_elsewhere_does_not_hide_a_contradiction_nor_make_one_up(error_of):
    error = error_of("routes: [{name: chat, targets: [{model: 7}, {model: gone/m}, 3], fallbacks: {}}]\njudges: 5")
    assert [problem.path for problem in error.problems] == [
        "routes[0].targets[0].model",
        "routes[0].targets[1].model",
        "routes[0].targets[2]",
        "routes[0].fallbacks",
        "judges",
    ]
