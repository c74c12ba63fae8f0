"""What is registered under a name, its numbered versions, and the moves of what points at them.

Models and prompts share everything here; a version of a prompt also has a ``text``. Times are UTC, to the millisecond.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from registry.prompts.texts import PromptText

__all__ = (
    "ACTIVE_STAGES",
    "LATEST",
    "NO_STAGE",
    "STAGES",
    "Kind",
    "ModelDetail",
    "ModelPage",
    "ModelVersion",
    "Move",
    "MovePage",
    "NewVersion",
    "Page",
    "RegisteredModel",
    "Stage",
)

Kind = Literal["model", "prompt"]
Stage = Literal["None", "Staging", "Production", "Archived"]

NO_STAGE: Final = "None"
STAGES: Final[tuple[Stage, ...]] = ("None", "Staging", "Production", "Archived")
ACTIVE_STAGES: Final[tuple[Stage, ...]] = ("Staging", "Production")
LATEST: Final = "latest"
"""The alias that nobody can set: the version with the highest number."""


class ModelVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version. ``source`` is what was registered, ``storage_location`` where its files lie. Empty text stands for "none"."""

    name: str
    version: int
    kind: Kind
    stage: Stage = "None"
    description: str = ""
    source: str = ""
    storage_location: str = ""
    run_id: str = ""
    run_link: str = ""
    model_id: str = ""
    created_by: str = ""
    created_at: datetime
    updated_at: datetime
    tags: dict[str, str] = {}
    aliases: list[str] = []
    text: PromptText | None = None


class RegisteredModel(msgspec.Struct, frozen=True, kw_only=True):
    """A name with what it holds; ``latest_versions`` are the newest of each stage that has any."""

    name: str
    kind: Kind
    description: str = ""
    created_by: str = ""
    created_at: datetime
    updated_at: datetime
    tags: dict[str, str] = {}
    aliases: dict[str, int] = {}
    latest_versions: list[ModelVersion] = []


class NewVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version to be; its number comes from the database. ``text`` makes it a version of a prompt."""

    name: str
    source: str = ""
    storage_location: str = ""
    run_id: str = ""
    run_link: str = ""
    model_id: str = ""
    description: str = ""
    created_by: str = ""
    tags: dict[str, str] = {}
    aliases: list[str] = []
    text: PromptText | None = None

    @property
    def kind(self) -> Kind:
        """What it is a version of."""
        return "model" if self.text is None else "prompt"


MoveKind = Literal["model", "prompt", "mcp_server", "skill"]
"""What has versions that an alias points at."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """An alias or a stage that moves, or was refused to: ``refusal`` then says by whom and why, and nothing changed.

    Of an alias, ``before`` and ``after`` are versions (``""``: it did not exist, it is removed); of a stage, they are stages. Versions of
    MCP servers are no numbers: ``version`` is 0 then.
    """

    kind: MoveKind
    name: str
    field: Literal["alias", "stage"]
    alias: str = ""
    version: int
    before: str
    after: str
    actor: str = ""
    reason: str = ""
    refusal: str = ""
    at: datetime
    id: int = 0


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Names found, and how many to skip for the next ones; ``None`` at the end."""

    models: list[RegisteredModel]
    next_offset: int | None = None


class ModelPage(msgspec.Struct, frozen=True):
    """A page of models. ``next_cursor`` is ``None`` at the end."""

    models: list[RegisteredModel]
    next_cursor: str | None = None


class ModelDetail(msgspec.Struct, frozen=True):
    """A model with its newest versions, newest first."""

    model: RegisteredModel
    versions: list[ModelVersion]


class MovePage(msgspec.Struct, frozen=True, kw_only=True):
    """Moves, newest first. ``next_cursor`` is ``None`` at the end."""

    moves: list[Move]
    next_cursor: int | None = None
