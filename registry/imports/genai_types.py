"""What travels of scorers and evaluation datasets from an importing command to the server. Times are milliseconds since the epoch."""

from typing import Any

import msgspec

__all__ = ("DatasetRecord", "DatasetRecords", "EvaluationDataset", "GenaiCounts", "GenaiScope", "Scorer", "ScorerVersion")


class ScorerVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a scorer."""

    version: int
    serialized: str
    creation_time: int


class Scorer(msgspec.Struct, frozen=True, kw_only=True):
    """A scorer with all its versions."""

    scorer_id: str
    experiment_id: str
    name: str
    versions: list[ScorerVersion]


class DatasetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record of an evaluation dataset. ``said``: outputs, expectations, tags and source, as clients send them."""

    record_id: str
    inputs: Any
    said: dict[str, Any]
    created_time: int
    last_update_time: int
    created_by: str | None = None
    last_updated_by: str | None = None


class EvaluationDataset(msgspec.Struct, frozen=True, kw_only=True):
    """An evaluation dataset without its records; its experiments are those of the server that it is sent to."""

    dataset_id: str
    name: str
    schema: dict[str, Any] | None
    digest: str
    created_time: int
    last_update_time: int
    created_by: str | None = None
    last_updated_by: str | None = None
    tags: dict[str, str] = {}
    experiment_ids: list[str] = []


class DatasetRecords(msgspec.Struct, frozen=True):
    """A request to store records of a dataset that is here."""

    dataset_id: str
    records: list[DatasetRecord]


class GenaiScope(msgspec.Struct, frozen=True):
    """What to count: everything that belongs to these. Scorers are named by the experiment here and their name."""

    scorers: list[tuple[str, str]] = []
    dataset_ids: list[str] = []


class GenaiCounts(msgspec.Struct, frozen=True):
    """How many scorers, datasets and records there are."""

    scorer_versions: int = 0
    evaluation_datasets: int = 0
    dataset_records: int = 0
