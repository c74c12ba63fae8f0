"""Where assessments are put and found: ``tracing.assessments_store`` under the name that other packages use."""

from tracing.assessments_store import AssessmentStore

__all__ = ("AssessmentStore",)
