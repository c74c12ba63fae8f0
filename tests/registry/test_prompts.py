import asyncio

import pytest

from registry.prompts.cache import PromptCache
from registry.prompts.errors import PromptInvalid, PromptNotFound, VariablesRejected
from registry.prompts.service import PromptService
from registry.prompts.types import Message
from storage.errors import MetadataUnavailable


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class Switchable:
    """The real database, until it is switched off; counts reads."""

    def __init__(self, metadata):
        self._metadata = metadata
        self.away = False
        self.reads = 0

    async def run(self, fn):
        return await self._metadata.run(fn)

    async def read(self, fn):
        self.reads += 1
        if self.away:
            raise MetadataUnavailable("the database is away")
        return await self._metadata.read(fn)


@pytest.fixture
def prompts(metadata_any):
    return PromptService(metadata_any)


async def test_versions_count_from_one_and_keep_their_text(prompts):
    first = await prompts.create_version(
        "support", template="Hello {{ name }}, {{topic}}", commit_message="start", model="fake/echo", tags={"team": "a"}
    )
    second = await prompts.create_version("support", template="Hi {{name}}")
    assert (first.version, second.version) == (1, 2)
    found = await prompts.get("support", 1)
    assert found == first
    assert found.variables == ["name", "topic"]
    assert (found.template, found.commit_message, found.model, found.tags) == (
        "Hello {{ name }}, {{topic}}",
        "start",
        "fake/echo",
        {"team": "a"},
    )
    assert [each.version for each in await prompts.versions("support")] == [2, 1]


async def test_an_alias_moves_with_a_new_version_and_latest_by_itself(prompts):
    await prompts.create_version("support", template="one", aliases=["production"])
    await prompts.create_version("support", template="two")
    assert (await prompts.get("support", "production")).version == 1
    assert (await prompts.get("support", "latest")).version == (await prompts.get("support")).version == 2
    await prompts.create_version("support", template="three", aliases=["production", "production"])
    assert (await prompts.get("support", "production")).aliases == ["production"]
    assert (await prompts.prompt("support")).aliases == {"production": 3}


async def test_a_deleted_alias_is_gone_and_its_version_stays(prompts):
    await prompts.create_version("support", template="one", aliases=["production"])
    await prompts.delete_alias("support", "production")
    with pytest.raises(PromptNotFound, match="no alias 'production'"):
        await prompts.get("support", "production")
    with pytest.raises(PromptNotFound, match="no alias 'production'"):
        await prompts.delete_alias("support", "production")
    assert (await prompts.get("support", 1)).template == "one"


async def test_a_chat_prompt_is_rendered_in_text_and_in_parts(prompts):
    parts = [{"type": "text", "text": "What is {{ what }}?"}, {"type": "image_url", "image_url": {"url": "{{ url }}", "detail": "low"}}]
    await prompts.create_version("see", messages=[Message("system", "You are {{ who }}."), Message("user", parts)])
    rendered = await prompts.render("see", "1", {"who": "kind", "what": "this", "url": "https://a.example/x.png"})
    assert rendered.messages == [
        {"role": "system", "content": "You are kind."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "https://a.example/x.png", "detail": "low"}},
            ],
        },
    ]


async def test_a_text_prompt_is_rendered_as_one_user_message_with_its_version(prompts):
    await prompts.create_version("support", template="{{ n }} of {{ what }}", model="fake/echo")
    rendered = await prompts.render("support", None, {"n": 3, "what": "{{ n }}"})
    assert rendered.messages == [{"role": "user", "content": "3 of {{ n }}"}]
    assert (rendered.name, rendered.version, rendered.model) == ("support", 1, "fake/echo")


async def test_variables_that_do_not_fit_are_all_named(prompts):
    await prompts.create_version("support", template="{{ a }} {{ b }} {{ c }}")
    with pytest.raises(VariablesRejected, match=r"missing: 'a', 'b'; not in the template: 'x', 'y'") as caught:
        await prompts.render("support", "latest", {"c": "1", "y": "2", "x": "3"})
    assert caught.value.missing == ("a", "b")
    assert "'a', 'b', 'c'" in caught.value.hint


@pytest.mark.parametrize("value", [None, True, ["a"], {"a": 1}, float("nan")])
async def test_a_value_that_is_neither_text_nor_a_number_is_refused(prompts, value):
    await prompts.create_version("support", template="{{ a }}")
    with pytest.raises(VariablesRejected, match="variable 'a'"):
        await prompts.render("support", "latest", {"a": value})


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "x" * 256, "a@b"])
async def test_a_bad_name_is_refused(prompts, name):
    with pytest.raises(PromptInvalid, match="not a name"):
        await prompts.create_version(name, template="x")


