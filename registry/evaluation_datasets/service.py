"""Evaluation datasets: made, filled, tagged, shared, found, removed."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection

from registry.errors import ResourceDoesNotExist
from registry.evaluation_datasets import messages as wire
from registry.evaluation_datasets import store
from registry.evaluation_datasets.forms import digest_of, record_object, tag_texts, whole_datasets
from registry.evaluation_datasets.records import (
    USER,
    decoded_object,
    input_hash,
    merged,
    new_said,
    read_records,
    schema_with,
    user_of,
)
from registry.evaluation_datasets.search_store import parse_search, search_datasets
from registry.evaluation_datasets.store import DatasetRow, RecordRow
from registry.runs.checks import check_max_results, experiment_number
from registry.runs.experiments import find_experiment
from registry.runs.types import Metadata, now_ms
from registry.search import next_token, offset_of
from tracing.payload import encode

__all__ = ("DatasetService",)

PAGE: Final = 1000


class DatasetService:
    """What is done with evaluation datasets. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    async def create(self, request: wire.CreateDataset) -> wire.CreateDataset.Response:
        """Make a dataset. Experiments that are named must be there."""
        tags = tag_texts(decoded_object(request.tags, "tags")) if request.tags else {}
        given = {key: value for key, value in tags.items() if value is not None}
        numbers = [experiment_number(each) for each in request.experiment_ids]
        now = now_ms()
        user = request.created_by or given.get(USER)
        row = DatasetRow(
            dataset_id=f"d-{uuid4().hex}",
            name=request.name,
            digest=digest_of(request.name, now),
            created_time=now,
            last_update_time=now,
            created_by=user,
            last_updated_by=user,
        )

        def write(connection: Connection) -> wire.Dataset:
            _check_experiments(connection, numbers)
            store.insert_dataset(connection, row)
            store.put_tags(connection, row.dataset_id, given)
            store.link(connection, row.dataset_id, numbers)
            return whole_datasets(connection, [row])[0]

        return wire.CreateDataset.Response(dataset=await self._metadata.run(write))

    async def get(self, request: wire.GetDataset) -> wire.GetDataset.Response:
        """A dataset without its records."""
        found = await self._metadata.read(lambda connection: whole_datasets(connection, [_find(connection, request.dataset_id)])[0])
        return wire.GetDataset.Response(dataset=found)

    async def delete(self, request: wire.DeleteDataset) -> None:
        """Remove a dataset. One that nobody knows is no error."""
        await self._metadata.run(lambda connection: store.delete_dataset(connection, request.dataset_id))

    async def search(self, request: wire.SearchEvaluationDatasets) -> wire.SearchEvaluationDatasets.Response:
        """A page of datasets."""
        size = check_max_results(request.max_results)
        search = parse_search(request.filter_string, request.order_by)
        offset = offset_of(request.page_token)
        numbers = [experiment_number(each) for each in request.experiment_ids]

        def read(connection: Connection) -> tuple[list[wire.Dataset], bool]:
            rows = search_datasets(connection, search, numbers, offset, size + 1)
            return whole_datasets(connection, rows[:size]), len(rows) > size

        datasets, more = await self._metadata.read(read)
        return wire.SearchEvaluationDatasets.Response(datasets=datasets, next_page_token=next_token(offset + size) if more else None)

    async def set_tags(self, request: wire.SetDatasetTags) -> wire.SetDatasetTags.Response:
        """Set tags; one that is ``null`` is removed. What the dataset holds stays as it was, and so do its digest and its times."""
        tags = tag_texts(decoded_object(request.tags, "tags"))

        def write(connection: Connection) -> wire.Dataset:
            row = _find(connection, request.dataset_id, "Could not find evaluation dataset with ID {}")
            store.put_tags(connection, row.dataset_id, {key: value for key, value in tags.items() if value is not None})
            for key in (key for key, value in tags.items() if value is None):
                store.delete_tag(connection, row.dataset_id, key)
            return whole_datasets(connection, [row])[0]

        return wire.SetDatasetTags.Response(dataset=await self._metadata.run(write))

    async def delete_tag(self, request: wire.DeleteDatasetTag) -> None:
        """Remove a tag, if it is there. A dataset that is gone has none."""
        await self._metadata.run(lambda connection: store.delete_tag(connection, request.dataset_id, request.key))

    async def upsert_records(self, request: wire.UpsertDatasetRecords) -> wire.UpsertDatasetRecords.Response:
        """Add records; the same inputs again change the record that is there."""
        records = read_records(request.records)

        def write(connection: Connection) -> int:
            # Written before it is read, which locks it: two clients that add at once come one after the other.
            store.change_dataset(connection, request.dataset_id, {"last_update_time": now_ms()})
            row = _find(connection, request.dataset_id)
            store.change_dataset(connection, row.dataset_id, {"schema": schema_with(row.schema, records)})
            inserted = sum(_put(connection, row.dataset_id, record) for record in records)
            users = [user for record in records if (user := user_of(record))]
            _touched(connection, row, request.updated_by or (users[-1] if users else None))
            return inserted

        inserted = await self._metadata.run(write)
        return wire.UpsertDatasetRecords.Response(inserted_count=inserted, updated_count=len(records) - inserted)

    async def records(self, request: wire.GetDatasetRecords) -> wire.GetDatasetRecords.Response:
        """A page of records."""
        size, offset = check_max_results(request.max_results or PAGE), offset_of(request.page_token)

        def read(connection: Connection) -> list[RecordRow]:
            _find(connection, request.dataset_id)
            return store.read_records(connection, request.dataset_id, offset, size + 1)

        rows = await self._metadata.read(read)
        page = encode([record_object(row) for row in rows[:size]])
        return wire.GetDatasetRecords.Response(records=page, next_page_token=next_token(offset + size) if len(rows) > size else None)

    async def delete_records(self, request: wire.DeleteDatasetRecords) -> wire.DeleteDatasetRecords.Response:
        """Remove records; those that nobody knows are not counted."""

        def write(connection: Connection) -> int:
            row = _find(connection, request.dataset_id)
            deleted = store.delete_records(connection, row.dataset_id, request.dataset_record_ids)
            if deleted:
                _touched(connection, row, row.last_updated_by)
            return deleted

        return wire.DeleteDatasetRecords.Response(deleted_count=await self._metadata.run(write))

    async def experiment_ids(self, request: wire.GetDatasetExperimentIds) -> wire.GetDatasetExperimentIds.Response:
        """The experiments that share a dataset. One that is not there is shared by none."""
        shared = await self._metadata.read(lambda connection: store.read_experiments(connection, [request.dataset_id]))
        return wire.GetDatasetExperimentIds.Response(experiment_ids=shared[request.dataset_id])

    async def add_experiments(self, request: wire.AddDatasetToExperiments) -> wire.AddDatasetToExperiments.Response:
        """Share a dataset with more experiments, which must be there."""
        numbers = [experiment_number(each) for each in request.experiment_ids]

        def write(connection: Connection) -> wire.Dataset:
            row = _find(connection, request.dataset_id, "Dataset '{}' not found")
            _check_experiments(connection, numbers)
            store.link(connection, row.dataset_id, numbers)
            return whole_datasets(connection, [row])[0]

        return wire.AddDatasetToExperiments.Response(dataset=await self._metadata.run(write))

    async def remove_experiments(self, request: wire.RemoveDatasetFromExperiments) -> wire.RemoveDatasetFromExperiments.Response:
        """Share it no longer with some; those that do not share it are left as they are."""
        numbers = [experiment_number(each) for each in request.experiment_ids]

        def write(connection: Connection) -> wire.Dataset:
            row = _find(connection, request.dataset_id, "Dataset '{}' not found")
            store.unlink(connection, row.dataset_id, numbers)
            return whole_datasets(connection, [row])[0]

        return wire.RemoveDatasetFromExperiments.Response(dataset=await self._metadata.run(write))


