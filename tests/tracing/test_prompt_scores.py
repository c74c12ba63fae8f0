"""Scores of the versions of a prompt, over a real database."""

from tests.tracing.test_store import says
from tracing.prompt_scores_store import PromptScoreStore, VersionScores


def used(spans, version, **attributes):
    return spans.make({"gen_ai.prompt.name": "support", "gen_ai.prompt.version": version, **attributes})


async def scores_of(tracing):
    return await PromptScoreStore(tracing.telemetry, lambda: tracing.log.store(tracing.telemetry)).of("support")


async def test_a_version_has_the_scores_of_the_traces_that_used_it_and_unknown_is_not_zero(tracing, spans):
    one, two, three, other = used(spans, "1"), used(spans, "1"), used(spans, "2"), used(spans, "3")
    tracing.sink.put([one, two, three, other])
    tracing.assessments.put([
        says(one, "helpful", True), says(two, "helpful", False), says(three, "helpful", None, error_code="refused"),
        says(one, "similarity", 0.5), says(two, "similarity", 1.0), says(three, "tone", "kind"),
    ])  # fmt: skip
    found = await scores_of(tracing)
    assert found.traces == {"1": 2, "2": 1, "3": 1}
    known = {(each.version, each.name): each for each in found.scores}
    helpful, refused, similarity, tone = (known[key] for key in (("1", "helpful"), ("2", "helpful"), ("1", "similarity"), ("2", "tone")))
    assert (helpful.scored, helpful.answered, helpful.yes, helpful.mean, helpful.figure) == (2, 2, 1, None, 0.5)
    assert (refused.scored, refused.unscored, refused.mean, refused.figure) == (0, 1, None, None)
    assert (similarity.measured, similarity.mean, similarity.answered) == (2, 0.75, 0)
    assert (tone.scored, tone.categories, tone.figure) == (1, {"kind": 1}, None)
    assert not any(version == "3" for version, _ in known)


async def test_the_latest_word_on_a_trace_counts_once_and_judges_traffic_is_no_use(tracing, spans):
    one, judged = used(spans, "1"), used(spans, "2", **{"tidegate.judge.name": "helpful"})
    tracing.sink.put([one, judged])
    late = "2026-01-02T00:00:00.000Z"
    tracing.assessments.put(
        [
            says(one, "helpful", True, updated_at="2026-01-01T00:00:00.000Z"),
            says(one, "helpful", False, assessment_id="later", updated_at=late),
        ]
    )
    found = await scores_of(tracing)
    assert found.traces == {"1": 1} and [(each.scored, each.yes) for each in found.scores] == [(1, 0)]
    assert await PromptScoreStore(tracing.telemetry, lambda: tracing.log.store(tracing.telemetry)).of("nobody's") == VersionScores({}, [])
