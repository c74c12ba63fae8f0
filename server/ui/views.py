"""The route table of the web pages."""

from typing import Final

from litestar import Router
from litestar.di import Provide
from litestar.exceptions import HTTPException

from registry.errors import RegistryError
from registry.prompts.errors import PromptError
from server.ui.headers import security_headers
from server.ui.pages import (
    administration,
    artifacts,
    compare_traces,
    datasets,
    experiment_parts,
    experiments,
    gateway,
    judges,
    lineage,
    logged_models,
    mcp_servers,
    mlflow_links,
    models,
    playground,
    prompts,
    queues,
    runs,
    selection,
    sessions,
    signing_in,
    skills,
    static,
    trace,
    traces,
    welcome,
)
from server.ui.pages.page import error_page
from server.ui.services import UiServices
from tracing.errors import TracingError

__all__ = ("UiServices", "error_page", "router", "security_headers")


_PAGES: Final = (
    welcome.home,
    welcome.welcome,
    welcome.first_trace,
    traces.traces,
    traces.more_traces,
    selection.selection,
    selection.act,
    compare_traces.compare_traces,
    trace.trace,
    trace.span_panel,
    trace.span_columns,
    trace.feedback,
    sessions.session,
    playground.playground,
    playground.play,
    prompts.prompts,
    prompts.prompt,
    experiments.experiments,
    experiments.experiment,
    experiments.compare,
    runs.run,
    runs.run_of_experiment,
    runs.chart,
    logged_models.logged_model,
    logged_models.logged_model_of_experiment,
    lineage.lineage,
    models.models,
    models.model,
    models.model_version,
    mcp_servers.mcp_servers,
    mcp_servers.mcp_server,
    skills.skills,
    skills.skill,
    skills.skill_of_organization,
    judges.judges,
    judges.judge,
    artifacts.artifacts,
    datasets.datasets,
    datasets.dataset,
    gateway.gateway,
    mlflow_links.notebook_frame,
    mlflow_links.traces_of_experiment,
    mlflow_links.part_of_experiment,
    experiment_parts.scorers,
    experiment_parts.issues,
    administration.keys,
    administration.users,
    administration.webhooks,
    administration.webhook,
    administration.delivery,
    administration.redeliver,
    administration.test_webhook,
    queues.queues,
    queues.work,
    queues.answer,
    signing_in.sign_in_page,
    signing_in.sign_in,
    signing_in.sign_out,
    static.static_file,
)


def router(services: UiServices) -> Router:
    """Every page. Its answers carry the security headers; nothing of it runs for requests to other paths.

    Mount it at ``/``, and use ``error_page`` for addresses that no router knows.
    """
    return Router(
        path="/",
        route_handlers=_PAGES,
        dependencies={"services": Provide(lambda: services, sync_to_thread=False)},
        middleware=[security_headers],
        exception_handlers={
            HTTPException: error_page,
            TracingError: error_page,
            PromptError: error_page,
            RegistryError: error_page,
            Exception: error_page,
        },
        include_in_schema=False,
    )
