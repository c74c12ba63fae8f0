"""Evaluation datasets for the pages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from registry.evaluation_datasets.messages import Dataset, GetDataset, GetDatasetRecords, SearchEvaluationDatasets
from server.ui.datasets import DatasetExample, DatasetLine, DatasetRecords
from server.ui.format import indented
from server.visible.calls import Calls
from tracing.times import milliseconds_text

__all__ = ("PageDatasets",)

DATASETS: Final = 100
EXAMPLES: Final = 50


class PageDatasets:
    """Implements ``server.ui.services.Datasets``."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def list(self, page: str) -> tuple[Sequence[DatasetLine], str]:
        """A page of datasets, newest first, and the token of the next page."""
        asked = SearchEvaluationDatasets(max_results=DATASETS, page_token=page or None)
        found: SearchEvaluationDatasets.Response = await self._calls.ask(asked)
        return [_dataset(each) for each in found.datasets], found.next_page_token or ""

    async def show(self, dataset_id: str, page: str) -> DatasetRecords:
        """One dataset."""
        found: GetDataset.Response = await self._calls.ask(GetDataset(dataset_id=dataset_id))
        asked = GetDatasetRecords(dataset_id=dataset_id, max_results=EXAMPLES, page_token=page or None)
        records: GetDatasetRecords.Response = await self._calls.ask(asked)
        examples = [_example(each) for each in msgspec.json.decode(records.records, type=list[dict[str, Any]])]
        return DatasetRecords(dataset=_dataset(found.dataset), examples=examples, next_page=records.next_page_token or "")


def _dataset(found: Dataset) -> DatasetLine:
    schema = msgspec.json.decode(found.schema or "{}", type=dict[str, Any])
    parts = ("inputs", "outputs", "expectations")
    return DatasetLine(
        dataset_id=found.dataset_id,
        name=found.name,
        records=msgspec.json.decode(found.profile or "{}", type=dict[str, int]).get("num_records", 0),
        experiments=found.experiment_ids,
        tags=msgspec.json.decode(found.tags or "{}", type=dict[str, str]),
        fields={part: list(schema[part]) for part in parts if isinstance(schema.get(part), dict) and schema[part]},
        created_by=found.created_by or "",
        updated_at=milliseconds_text(found.last_update_time * 1_000_000),
    )


def _example(record: Mapping[str, Any]) -> DatasetExample:
    return DatasetExample(
        inputs=_indented(record["inputs"]),
        expectations=_indented(record.get("expectations")),
        outputs=_indented(record.get("outputs")),
        trace_id=str(record.get("source_id", "")).removeprefix("tr-") if record.get("source_type") == "TRACE" else "",
        updated_at=milliseconds_text(record["last_update_time"] * 1_000_000),
    )


def _indented(value: Any) -> str:
    return "" if value in (None, {}) else indented(value)
