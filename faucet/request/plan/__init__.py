"""Authorized requests to plans: tables and types, but no SQL. Pure."""

from faucet.model.plan import Plan
from faucet.model.request import AuthorizedRequest
from faucet.model.surface import Verb
from faucet.request.plan.read import plan_read
from faucet.request.plan.write import plan_write

__all__ = ["plan", "plan_read"]


def plan(authorized: AuthorizedRequest) -> Plan:
    """Return the plan of *authorized*, or raise `PlanError`."""
    if authorized.request.verb is Verb.GET:
        return plan_read(authorized)
    return plan_write(authorized)
