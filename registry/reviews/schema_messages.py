"""MLflow's messages of label schemas."""

from registry.wire import Int64, Message, RequiredText, WireEnum

__all__ = (
    "CreateLabelSchema",
    "DeleteLabelSchema",
    "GetLabelSchema",
    "GetLabelSchemaByName",
    "InputCategorical",
    "InputNumeric",
    "InputPassFail",
    "InputText",
    "LabelSchema",
    "LabelSchemaInput",
    "LabelSchemaType",
    "ListLabelSchemas",
    "UpdateLabelSchema",
)


class LabelSchemaType(WireEnum):
    """What an answer is kept as."""

    LABEL_SCHEMA_TYPE_UNSPECIFIED = "LABEL_SCHEMA_TYPE_UNSPECIFIED", 0
    FEEDBACK = "FEEDBACK", 1
    EXPECTATION = "EXPECTATION", 2


class InputPassFail(Message):
    """One of two."""

    positive_label: str | None = None
    negative_label: str | None = None


class InputCategorical(Message):
    """One of several, or some of them."""

    options: list[str] = []
    multi_select: bool | None = None


class InputNumeric(Message):
    """A number."""

    min_value: float | None = None
    max_value: float | None = None


class InputText(Message):
    """A text."""

    max_length: Int64 | None = None


class LabelSchemaInput(Message):
    """How an answer is given: one of the four."""

    pass_fail: InputPassFail | None = None
    categorical: InputCategorical | None = None
    numeric: InputNumeric | None = None
    text: InputText | None = None


class LabelSchema(Message):
    """A question."""

    schema_id: str
    experiment_id: str
    name: str
    type: LabelSchemaType
    instruction: str | None = None
    enable_comment: bool = False
    input: LabelSchemaInput
    created_by: str | None = None
    created_at: Int64
    last_updated_at: Int64
    is_default: bool = False


class CreateLabelSchema(Message):
    """Make a question for reviewers."""

    experiment_id: RequiredText
    name: RequiredText
    type: LabelSchemaType
    input: LabelSchemaInput
    instruction: str | None = None
    enable_comment: bool = False

    class Response(Message):
        """As it was stored."""

        label_schema: LabelSchema


class GetLabelSchema(Message):
    """One question."""

    schema_id: RequiredText

    class Response(Message):
        """That question."""

        label_schema: LabelSchema


class GetLabelSchemaByName(Message):
    """One question, by its name."""

    experiment_id: RequiredText
    name: RequiredText

    class Response(Message):
        """That question."""

        label_schema: LabelSchema


class ListLabelSchemas(Message):
    """The questions of an experiment, the newest first."""

    experiment_id: RequiredText
    max_results: int | None = None
    page_token: str | None = None

    class Response(Message):
        """A page of them."""

        label_schemas: list[LabelSchema] = []
        next_page_token: str | None = None
        """Empty on the last page: these areas of MLflow's always say it."""


class UpdateLabelSchema(Message):
    """Change a question; its type, and the kind of its input, stay."""

    schema_id: RequiredText
    name: str | None = None
    instruction: str | None = None
    enable_comment: bool | None = None
    input: LabelSchemaInput | None = None

    class Response(Message):
        """As it is now."""

        label_schema: LabelSchema


class DeleteLabelSchema(Message):
    """Remove a question. Answers that were given stay."""

    schema_id: RequiredText
