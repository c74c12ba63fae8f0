"""The endpoints of label schemas and review queues."""

from typing import Any

from registry.reviews import queue_messages as queue
from registry.reviews import schema_messages as schema
from registry.reviews.queues import ReviewQueueService
from registry.reviews.schemas import LabelSchemaService
from registry.wire import Endpoint

__all__ = ("endpoints",)


def endpoints(schemas: LabelSchemaService, queues: ReviewQueueService) -> list[Endpoint[Any]]:
    """Every endpoint of label schemas and review queues, for MLflow's table."""
    return [*_schemas(schemas), *_queues(queues)]


def _schemas(service: LabelSchemaService) -> list[Endpoint[Any]]:
    return [
        Endpoint("POST", "/3.0/mlflow/label-schemas/create", schema.CreateLabelSchema, service.create),
        Endpoint("GET", "/3.0/mlflow/label-schemas/get", schema.GetLabelSchema, service.get),
        Endpoint("GET", "/3.0/mlflow/label-schemas/get-by-name", schema.GetLabelSchemaByName, service.get_by_name),
        Endpoint("GET", "/3.0/mlflow/label-schemas/list", schema.ListLabelSchemas, service.list),
        Endpoint("PATCH", "/3.0/mlflow/label-schemas/update", schema.UpdateLabelSchema, service.update),
        Endpoint("DELETE", "/3.0/mlflow/label-schemas/delete", schema.DeleteLabelSchema, service.delete),
    ]


def _queues(service: ReviewQueueService) -> list[Endpoint[Any]]:
    return [
        Endpoint("POST", "/3.0/mlflow/review-queues/create", queue.CreateReviewQueue, service.create),
        Endpoint("POST", "/3.0/mlflow/review-queues/get-or-create-user", queue.GetOrCreateUserQueue, service.get_or_create_for_user),
        Endpoint("GET", "/3.0/mlflow/review-queues/get", queue.GetReviewQueue, service.get),
        Endpoint("GET", "/3.0/mlflow/review-queues/get-by-name", queue.GetReviewQueueByName, service.get_by_name),
        Endpoint("GET", "/3.0/mlflow/review-queues/list", queue.ListReviewQueues, service.list),
        Endpoint("POST", "/3.0/mlflow/review-queues/update", queue.UpdateReviewQueue, service.update),
        Endpoint("POST", "/3.0/mlflow/review-queues/delete", queue.DeleteReviewQueue, service.delete),
        Endpoint("POST", "/3.0/mlflow/review-queues/items/add", queue.AddItemsToReviewQueue, service.add_items),
        Endpoint("POST", "/3.0/mlflow/review-queues/items/remove", queue.RemoveItemsFromReviewQueue, service.remove_items),
        Endpoint("GET", "/3.0/mlflow/review-queues/items/list", queue.ListReviewQueueItems, service.list_items),
        Endpoint("POST", "/3.0/mlflow/review-queues/items/set-status", queue.SetReviewQueueItemStatus, service.set_status),
    ]
