"""Authorized requests to plans: tables and types, but no SQL. Pure."""

from faucet.model.facts import Facts
from faucet.model.plan import Plan
from faucet.model.request import AuthorizedRequest
from faucet.model.surface import Verb
from faucet.request.plan.read import plan_read
from faucet.request.plan.write import plan_write

__all__ = ["plan"]


def plan(authorized: AuthorizedRequest, facts: Facts) -> Plan:
    """
    Return the plan of *authorized*, or raise `PlanError`.

    *facts* describe the service's dialect and the transforms.
    """
    if authorized.request.verb is Verb.GET:
        return plan_read(authorized, facts)
    return plan_write(authorized)
