"""MLflow's messages of evaluation datasets. Maps and records travel as JSON text."""

from registry.wire import Int64, Message, RequiredText

__all__ = (
    "AddDatasetToExperiments",
    "CreateDataset",
    "Dataset",
    "DeleteDataset",
    "DeleteDatasetRecords",
    "DeleteDatasetTag",
    "GetDataset",
    "GetDatasetExperimentIds",
    "GetDatasetRecords",
    "RemoveDatasetFromExperiments",
    "SearchEvaluationDatasets",
    "SetDatasetTags",
    "UpsertDatasetRecords",
)


class Dataset(Message):
    """A dataset without its records. ``tags``, ``schema`` and ``profile`` are JSON."""

    dataset_id: str
    name: str
    tags: str | None = None
    schema: str | None = None
    profile: str | None = None
    digest: str | None = None
    created_time: Int64
    last_update_time: Int64
    created_by: str | None = None
    last_updated_by: str | None = None
    experiment_ids: list[str] = []


class CreateDataset(Message):
    """Make a dataset; names need not differ."""

    name: RequiredText
    experiment_ids: list[str] = []
    created_by: str | None = None
    tags: str | None = None

    class Response(Message):
        """As it was stored."""

        dataset: Dataset


class GetDataset(Message):
    """One dataset."""

    dataset_id: RequiredText

    class Response(Message):
        """That dataset."""

        dataset: Dataset


class DeleteDataset(Message):
    """Remove a dataset with its records."""

    dataset_id: RequiredText


class SearchEvaluationDatasets(Message):
    """Datasets, of some experiments where any are named."""

    experiment_ids: list[str] = []
    filter_string: str | None = None
    max_results: int = 1000
    order_by: list[str] = []
    page_token: str | None = None

    class Response(Message):
        """A page of them."""

        datasets: list[Dataset] = []
        next_page_token: str | None = None


class SetDatasetTags(Message):
    """Set tags; one that is ``null`` is removed."""

    dataset_id: RequiredText
    tags: RequiredText

    class Response(Message):
        """The dataset as it is now."""

        dataset: Dataset


class DeleteDatasetTag(Message):
    """Remove a tag."""

    dataset_id: RequiredText
    key: RequiredText


class UpsertDatasetRecords(Message):
    """Add records; those with inputs that are there already are changed."""

    dataset_id: RequiredText
    records: RequiredText
    updated_by: str | None = None

    class Response(Message, omit_defaults=False):
        """How many were new, and how many were not."""

        inserted_count: int
        updated_count: int


class GetDatasetExperimentIds(Message):
    """The experiments of a dataset."""

    dataset_id: RequiredText

    class Response(Message):
        """Their ids."""

        experiment_ids: list[str] = []


class GetDatasetRecords(Message):
    """Records of a dataset, the oldest first."""

    dataset_id: RequiredText
    max_results: int | None = None
    page_token: str | None = None

    class Response(Message):
        """A page of them, as a JSON list."""

        records: str
        next_page_token: str | None = None


class DeleteDatasetRecords(Message):
    """Remove records."""

    dataset_id: RequiredText
    dataset_record_ids: list[str] = []

    class Response(Message, omit_defaults=False):
        """How many went."""

        deleted_count: int


class AddDatasetToExperiments(Message):
    """Share a dataset with more experiments."""

    dataset_id: RequiredText
    experiment_ids: list[str] = []

    class Response(Message):
        """The dataset as it is now."""

        dataset: Dataset


class RemoveDatasetFromExperiments(AddDatasetToExperiments):
    """Share it no longer with some."""
