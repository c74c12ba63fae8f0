from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from registry.prompts.errors import PromptInvalid
from registry.prompts.render import check_template, fill, match_variables, variables_of

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
texts = st.text(alphabet=st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(texts, names, st.text(max_size=30)), max_size=6), st.sampled_from(["{{%s}}", "{{ %s }}", "{{\t%s\n}}"]))
def test_each_variable_becomes_its_value_and_nothing_else_changes(pieces, shape):
    values = {name: value for _, name, value in pieces}
    template = "".join(text + shape % name for text, name, _ in pieces)
    check_template(template)
    assert variables_of(template) == list(dict.fromkeys(name for _, name, _ in pieces))
    assert fill(template, match_variables(variables_of(template), values)) == "".join(text + values[name] for text, name, _ in pieces)


@given(st.text(max_size=30))
def test_a_value_is_never_read_as_a_template(value):
    assert fill("{{ a }}{{ b }}", {"a": "{{ b }}" + value, "b": value}) == "{{ b }}" + value + value


@given(st.sampled_from(["{{ ", "{{a ", "{% ", "{%- if", " ", "}", "a.", "{{ a" + " " * 50]), st.integers(1, 20_000))
def test_no_text_takes_long_to_check(piece, count):
    text = (piece * count)[:100_000]
    with suppress(PromptInvalid):
        check_template(text)
    assert len(variables_of(text)) <= 1
