"""Prompts as MLflow's clients write and read them: registered models with tags."""

import json

import pytest

from registry.actor import CURRENT, Actor
from registry.models.moves import MoveRefused
from registry.prompts.errors import PromptMoveRefused, PromptNotFound

IS_PROMPT = {"key": "mlflow.prompt.is_prompt", "value": "true"}


async def _prompt(world, name, text="Hi {{who}}", **tags):
    answer = await world.send("GET", "registered-models/get", {"name": name})
    if answer.status_code == 404:
        await world.ask("POST", "registered-models/create", name=name, tags=[IS_PROMPT, {"key": "lang", "value": "en"}])
    given = [IS_PROMPT, {"key": "mlflow.prompt.text", "value": text}, *[{"key": key, "value": value} for key, value in tags.items()]]
    return (await world.ask("POST", "model-versions/create", name=name, source="dummy-source", description="why", tags=given))[
        "model_version"
    ]


def _tags(version):
    return {tag["key"]: tag["value"] for tag in version["tags"]}


async def test_a_prompt_of_a_client_is_one_of_the_api_of_prompts_and_the_reverse(world, name):
    made = await _prompt(world, name, _mlflow_prompt_type="text", team="a")
    assert _tags(made) == {
        "team": "a",
        "mlflow.prompt.is_prompt": "true",
        "mlflow.prompt.text": "Hi {{who}}",
        "_mlflow_prompt_type": "text",
    }
    ours = await world.prompts.get(name, 1)
    assert (ours.template, ours.variables, ours.commit_message, ours.tags) == ("Hi {{who}}", ["who"], "why", {"team": "a"})
    await world.prompts.create_version(name, template="Bye {{who}}", aliases=["prod"], model="fake/echo", commit_message="shorter")
    theirs = (await world.ask("GET", "registered-models/alias", name=name, alias="prod"))["model_version"]
    assert (theirs["version"], theirs["description"]) == ("2", "shorter")
    assert _tags(theirs)["mlflow.prompt.text"] == "Bye {{who}}"
    assert json.loads(_tags(theirs)["_mlflow_prompt_model_config"]) == {"model_name": "fake/echo"}


async def test_a_chat_prompt_keeps_its_messages_its_format_and_its_model(world, name):
    messages = [{"role": "system", "content": "be {{tone}}"}, {"role": "user", "content": "{{q}}"}]
    config, form = {"model_name": "gpt-4o-mini", "temperature": 0.1}, {"type": "object"}
    made = await _prompt(
        world,
        name,
        json.dumps(messages),
        _mlflow_prompt_type="chat",
        _mlflow_prompt_model_config=json.dumps(config),
        _mlflow_prompt_response_format=json.dumps(form),
    )
    assert json.loads(_tags(made)["mlflow.prompt.text"]) == messages
    ours = await world.prompts.get(name, 1)
    assert ([message.content for message in ours.messages], ours.variables) == (["be {{tone}}", "{{q}}"], ["tone", "q"])
    assert (ours.model, ours.model_config, ours.response_format) == ("gpt-4o-mini", config, form)


async def test_prompts_are_hidden_from_models_and_models_from_prompts(world, name):
    await world.model(f"{name}-m", versions=1)
    await _prompt(world, f"{name}-p")
    prompts = "tags.`mlflow.prompt.is_prompt` = 'true'"
    for path, key in (("registered-models/search", "registered_models"), ("model-versions/search", "model_versions")):
        mine = f"name LIKE '{name}-%'"
        for asked, wanted in ((mine, "m"), (f"{mine} AND {prompts}", "p"), (f"{mine} AND tags.`mlflow.prompt.is_prompt` != 'true'", "m")):
            found = await world.ask("GET", path, filter=asked)
            assert [each["name"] for each in found[key]] == [f"{name}-{wanted}"]
    text = await world.ask(
        "GET", "model-versions/search", filter=f"name = '{name}-p' AND {prompts} AND tags.`mlflow.prompt.text` LIKE 'Hi%'"
    )
    assert [each["version"] for each in text["model_versions"]] == ["1"]


async def test_the_text_never_changes_and_the_model_that_answers_may(world, name):
    await _prompt(world, name)
    tag = {"name": name, "version": "1"}
    for key, value in (("mlflow.prompt.text", "other"), ("_mlflow_prompt_type", "chat"), ("mlflow.prompt.is_prompt", "false")):
        status, code, message = await world.refused("POST", "model-versions/set-tag", **tag, key=key, value=value)
        assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
        assert "never changes" in message
        assert (await world.refused("DELETE", "model-versions/delete-tag", **tag, key=key))[0] == 400
    await world.ask("POST", "model-versions/set-tag", **tag, key="mlflow.prompt.text", value="Hi {{who}}")
    await world.ask("POST", "model-versions/set-tag", **tag, key="_mlflow_prompt_model_config", value='{"model_name": "m"}')
    assert (await world.prompts.get(name, 1)).model == "m"
    await world.ask("DELETE", "model-versions/delete-tag", **tag, key="_mlflow_prompt_model_config")
    assert (await world.prompts.get(name, 1)).model is None


