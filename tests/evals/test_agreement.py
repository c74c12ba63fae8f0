"""What people and a judge said of the same traces, as figures."""

import pytest

from evals.agreement import MOST_VALUES, Agreement, Pair, agreement_of


def test_agreement_is_more_than_chance_only_where_both_tell_things_apart():
    found = agreement_of([Pair("yes", "yes", 20), Pair("no", "no", 15), Pair("yes", "no", 5), Pair("no", "yes", 10)])
    assert (found.traces, found.agreed, found.share) == (50, 35, 0.7)
    assert found.kappa == pytest.approx(0.4)  # the example of Cohen's kappa that textbooks give
    assert found.count("yes", "no") == 5 and found.count("yes", "maybe") == 0


def test_where_all_say_one_thing_chance_explains_it_and_nothing_is_unknown_not_zero():
    assert agreement_of([Pair("yes", "yes", 9)]).kappa is None
    assert agreement_of([]) == Agreement() and Agreement().share is None


def test_too_many_values_make_no_table():
    found = agreement_of([Pair(str(number), "1", 1) for number in range(MOST_VALUES + 1)])
    assert found.values == () and found.pairs == () and found.traces == MOST_VALUES + 1
