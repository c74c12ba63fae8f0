"""MLflow's messages of model versions. Fields stand in the order in which they are checked."""

from typing import Annotated

import msgspec

from registry.models.messages import ModelVersion, Tag, WithVersion
from registry.wire import Message, RequiredText

__all__ = (
    "CreateModelVersion",
    "DeleteModelVersion",
    "DeleteModelVersionTag",
    "GetModelVersion",
    "GetModelVersionDownloadUri",
    "SearchModelVersions",
    "SetModelVersionTag",
    "TransitionModelVersionStage",
    "UpdateModelVersion",
)


Most200000 = Annotated[int, msgspec.Meta(ge=-(2**63), le=200_000)]


class CreateModelVersion(Message):
    """Register a source as the next version of a name; with the tag ``mlflow.prompt.is_prompt``, the text of a prompt."""

    name: RequiredText
    source: RequiredText
    run_id: str | None = None
    tags: list[Tag] = []
    run_link: str | None = None
    description: str | None = None
    model_id: str | None = None
    Response = WithVersion


class UpdateModelVersion(Message):
    """Change the description of a version."""

    name: RequiredText
    version: RequiredText
    description: str | None = None
    Response = WithVersion


class TransitionModelVersionStage(Message):
    """Move it to another stage, and what is there to ``Archived`` if asked to."""

    name: RequiredText
    version: RequiredText
    stage: RequiredText
    archive_existing_versions: bool | None = None
    Response = WithVersion


class DeleteModelVersion(Message):
    """Remove it; its number is not given again."""

    name: RequiredText
    version: RequiredText


class GetModelVersion(Message):
    """Read one."""

    name: RequiredText
    version: RequiredText
    Response = WithVersion


class SearchModelVersions(Message):
    """Find some, of one name or of all. Those of prompts are found when the filter asks for their tag."""

    filter: str | None = None
    max_results: Most200000 = 200_000
    order_by: list[str] = []
    page_token: str | None = None

    class Response(Message):
        """A page; a token when there are more."""

        model_versions: list[ModelVersion] = []
        next_page_token: str | None = None


class GetModelVersionDownloadUri(Message):
    """Where the files of a version lie."""

    name: RequiredText
    version: RequiredText

    class Response(Message):
        """A URI of an artifact store."""

        artifact_uri: str


class SetModelVersionTag(Message):
    """Set a tag of a version."""

    name: RequiredText
    version: RequiredText
    key: RequiredText
    value: str | None = None


class DeleteModelVersionTag(Message):
    """Remove a tag of a version."""

    name: RequiredText
    version: RequiredText
    key: RequiredText
