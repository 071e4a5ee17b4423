"""Row rules: parsed rules to conditions typed against each table. Pure."""

from faucet.control.compile.exposure import Exposed
from faucet.control.compile.fields import Faults
from faucet.control.compile.findings import RULE_TYPE, Fault
from faucet.diagnostics import dotted
from faucet.errors import UNKNOWN_COLUMN
from faucet.model.filters.condition import Condition
from faucet.model.filters.typed import ConditionError, RuleScope, type_predicate
from faucet.model.settings import RowRule, ServiceSettings
from faucet.names import did_you_mean


def type_rule(
    rule: RowRule | None, exposed: Exposed, service: ServiceSettings, faults: Faults
) -> Condition | None:
    """Return *rule* for the relation; None means every row, or that there is a fault."""
    if rule is None or rule.every_row:
        return None
    if rule.predicate is None:
        raise ValueError(f"the rule at {dotted(rule.address)} was never read")
    scope = RuleScope(
        table=exposed.relation.name,
        schema=exposed.relation.schema,
        columns=exposed.columns,
        options=service.values,
        exact=rule.exact,
    )
    try:
        return type_predicate(rule.predicate, scope)
    except ConditionError as error:
        reason, hint = error.message, ""
        if error.kind is UNKNOWN_COLUMN and error.column is not None:
            reason, hint = f'no column "{error.column}"', _hint(error.column, exposed)
        fault = Fault(
            code=RULE_TYPE,
            message=f"the rule does not fit {{tables}}: {reason}",
            address=rule.address,
            offset=error.position,
            hint=hint,
        )
        faults.setdefault(fault, []).append(exposed.relation.name)
        return None


def _hint(name: str, exposed: Exposed) -> str:
    if name in exposed.hidden:
        return "the column is hidden in `resources`: it exists for no role"
    return did_you_mean(name.rpartition(".")[2], exposed.columns)
