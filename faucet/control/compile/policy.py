"""Row rules: from text in the manifest to a condition typed against each table. Pure."""

import msgspec
from msgspec import UNSET, UnsetType

from faucet.control.compile.exposure import Exposed
from faucet.control.compile.fields import Faults
from faucet.control.compile.findings import RULE_SYNTAX, RULE_TYPE, Found
from faucet.diagnostics import Address
from faucet.errors import UNKNOWN_COLUMN
from faucet.model.filters.condition import Condition
from faucet.model.filters.grammar import FilterError, parse_filter
from faucet.model.filters.predicate import Predicate
from faucet.model.filters.typed import ConditionError, RuleScope, type_predicate
from faucet.model.settings import ServiceSettings
from faucet.names import did_you_mean

EVERY_ROW = "all"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as read; without a *predicate* it lets every row pass."""

    predicate: Predicate | None
    address: Address
    exact: bool


def read_rule(
    text: str | UnsetType, address: Address, faults: Faults, *, exact: bool
) -> Rule | None:
    """Return the rule in *text*, or None where it is absent or cannot be read."""
    if text is UNSET:
        return None
    if text.strip() == EVERY_ROW:
        return Rule(predicate=None, address=address, exact=exact)
    try:
        predicate = parse_filter(text, policy=True)
    except FilterError as error:
        fault = Found(
            code=RULE_SYNTAX, message=error.message, address=address, offset=error.position
        )
    else:
        if predicate is not None:
            return Rule(predicate=predicate, address=address, exact=exact)
        fault = Found(
            code=RULE_SYNTAX,
            message="the rule is blank: neither all rows nor none",
            address=address,
            hint="say `all`, or leave the key out",
        )
    faults.setdefault(fault, [])
    return None


def type_rule(
    rule: Rule | None, exposed: Exposed, service: ServiceSettings, faults: Faults
) -> Condition | None:
    """Return *rule* on the relation; None lets every row pass, or there is a fault."""
    if rule is None or rule.predicate is None:
        return None
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
        fault = Found(
            code=RULE_TYPE,
            message=f"the rule does not hold on {{tables}}: {reason}",
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
