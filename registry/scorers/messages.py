"""MLflow's messages of scorers."""

from typing import Any

from registry.wire import Int64, Message, RequiredText

__all__ = (
    "DeleteScorer",
    "GetOnlineScoringConfigs",
    "GetScorer",
    "ListScorerVersions",
    "ListScorers",
    "OnlineScoringConfig",
    "RegisterScorer",
    "Scorer",
    "UpsertOnlineScoringConfig",
)


class Scorer(Message):
    """A version of a scorer."""

    experiment_id: Int64
    scorer_name: str
    scorer_version: int
    serialized_scorer: str
    creation_time: Int64
    scorer_id: str


class RegisterScorer(Message):
    """Keep a scorer: the next version of its name in the experiment."""

    experiment_id: RequiredText
    name: RequiredText
    serialized_scorer: RequiredText

    class Response(Message):
        """What it became. The experiment's id is text here, and a number in ``Scorer``."""

        version: int
        scorer_id: str
        experiment_id: str
        name: str
        serialized_scorer: str
        creation_time: Int64


class ListScorers(Message):
    """The latest version of each scorer of one experiment, of several, or of all."""

    experiment_id: str | None = None
    experiment_ids: list[str] = []

    class Response(Message):
        """Those versions, by name."""

        scorers: list[Scorer] = []


class ListScorerVersions(Message):
    """All versions of a scorer."""

    experiment_id: RequiredText
    name: RequiredText

    class Response(Message):
        """Those versions, in order."""

        scorers: list[Scorer] = []


class GetScorer(Message):
    """A version of a scorer, the latest when none is named."""

    experiment_id: RequiredText
    name: RequiredText
    version: int | None = None

    class Response(Message):
        """That version."""

        scorer: Scorer


class DeleteScorer(Message):
    """Remove a version of a scorer, or all of them when none is named."""

    experiment_id: RequiredText
    name: RequiredText
    version: int | None = None


class OnlineScoringConfig(Message, omit_defaults=False):
    """The share of new traces that a scorer is to look at."""

    online_scoring_config_id: str
    scorer_id: str
    sample_rate: float
    experiment_id: str
    filter_string: str | None = None


class UpsertOnlineScoringConfig(Message):
    """Set the share of new traces that a scorer looks at; 0 stops it."""

    experiment_id: RequiredText
    name: RequiredText
    sample_rate: Any
    filter_string: Any = None

    class Response(Message):
        """As it is now."""

        config: OnlineScoringConfig


class GetOnlineScoringConfigs(Message):
    """How much some scorers look at."""

    scorer_ids: list[str]

    class Response(Message, omit_defaults=False):
        """For those that were told."""

        configs: list[OnlineScoringConfig]
