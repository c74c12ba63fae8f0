"""What one area of the registry needs of another, behind the Protocols of the one that needs it."""

from collections.abc import Mapping

from typing_extensions import override

from registry.errors import ResourceDoesNotExist
from registry.gateway_admin.policy_messages import GuardrailScorer
from registry.gateway_admin.types import Experiments, Scorers

__all__ = ("NoExperiments", "NoScorers")


class NoExperiments(Experiments):
    """Endpoints keep no experiment."""

    @override
    async def ensure(self, name: str, tags: Mapping[str, str]) -> str | None:
        return None


class NoScorers(Scorers):
    """Nothing is registered."""

    @override
    async def find(self, scorer_id: str, version: int) -> GuardrailScorer:
        raise ResourceDoesNotExist(f"Scorer with ID '{scorer_id}' not found.")
