"""The endpoints of evaluation datasets."""

from typing import Any

from registry.evaluation_datasets import messages as wire
from registry.evaluation_datasets.service import DatasetService
from registry.wire import Endpoint

__all__ = ("endpoints",)


def endpoints(service: DatasetService) -> list[Endpoint[Any]]:
    """Every endpoint of evaluation datasets, for MLflow's table."""
    one = "/3.0/mlflow/datasets/{dataset_id}"
    return [
        Endpoint("POST", "/3.0/mlflow/datasets/create", wire.CreateDataset, service.create),
        Endpoint("POST", "/3.0/mlflow/datasets/search", wire.SearchEvaluationDatasets, service.search),
        Endpoint("GET", "/3.0/mlflow/datasets/search", wire.SearchEvaluationDatasets, service.search),
        Endpoint("GET", one, wire.GetDataset, service.get),
        Endpoint("DELETE", one, wire.DeleteDataset, service.delete),
        Endpoint("PATCH", f"{one}/tags", wire.SetDatasetTags, service.set_tags),
        Endpoint("DELETE", f"{one}/tags/{{key:path}}", wire.DeleteDatasetTag, service.delete_tag),
        Endpoint("POST", f"{one}/records", wire.UpsertDatasetRecords, service.upsert_records),
        Endpoint("GET", f"{one}/records", wire.GetDatasetRecords, service.records),
        Endpoint("DELETE", f"{one}/records", wire.DeleteDatasetRecords, service.delete_records),
        Endpoint("GET", f"{one}/experiment-ids", wire.GetDatasetExperimentIds, service.experiment_ids),
        Endpoint("POST", f"{one}/add-experiments", wire.AddDatasetToExperiments, service.add_experiments),
        Endpoint("POST", f"{one}/remove-experiments", wire.RemoveDatasetFromExperiments, service.remove_experiments),
    ]