@pytest.mark.parametrize(
    ("source", "tags", "message"),
    [
        ("s3://bucket/m", [IS_PROMPT, {"key": "mlflow.prompt.text", "value": "x"}], "Invalid prompt source"),
        ("dummy-source", [IS_PROMPT], "does not contain a prompt text"),
        ("dummy-source", [IS_PROMPT, {"key": "mlflow.prompt.text", "value": "x" * 100_001}], "exceeds"),
        (
            "dummy-source",
            [IS_PROMPT, {"key": "mlflow.prompt.text", "value": "x"}, {"key": "_mlflow_prompt_type", "value": "chat"}],
            "must be a JSON list of messages",
        ),
        ("s3://bucket/m", [], "is the name of a prompt"),
    ],
)
async def test_what_is_no_version_of_a_prompt_is_refused(world, name, source, tags, message):
    await world.ask("POST", "registered-models/create", name=name, tags=[IS_PROMPT])
    status, code, told = await world.refused("POST", "model-versions/create", name=name, source=source, tags=tags)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert message in told


async def test_what_renders_a_prompt_sees_a_change_of_a_client_at_once(world, name):
    await _prompt(world, name, "one")
    await world.ask("POST", "registered-models/alias", name=name, alias="prod", version="1")
    assert (await world.prompts.render(name, "prod", {})).version == 1
    await _prompt(world, name, "two")
    await world.ask("POST", "registered-models/alias", name=name, alias="prod", version="2")
    assert (await world.prompts.render(name, "prod", {})).version == 2


async def test_events_have_the_payloads_of_mlflow(world, name):
    await _prompt(world, f"{name}-p", team="a", _mlflow_prompt_type="text")
    await world.ask("POST", "registered-models/alias", name=f"{name}-p", alias="prod", version="1")
    await world.ask("POST", "model-versions/set-tag", name=f"{name}-p", version="1", key="k", value="v")
    await world.ask("DELETE", "registered-models/alias", name=f"{name}-p", alias="prod")
    assert world.told.of(f"{name}-p") == [
        ("prompt.created", {"name": f"{name}-p", "tags": {"lang": "en"}, "description": ""}),
        (
            "prompt_version.created",
            {"name": f"{name}-p", "version": "1", "template": "Hi {{who}}", "tags": {"team": "a"}, "description": "why"},
        ),
        ("prompt_alias.created", {"name": f"{name}-p", "alias": "prod", "version": "1"}),
        ("prompt_version_tag.set", {"name": f"{name}-p", "version": "1", "key": "k", "value": "v"}),
        ("prompt_alias.deleted", {"name": f"{name}-p", "alias": "prod"}),
    ]
    await world.model(name, versions=1)
    await world.ask("POST", "model-versions/transition-stage", name=name, version="1", stage="Staging")
    await world.ask("POST", "registered-models/alias", name=name, alias="prod", version="1")
    assert world.told.of(name) == [
        ("registered_model.created", {"name": name, "tags": {}, "description": ""}),
        (
            "model_version.created",
            {"name": name, "version": "1", "source": "s3://bucket/m", "run_id": None, "tags": {}, "description": None},
        ),
        ("model_version.transitioned", {"name": name, "version": "1", "from_stage": "None", "to_stage": "Staging"}),
        ("model_version_alias.created", {"name": name, "alias": "prod", "version": "1"}),
    ]


async def test_what_one_side_removes_is_gone_for_the_other(world, name):
    for text in ("one", "two"):
        await _prompt(world, name, text)
    await world.prompts.set_alias(name, "prod", 2)
    await world.prompts.delete_version(name, 2, "wrong")
    assert (await world.refused("GET", "model-versions/get", name=name, version="2"))[0] == 404
    assert (await world.moves.log(name)).moves[0].reason == "wrong"
    assert (await world.prompts.create_version(name, template="three")).version == 3
    for number in (1, 3):
        await world.prompts.delete_version(name, number)
    with pytest.raises(PromptNotFound):
        await world.prompts.get(name)
    await world.prompts.delete(name)
    assert (await world.refused("GET", "registered-models/get", name=name))[0] == 404
    await world.model(name)
    with pytest.raises(PromptNotFound):
        await world.prompts.delete(name)


class OnlyEven:
    name = "even"

    async def refusal(self, move):
        return None if move.version % 2 == 0 else f"version {move.version} is odd"


async def test_a_check_refuses_a_move_and_the_log_says_who_wanted_it_and_why_not(world, name):
    await world.model(name, versions=2)
    await world.prompts.create_version(f"{name}-p", template="one")
    world.moves.register(OnlyEven())
    CURRENT.set(Actor("ada", "release 7"))
    status, code, message = await world.refused("POST", "registered-models/alias", name=name, alias="prod", version="1")
    assert (status, code) == (403, "PERMISSION_DENIED")
    assert "refused by the check 'even': version 1 is odd" in message
    assert (await world.refused("POST", "model-versions/transition-stage", name=name, version="1", stage="Production"))[0] == 403
    assert (await world.refused("GET", "registered-models/alias", name=name, alias="prod"))[0] == 400
    await world.ask("POST", "registered-models/alias", name=name, alias="prod", version="2")
    with pytest.raises(PromptMoveRefused):
        await world.prompts.set_alias(f"{name}-p", "prod", 1)
    first, second, third = reversed((await world.moves.log(name)).moves)
    assert (first.after, first.refusal, first.actor, first.reason) == ("1", "even: version 1 is odd", "ada", "release 7")
    assert (second.field, second.after, second.refusal) == ("stage", "Production", "even: version 1 is odd")
    assert (third.after, third.refusal, third.actor) == ("2", "", "ada")
    assert MoveRefused.status == 403
