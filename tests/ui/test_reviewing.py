"""Questions become controls, answered forms become assessments, and what is no answer is said to be none."""

import pytest

from registry.errors import InvalidParameterValue
from server.ui.reviewing import answers, questions
from tests.ui.demo_reviews import SCHEMAS

ASKED = questions(SCHEMAS)


def test_digits_go_through_the_choices_of_all_questions():
    assert [choice.key for question in ASKED for choice in question.choices] == ["1", "2", "3", "4", "5"]
    assert [question.control for question in ASKED] == ["choices", "choices", "number", "text"]


def test_answers_become_feedback_and_expectations_of_the_reviewer():
    form = {"q0": ["false"], "q0-comment": [" too short "], "q1": ["kind", "curt"], "q2": ["4.5"], "q3": ["Say where."]}
    right, tone, stars, better = answers(ASKED, form, "ada")
    assert right.feedback.value is False and right.rationale == "too short" and right.source.source_id == "ada"
    assert tone.feedback.value == ["kind", "curt"] and stars.feedback.value == 4.5
    assert better.feedback is None and better.expectation.value == "Say where."


def test_a_question_that_is_left_out_says_nothing():
    assert answers(ASKED, {"q0": [""], "q0-comment": ["only a comment"], "q3": ["  "]}, "ada") == []


@pytest.mark.parametrize(
    "form", [{"q0": ["maybe"]}, {"q1": ["kind", "rude"]}, {"q2": ["nan"]}, {"q2": ["6"]}, {"q2": ["x"]}, {"q3": ["x" * 501]}]
)
def test_what_is_no_answer_is_refused_and_named(form):
    with pytest.raises(InvalidParameterValue, match=r"right|tone|stars|better"):
        answers(ASKED, form, "ada")
