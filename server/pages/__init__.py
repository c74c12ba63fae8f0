"""Implements what the pages ask for (``server.ui.services``) with the services of the server."""

from server.pages.datasets import PageDatasets
from server.pages.figures import PageFigures
from server.pages.files import PageFiles, PageSkillFiles
from server.pages.judges import PageJudges
from server.pages.playground import PagePlayground
from server.pages.targets import target_states
from server.services import Services
from server.ui.administration import Administration
from server.ui.registry import RegistryServices
from server.ui.services import UiServices
from server.version import VERSION
from server.visible.calls import Calls
from tracing.prompt_scores_store import PromptScoreStore

__all__ = ("page_services",)


def page_services(services: Services, calls: Calls) -> UiServices:
    """The services, as the pages see them."""
    views = services.views
    return UiServices(
        traces=views.traces,
        figures=PageFigures(views.traces, PromptScoreStore(services.ground.telemetry, services.ground.flush, views.scope_of_traces)),
        assessments=services.tracing.assessments,
        prompts=views.prompts,
        judges=PageJudges(services.judges, services.tracing.assessments),
        registry=RegistryServices(
            experiments=calls,
            runs=calls,
            histories=calls,
            artifacts=calls,
            logged_models=calls,
            models=views.models,
            moves=views.moves,
            lineage=views.lineage,
            ask=calls.ask,
        ),
        run_files=PageFiles(services.files.artifacts, calls),
        skill_files=PageSkillFiles(services.files.artifacts),
        datasets=PageDatasets(calls),
        administration=Administration(
            keys=services.access.keys, limits=services.proxy.limits, users=services.access.users, webhooks=services.names.webhooks
        ),
        playground=PagePlayground(services.proxy.gateway),
        targets=lambda: target_states(services.targets()),
        people=services.access.sign_in,
        settings=lambda: services.settings,
        condition=services.condition,
        version=VERSION,
    )
