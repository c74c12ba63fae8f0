"""MLflow's messages of registered models. Fields stand in the order in which they are checked.

What the server always has an answer for is without a default, so that it is also sent when it is empty: a client tells "" from "not set".
"""

from typing import Annotated

import msgspec

from registry.wire import Message, RequiredText, WireEnum

__all__ = (
    "CreateRegisteredModel",
    "DeleteRegisteredModel",
    "DeleteRegisteredModelAlias",
    "DeleteRegisteredModelTag",
    "GetLatestVersions",
    "GetModelVersionByAlias",
    "GetRegisteredModel",
    "ModelVersion",
    "ModelVersionStatus",
    "RegisteredModel",
    "RegisteredModelAlias",
    "RenameRegisteredModel",
    "SearchRegisteredModels",
    "SetRegisteredModelAlias",
    "SetRegisteredModelTag",
    "Tag",
    "UpdateRegisteredModel",
)


Most1000 = Annotated[int, msgspec.Meta(ge=-(2**63), le=1000)]


class ModelVersionStatus(WireEnum):
    """Whether a version can be used. Here a version is there at once, or not at all."""

    PENDING_REGISTRATION = "PENDING_REGISTRATION", 1
    FAILED_REGISTRATION = "FAILED_REGISTRATION", 2
    READY = "READY", 3


class Tag(Message):
    """What is said of a name or of a version. MLflow calls it ``RegisteredModelTag`` and ``ModelVersionTag``."""

    key: str | None = None
    value: str | None = None


class RegisteredModelAlias(Message):
    """An alias, and the version that it points at."""

    alias: str
    version: str


class ModelVersion(Message):
    """A version. Times are in milliseconds."""

    name: str
    version: str
    creation_timestamp: int
    last_updated_timestamp: int
    user_id: str | None = None
    current_stage: str
    description: str
    source: str
    run_id: str
    status: ModelVersionStatus
    tags: list[Tag] = []
    run_link: str
    aliases: list[str] = []
    model_id: str | None = None


class RegisteredModel(Message):
    """A name, the newest version of each of its stages, and its aliases."""

    name: str
    creation_timestamp: int
    last_updated_timestamp: int
    user_id: str | None = None
    description: str | None = None
    latest_versions: list[ModelVersion] = []
    tags: list[Tag] = []
    aliases: list[RegisteredModelAlias] = []


class WithModel(Message):
    """The answer of what changes or reads a name."""

    registered_model: RegisteredModel


class WithVersion(Message):
    """The answer of what changes or reads a version."""

    model_version: ModelVersion


class CreateRegisteredModel(Message):
    """Take a name; with the tag ``mlflow.prompt.is_prompt`` for a prompt."""

    name: RequiredText
    tags: list[Tag] = []
    description: str | None = None
    Response = WithModel


class RenameRegisteredModel(Message):
    """Give a name and all under it another one."""

    name: RequiredText
    new_name: RequiredText
    Response = WithModel


class UpdateRegisteredModel(Message):
    """Describe it anew."""

    name: RequiredText
    description: str | None = None
    Response = WithModel


class DeleteRegisteredModel(Message):
    """Remove a name and all under it."""

    name: RequiredText


class GetRegisteredModel(Message):
    """Read one."""

    name: RequiredText
    Response = WithModel


class SearchRegisteredModels(Message):
    """Find some. Prompts are found when the filter asks for their tag."""

    filter: str | None = None
    max_results: Most1000 = 100
    order_by: list[str] = []
    page_token: str | None = None

    class Response(Message):
        """A page; a token when there are more."""

        registered_models: list[RegisteredModel] = []
        next_page_token: str | None = None


class GetLatestVersions(Message):
    """The newest version of each stage, or of the stages named."""

    name: RequiredText
    stages: list[str] = []

    class Response(Message):
        """At most one for each stage."""

        model_versions: list[ModelVersion] = []


class SetRegisteredModelTag(Message):
    """Say something of a name."""

    name: RequiredText
    key: RequiredText
    value: str | None = None


class DeleteRegisteredModelTag(Message):
    """Take it back."""

    name: RequiredText
    key: RequiredText


class SetRegisteredModelAlias(Message):
    """Point an alias at a version."""

    name: RequiredText
    alias: RequiredText
    version: RequiredText


class DeleteRegisteredModelAlias(Message):
    """Remove an alias; one that is not there is no error."""

    name: RequiredText
    alias: RequiredText


class GetModelVersionByAlias(Message):
    """The version that an alias points at; ``latest`` is the newest."""

    name: RequiredText
    alias: RequiredText
    Response = WithVersion
