"""The order in which a role and its ancestors are asked. Pure."""

from collections.abc import Mapping

import msgspec

from faucet.model.manifest.sections import Role


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A role met on the way up; *path* leads to it from the role that asks, both ends included."""

    role: str
    path: tuple[str, ...]


def levels(roles: Mapping[str, Role], name: str) -> tuple[tuple[Step, ...], ...]:
    """
    Return the role *name*, then its parents, then theirs, each role at its shortest distance.

    Roles that do not exist and circles are passed over: they are findings of another stage.
    """
    met = {name}
    level: tuple[Step, ...] = (Step(role=name, path=(name,)),)
    found: list[tuple[Step, ...]] = []
    while level:
        found.append(level)
        above: list[Step] = []
        for step in level:
            for parent in roles[step.role].extends or ():
                if parent in roles and parent not in met:
                    met.add(parent)
                    above.append(Step(role=parent, path=(*step.path, parent)))
        level = tuple(above)
    return tuple(found)