def _find(connection: Connection, dataset_id: str, sentence: str = "Evaluation dataset with id '{}' not found") -> DatasetRow:
    found = store.read_dataset(connection, dataset_id)
    if found is None:
        raise ResourceDoesNotExist(sentence.format(dataset_id))
    return found


def _check_experiments(connection: Connection, numbers: Sequence[int]) -> None:
    for number in numbers:
        find_experiment(connection, number)


def _put(connection: Connection, dataset_id: str, record: dict[str, Any]) -> bool:
    """Store a record. Returns whether it is new."""
    inputs, now, user = record.get("inputs") or {}, now_ms(), user_of(record)
    digest = input_hash(inputs)
    before = store.read_record(connection, dataset_id, digest)
    if before is None:
        row = RecordRow(
            record_id=f"dr-{uuid4().hex}",
            dataset_id=dataset_id,
            input_hash=digest,
            inputs=inputs,
            said=new_said(record),
            created_time=now,
            last_update_time=now,
            created_by=user,
            last_updated_by=user,
        )
        store.insert_record(connection, row)
        return True
    changes = {"said": merged(before.said, record), "last_update_time": now, "last_updated_by": user or before.last_updated_by}
    store.change_record(connection, before.record_id, changes)
    return False


def _touched(connection: Connection, row: DatasetRow, user: str | None) -> wire.Dataset:
    now = now_ms()
    changes = {"last_update_time": now, "last_updated_by": user, "digest": digest_of(row.name, now)}
    store.change_dataset(connection, row.dataset_id, changes)
    return whole_datasets(connection, [_find(connection, row.dataset_id)])[0]
