"""Words over a list are looked for; what compares is MLflow's language."""

import pytest

from server.ui.asked import expression


@pytest.mark.parametrize(
    ("typed", "filter"),
    [
        ("  ", None),
        ("review", "name ILIKE '%review%'"),
        ("sign in like this", "name ILIKE '%sign in like this%'"),
        ("ada's", "name ILIKE '%ada''s%'"),
        ("status = 'active'", "status = 'active'"),
        ("name like 'a%'", "name like 'a%'"),
        ("status IN ('draft')", "status IN ('draft')"),
    ],
)
def test_words_that_compare_nothing_are_looked_for(typed, filter):
    assert expression(typed, "name") == filter
