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
    return UiServices(
        traces=services.visible_traces,
        figures=PageFigures(
            services.visible_traces, PromptScoreStore(services.telemetry, services.telemetry.flush, services.scope_of_traces)
        ),
        assessments=services.assessments,
        prompts=services.visible_prompts,
        judges=PageJudges(services.judges, services.assessments),
        registry=RegistryServices(
            experiments=calls,
            runs=calls,
            histories=calls,
            artifacts=calls,
            logged_models=calls,
            models=services.visible_models,
            moves=services.visible_moves,
            lineage=services.lineage,
            ask=calls.ask,
        ),
        run_files=PageFiles(services.artifacts, calls),
        skill_files=PageSkillFiles(services.artifacts),
        datasets=PageDatasets(calls),
        administration=Administration(keys=services.keys, limits=services.limits, users=services.users, webhooks=services.webhooks),
        playground=PagePlayground(services.gateway),
        targets=lambda: target_states(services.targets()),
        people=services.sign_in,
        settings=lambda: services.settings,
        condition=services.condition,
        version=VERSION,
    )
