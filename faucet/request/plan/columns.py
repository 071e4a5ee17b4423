"""Columns of one relation in the plan of a request. Pure."""

from faucet.errors import NO_KEY, PlanError
from faucet.model.surface import ResourceView


def usable_key(view: ResourceView) -> tuple[str, ...]:
    """
    Return the key by which this role may select, or raise `no_key`.

    With a GET grant all of the key must be readable and unmasked; without one the key selects.
    """
    if key := view.public_key:
        return key
    message = f'"{view.relation.name}" has no key that this role may use; select by filter instead'
    raise PlanError(NO_KEY, message)
