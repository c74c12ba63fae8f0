import pytest

from gateway.unknown_model import unknown_model

MODELS = {"fake": ("echo", "lorem")}


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("fake/ech", "Did you mean 'fake/echo'?"),
        ("fake/nope", "'fake' has 'fake/echo', 'fake/lorem'."),
        ("fakee/echo", "Did you mean 'fake/echo'?"),
        ("echo", "Did you mean 'fake/echo'?"),
        ("chta", "Did you mean 'chat'?"),
        ("openai/gpt-4o-mini", "set OPENAI_API_KEY"),
        ("opnai/gpt-4o-mini", "Did you mean 'openai/gpt-4o-mini'?"),
        ("a/b/c", "Providers are 'fake', 'local'; routes are 'chat'."),
    ],
)
def test_a_name_that_nothing_answers_to_is_told_the_nearest_or_how_to_have_it(model: str, said: str):
    assert said in unknown_model(model, ["chat"], ["fake", "local"], MODELS)


def test_a_suggestion_never_repeats_what_was_asked():
    for model in ("fake/nope", "openai/gpt-4o-mini", "echo"):
        assert f"Did you mean {model!r}" not in unknown_model(model, [], ["fake"], MODELS)
