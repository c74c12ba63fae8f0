"""The endpoints of traces and assessments."""

from typing import Any

from registry.traces import assessment_messages as assessment
from registry.traces import messages as trace
from registry.traces import older_messages
from registry.traces.assessments import AssessmentService
from registry.traces.correlation import FilterCorrelation
from registry.traces.metric_messages import QueryTraceMetrics
from registry.traces.metrics import TraceMetrics
from registry.traces.second_version import TraceServiceV2
from registry.traces.service import TraceService
from registry.wire import Endpoint

__all__ = ("endpoints",)


def endpoints(
    traces: TraceService,
    older: TraceServiceV2,
    correlation: FilterCorrelation,
    metrics: TraceMetrics,
    assessments: AssessmentService,
) -> list[Endpoint[Any]]:
    """Every endpoint of traces, for MLflow's table."""
    figures = Endpoint("POST", "/3.0/mlflow/traces/metrics", QueryTraceMetrics, metrics.query)
    return [figures, *_traces(traces, correlation), *_older(older), *_tags(traces), *_assessments(assessments)]


def _traces(service: TraceService, correlation: FilterCorrelation) -> list[Endpoint[Any]]:
    return [
        Endpoint("POST", "/3.0/mlflow/traces", trace.StartTraceV3, service.start),
        Endpoint("GET", "/3.0/mlflow/traces/get", trace.GetTrace, service.get),
        Endpoint("GET", "/3.0/mlflow/traces/batchGet", trace.BatchGetTraces, service.batch_get),
        Endpoint("POST", "/3.0/mlflow/traces/batchGetInfos", trace.BatchGetTraceInfos, service.batch_get_infos),
        Endpoint("POST", "/3.0/mlflow/traces/search", trace.SearchTracesV3, service.search),
        Endpoint("POST", "/3.0/mlflow/traces/delete-traces", trace.DeleteTraces, service.delete),
        Endpoint("POST", "/2.0/mlflow/traces/delete-traces", trace.DeleteTraces, service.delete),
        Endpoint("POST", "/2.0/mlflow/traces/link-to-run", trace.LinkTracesToRun, service.link_to_run),
        Endpoint("POST", "/2.0/mlflow/traces/link-prompts", trace.LinkPromptsToTrace, service.link_prompts),
        Endpoint("POST", "/3.0/mlflow/traces/calculate-filter-correlation", trace.CalculateTraceFilterCorrelation, correlation.calculate),
        Endpoint("GET", "/3.0/mlflow/traces/{trace_id}", trace.GetTraceInfoV3, service.get_info),
        *(
            Endpoint("GET", f"/{version}/mlflow/get-trace-artifact", trace.GetTraceArtifact, service.get_file, download="traces.json")
            for version in ("2.0", "3.0")
        ),
    ]


def _older(service: TraceServiceV2) -> list[Endpoint[Any]]:
    return [
        Endpoint("POST", "/2.0/mlflow/traces", older_messages.StartTrace, service.start),
        Endpoint("GET", "/2.0/mlflow/traces", older_messages.SearchTraces, service.search),
        Endpoint("PATCH", "/2.0/mlflow/traces/{request_id}", older_messages.EndTrace, service.end),
        Endpoint("GET", "/2.0/mlflow/traces/{request_id}/info", older_messages.GetTraceInfo, service.get_info),
    ]


def _tags(service: TraceService) -> list[Endpoint[Any]]:
    return [
        Endpoint("PATCH", "/2.0/mlflow/traces/{trace_id}/tags", trace.SetTraceTag, service.set_tag),
        Endpoint("DELETE", "/2.0/mlflow/traces/{trace_id}/tags", trace.DeleteTraceTag, service.delete_tag),
        Endpoint("PATCH", "/3.0/mlflow/traces/{trace_id}/tags", trace.SetTraceTagV3, service.set_tag),
        Endpoint("DELETE", "/3.0/mlflow/traces/{trace_id}/tags", trace.DeleteTraceTagV3, service.delete_tag),
    ]


def _assessments(service: AssessmentService) -> list[Endpoint[Any]]:
    one = "/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}"
    return [
        Endpoint("POST", "/3.0/mlflow/traces/{trace_id}/assessments", assessment.CreateAssessment, service.create),
        Endpoint("GET", one, assessment.GetAssessmentRequest, service.get),
        Endpoint("PATCH", one, assessment.UpdateAssessment, service.update),
        Endpoint("DELETE", one, assessment.DeleteAssessment, service.delete),
    ]