@pytest.mark.parametrize("alias", ["latest", "3", "v3", "V12", "", "a b", "a/b"])
async def test_a_bad_alias_is_refused_and_registers_nothing(prompts, alias):
    with pytest.raises(PromptInvalid) as caught:
        await prompts.create_version("support", template="x", aliases=[alias])
    assert caught.value.code == "prompt_alias_invalid"
    assert (await prompts.list()).prompts == []


@pytest.mark.parametrize("text", ["{{ user-name }}", "{{ user. name }}", "{{ a | upper }}", "{% if a %}x{% endif %}", "{{ two words }}"])
async def test_what_looks_like_a_variable_and_is_none_is_refused(prompts, text):
    with pytest.raises(PromptInvalid) as caught:
        await prompts.create_version("support", template=f"Hello {text}")
    assert caught.value.code == "prompt_template_invalid"


@pytest.mark.parametrize("text", ['{"a": {"b": 1}}', "{{}}", '{{"a": 1}}', "{ x }", "\\frac{{1}}{2}"])
async def test_other_braces_are_text(prompts, text):
    made = await prompts.create_version("support", template=text)
    assert made.variables == []
    assert (await prompts.render("support", 1, {})).messages[0]["content"] == text


async def test_a_version_has_exactly_one_of_template_and_messages(prompts):
    for arguments in (
        {},
        {"template": "x", "messages": [Message("user", "x")]},
        {"template": ""},
        {"messages": []},
        {"template": "x" * 100_001},
    ):
        with pytest.raises(PromptInvalid):
            await prompts.create_version("support", **arguments)


async def test_what_is_not_there_is_named_with_what_is(prompts):
    await prompts.create_version("support", template="x", aliases=["production"])
    with pytest.raises(PromptNotFound, match="no prompt 'other'"):
        await prompts.get("other")
    with pytest.raises(PromptNotFound, match="no version 9") as caught:
        await prompts.set_alias("support", "candidate", 9)
    assert "versions 1 to 1" in caught.value.hint
    with pytest.raises(PromptNotFound, match="no alias 'staging'") as caught:
        await prompts.render("support", "staging", {})
    assert "production, latest" in caught.value.hint


async def test_pages_of_prompts_follow_one_another(prompts):
    for name in ("c", "a", "b"):
        await prompts.create_version(name, template="x")
    first = await prompts.list(limit=2)
    assert [each.name for each in first.prompts] == ["a", "b"]
    rest = await prompts.list(limit=2, cursor=first.next_cursor)
    assert ([each.name for each in rest.prompts], rest.next_cursor) == (["c"], None)


async def test_many_writers_at_once_get_consecutive_numbers(prompts):
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(prompts.create_version("support", template=f"text {number}", aliases=["production"])) for number in range(40)
        ]
    made = [task.result() for task in tasks]
    assert sorted(each.version for each in made) == list(range(1, 41))
    for each in made:
        assert (await prompts.get("support", each.version)).template == each.template


async def test_rendering_again_does_not_ask_the_database(metadata):
    database, clock = Switchable(metadata), Clock()
    prompts = PromptService(database, PromptCache(clock))
    await prompts.create_version("support", template="x", aliases=["production"])
    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(prompts.render("support", "production", {}))
    assert database.reads == 1
    clock.now += 1.1
    await prompts.render("support", "production", {})
    assert database.reads == 2


async def test_an_alias_moved_here_is_seen_at_once_and_one_moved_elsewhere_after_a_second(metadata):
    clock = Clock()
    here, elsewhere = PromptService(metadata, PromptCache(clock)), PromptService(metadata)
    await here.create_version("support", template="one", aliases=["production"])
    await here.create_version("support", template="two")
    assert (await here.render("support", "production", {})).version == 1
    await here.set_alias("support", "production", 2)
    assert (await here.render("support", "production", {})).version == 2
    await elsewhere.set_alias("support", "production", 1)
    clock.now += 1.1
    assert (await here.render("support", "production", {})).version == 1


async def test_rendering_goes_on_while_the_database_is_away(metadata):
    database, clock = Switchable(metadata), Clock()
    prompts = PromptService(database, PromptCache(clock))
    await prompts.create_version("support", template="x", aliases=["production"])
    await prompts.render("support", "production", {})
    database.away, clock.now = True, clock.now + 60
    assert (await prompts.render("support", "production", {})).version == 1
    with pytest.raises(MetadataUnavailable):
        await prompts.render("support", "never-asked-for", {})
