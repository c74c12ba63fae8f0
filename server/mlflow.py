"""What the mlflow client speaks to: the endpoints of all areas, and what it asks the server about itself."""

from collections.abc import Awaitable, Callable

from registry.access.endpoints import endpoints as access_endpoints
from registry.access.single import endpoints as single_permission_endpoints
from registry.artifacts.endpoints import endpoints as artifact_endpoints
from registry.evaluation_datasets.endpoints import endpoints as dataset_endpoints
from registry.gateway_admin.endpoints import endpoints as gateway_endpoints
from registry.issues.endpoints import endpoints as issue_endpoints
from registry.logged_models.endpoints import endpoints as logged_model_endpoints
from registry.mcp_servers.endpoints import endpoints as mcp_server_endpoints
from registry.models.endpoints import endpoints as model_endpoints
from registry.reviews.endpoints import endpoints as review_endpoints
from registry.runs.endpoints import endpoints as run_endpoints
from registry.scorers.endpoints import endpoints as scorer_endpoints
from registry.skills.endpoints import endpoints as skill_endpoints
from registry.traces.endpoints import endpoints as trace_endpoints
from registry.webhooks.endpoints import endpoints as webhook_endpoints
from registry.wire import Endpoint, Message
from registry.wire.endpoints import Table
from registry.workspaces.endpoints import endpoints as workspace_endpoints
from server.services import Services

__all__ = ("mlflow_endpoints",)


class GetServerInfo(Message):
    """The client asks before it transfers artifacts, and remembers the answer for a minute."""

    class Response(Message, omit_defaults=False):
        """What this server can do. ``store_type`` is what the client calls a store with a database behind it."""

        store_type: str = "SqlStore"
        workspaces_enabled: bool = True
        trace_archival_enabled: bool = False
        multipart_uploads_enabled: bool = False
        multipart_downloads_enabled: bool = False
        artifact_serving_enabled: bool = True
        presigned_upload_run_id_supported: bool = False
        presigned_upload_model_id_supported: bool = False
        model_artifact_presigned_downloads_supported: bool = False
        artifacts_presigned_only: bool = False
        features_enabled: dict[str, bool]


def _server_info(services: Services) -> Callable[[GetServerInfo], Awaitable[GetServerInfo.Response]]:
    direct = services.files.direct_transfers

    async def answer(request: GetServerInfo) -> GetServerInfo.Response:
        return GetServerInfo.Response(
            multipart_uploads_enabled=direct.takes_parts,
            multipart_downloads_enabled=direct.signs,
            presigned_upload_run_id_supported=direct.signs,
            presigned_upload_model_id_supported=direct.signs,
            features_enabled={"gateway": True, "scheduled_issue_detection": False},
        )

    return answer


def mlflow_endpoints(services: Services) -> Table:
    """The endpoints of all areas, each of which adds a line."""
    access, names, tracking, traces = services.access, services.names, services.tracking, services.mlflow_traces
    return Table(
        [
            Endpoint("GET", "/3.0/mlflow/server-info", GetServerInfo, _server_info(services)),
            *run_endpoints(tracking.experiments, tracking.runs, tracking.run_log, tracking.metric_history),
            *artifact_endpoints(services.files.artifacts, services.files.direct_transfers),
            *logged_model_endpoints(tracking.logged_models),
            *model_endpoints(names.registered_models, names.model_versions, names.aliases),
            *trace_endpoints(
                traces.traces,
                traces.second_version,
                traces.filter_correlation,
                traces.metrics,
                traces.assessments,
            ),
            *scorer_endpoints(tracking.scorers, services.proxy.gateway.knows),
            *dataset_endpoints(tracking.evaluation_datasets),
            *review_endpoints(tracking.label_schemas, tracking.review_queues),
            *issue_endpoints(tracking.issues),
            *mcp_server_endpoints(names.mcp_servers, names.mcp_versions, names.mcp_access),
            *skill_endpoints(names.skills, names.skill_registration, names.skill_versions),
            *access_endpoints(access.users, access.roles),
            *single_permission_endpoints(access.book),
            *workspace_endpoints(access.workspaces),
            *webhook_endpoints(names.webhooks),
            *gateway_endpoints(services.proxy.admin),
        ]
    )
