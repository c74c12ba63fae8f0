"""MLflow's messages about budgets and guardrails (``service.proto``)."""

from registry.wire import Int64, Message, RequiredText, WireEnum

__all__ = (
    "AddGuardrailToEndpoint",
    "BudgetAction",
    "BudgetDuration",
    "BudgetDurationUnit",
    "BudgetTargetScope",
    "BudgetUnit",
    "CreateGatewayBudgetPolicy",
    "CreateGatewayGuardrail",
    "DeleteGatewayBudgetPolicy",
    "DeleteGatewayGuardrail",
    "GatewayBudgetPolicy",
    "GatewayGuardrail",
    "GatewayGuardrailConfig",
    "GetGatewayBudgetPolicy",
    "GetGatewayGuardrail",
    "GuardrailAction",
    "GuardrailScorer",
    "GuardrailStage",
    "ListEndpointGuardrailConfigs",
    "ListGatewayBudgetPolicies",
    "ListGatewayBudgetWindows",
    "ListGatewayGuardrails",
    "RemoveGuardrailFromEndpoint",
    "UpdateEndpointGuardrailConfig",
    "UpdateGatewayBudgetPolicy",
)


class BudgetDurationUnit(WireEnum):
    """Unit of a budget's window."""

    DURATION_UNIT_UNSPECIFIED = "DURATION_UNIT_UNSPECIFIED", 0
    MINUTES = "MINUTES", 1
    HOURS = "HOURS", 2
    DAYS = "DAYS", 3
    WEEKS = "WEEKS", 4
    MONTHS = "MONTHS", 5


class BudgetTargetScope(WireEnum):
    """Whose spending counts."""

    TARGET_SCOPE_UNSPECIFIED = "TARGET_SCOPE_UNSPECIFIED", 0
    GLOBAL = "GLOBAL", 1
    WORKSPACE = "WORKSPACE", 2
    ENDPOINT = "ENDPOINT", 3
    USER = "USER", 4


class BudgetAction(WireEnum):
    """What happens when it is spent."""

    BUDGET_ACTION_UNSPECIFIED = "BUDGET_ACTION_UNSPECIFIED", 0
    ALERT = "ALERT", 1
    REJECT = "REJECT", 2


class BudgetUnit(WireEnum):
    """What is counted."""

    BUDGET_UNIT_UNSPECIFIED = "BUDGET_UNIT_UNSPECIFIED", 0
    USD = "USD", 1


class GuardrailStage(WireEnum):
    """Before the model is asked, or after it answered."""

    GUARDRAIL_STAGE_UNSPECIFIED = "GUARDRAIL_STAGE_UNSPECIFIED", 0
    BEFORE = "BEFORE", 1
    AFTER = "AFTER", 2


class GuardrailAction(WireEnum):
    """Refuse, or clean."""

    GUARDRAIL_ACTION_UNSPECIFIED = "GUARDRAIL_ACTION_UNSPECIFIED", 0
    VALIDATION = "VALIDATION", 1
    SANITIZATION = "SANITIZATION", 2


class BudgetDuration(Message):
    """A window of time."""

    unit: BudgetDurationUnit = BudgetDurationUnit.DURATION_UNIT_UNSPECIFIED
    value: int = 0


class GatewayBudgetPolicy(Message):
    """Most money in a window."""

    budget_policy_id: str
    budget_unit: BudgetUnit
    budget_amount: float
    duration: BudgetDuration
    target_scope: BudgetTargetScope
    budget_action: BudgetAction
    created_by: str = ""
    created_at: Int64
    last_updated_by: str = ""
    last_updated_at: Int64
    target_value: str | None = None


class CreateGatewayBudgetPolicy(Message):
    """A budget."""

    budget_unit: BudgetUnit
    budget_amount: float
    duration: BudgetDuration
    target_scope: BudgetTargetScope
    budget_action: BudgetAction
    created_by: str | None = None
    target_value: str | None = None

    class Response(Message):
        """The budget."""

        budget_policy: GatewayBudgetPolicy


class GetGatewayBudgetPolicy(Message):
    """One budget."""

    budget_policy_id: RequiredText

    class Response(Message):
        """The budget."""

        budget_policy: GatewayBudgetPolicy


