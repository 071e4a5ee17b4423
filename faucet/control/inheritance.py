"""The order in which a role and its ancestors are searched. Pure."""

from collections.abc import Mapping
from typing import Final

from faucet.model.limits import join, read_limits
from faucet.model.manifest.sections import Role
from faucet.model.settings import Levels, Step

MOST_ANCESTORS: Final = 100
"""Each role is compiled with all of its ancestors, so that a long chain costs their square."""


def levels(roles: Mapping[str, Role], name: str) -> Levels:
    """
    Return the role *name*, then its parents, then theirs, each role at its shortest distance.

    Roles that do not exist and cycles are skipped: other checks report them. So are ancestors
    beyond the first after `MOST_ANCESTORS`.
    """
    met = {name}
    level: tuple[Step, ...] = (Step(role=name, limits=read_limits(roles[name].limits)),)
    found: list[tuple[Step, ...]] = []
    while level:
        found.append(level)
        above: list[Step] = []
        for step in level:
            for parent in roles[step.role].extends or ():
                if parent in roles and parent not in met and len(met) <= MOST_ANCESTORS + 1:
                    met.add(parent)
                    limits = join(step.limits, read_limits(roles[parent].limits))
                    above.append(Step(role=parent, limits=limits))
        level = tuple(above)
    return tuple(found)