class UpdateGatewayBudgetPolicy(Message):
    """What is given changes."""

    budget_policy_id: RequiredText
    budget_unit: BudgetUnit | None = None
    budget_amount: float | None = None
    duration: BudgetDuration | None = None
    target_scope: BudgetTargetScope | None = None
    budget_action: BudgetAction | None = None
    updated_by: str | None = None
    target_value: str | None = None

    class Response(Message):
        """The budget as it is now."""

        budget_policy: GatewayBudgetPolicy


class DeleteGatewayBudgetPolicy(Message):
    """One budget fewer."""

    budget_policy_id: RequiredText


class ListGatewayBudgetPolicies(Message):
    """A page of budgets."""

    max_results: Int64 | None = None
    page_token: str | None = None

    class Response(Message):
        """The page."""

        budget_policies: list[GatewayBudgetPolicy] = []
        next_page_token: str | None = None


class ListGatewayBudgetWindows(Message):
    """What is spent of each budget now."""

    class BudgetWindow(Message):
        """One budget's window."""

        budget_policy_id: str
        window_start_ms: Int64
        window_end_ms: Int64
        current_spend: float

    class Response(Message):
        """The windows."""

        windows: list["ListGatewayBudgetWindows.BudgetWindow"] = []


class GuardrailScorer(Message):
    """The scorer of a guardrail, as scorers are sent."""

    experiment_id: Int64
    scorer_name: str
    scorer_version: int
    serialized_scorer: str
    creation_time: Int64
    scorer_id: str


class GatewayGuardrail(Message):
    """A scorer that stands before or behind an endpoint."""

    guardrail_id: str
    name: str
    scorer: GuardrailScorer | None = None
    stage: GuardrailStage
    action: GuardrailAction
    action_endpoint_id: str | None = None
    created_by: str | None = None
    created_at: Int64
    last_updated_by: str | None = None
    last_updated_at: Int64


class GatewayGuardrailConfig(Message):
    """A guardrail at an endpoint."""

    endpoint_id: str
    guardrail_id: str
    execution_order: Int64 | None = None
    created_by: str | None = None
    created_at: Int64
    guardrail: GatewayGuardrail | None = None


class CreateGatewayGuardrail(Message):
    """A guardrail out of a registered scorer."""

    name: RequiredText
    scorer_id: RequiredText
    scorer_version: Int64
    stage: GuardrailStage
    action: GuardrailAction
    action_endpoint_id: str | None = None

    class Response(Message):
        """The guardrail."""

        guardrail: GatewayGuardrail


class GetGatewayGuardrail(Message):
    """One guardrail."""

    guardrail_id: RequiredText

    class Response(Message):
        """The guardrail."""

        guardrail: GatewayGuardrail


class DeleteGatewayGuardrail(Message):
    """It goes from all endpoints."""

    guardrail_id: RequiredText


class ListGatewayGuardrails(Message):
    """A page of guardrails."""

    max_results: Int64 | None = None
    page_token: str | None = None

    class Response(Message):
        """The page."""

        guardrails: list[GatewayGuardrail] = []
        next_page_token: str | None = None


class AddGuardrailToEndpoint(Message):
    """Put a guardrail before an endpoint."""

    endpoint_id: RequiredText
    guardrail_id: RequiredText
    execution_order: Int64 | None = None

    class Response(Message):
        """How it stands there."""

        config: GatewayGuardrailConfig


class RemoveGuardrailFromEndpoint(Message):
    """Take it away."""

    endpoint_id: RequiredText
    guardrail_id: RequiredText


class ListEndpointGuardrailConfigs(Message):
    """The guardrails of an endpoint, in their order."""

    endpoint_id: RequiredText

    class Response(Message):
        """The guardrails."""

        configs: list[GatewayGuardrailConfig] = []


class UpdateEndpointGuardrailConfig(Message):
    """Another place in the order."""

    endpoint_id: RequiredText
    guardrail_id: RequiredText
    execution_order: Int64 | None = None

    class Response(Message):
        """How it stands now."""

        config: GatewayGuardrailConfig
