"""The tests of a caller, kept from rows outside the policy where their time would tell. Pure."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from faucet.model.filters.condition import (
    EVERY_ROW,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Guarded,
    KeySet,
    Known,
    Membership,
    Negation,
    NullTest,
    all_of,
)


def guard(policy: Condition | None, asked: Condition, quick: AbstractSet[str]) -> Condition:
    """
    Return the rows that meet *policy* and *asked*, whose slow tests run only where *policy* holds.

    Comparisons with *quick* columns stay as they are, so that indexes serve them: those with values
    of a fixed size, and those that lead an index. A column that is computed when it is read is not
    quick, even to compare with NULL: that may fail. The rule is that of PostgreSQL for its own
    row-level security, which evaluates leakproof operators before a policy, and nothing else.
    """
    if policy is None or policy == EVERY_ROW:
        return asked
    plain: list[Condition] = []
    slow: list[Condition] = []
    for part in _parts(asked):
        is_quick = part.column in quick if type(part) is Comparison else _is_quick(part, quick)
        (plain if is_quick else slow).append(part)
    if not slow:
        return all_of(policy, asked)
    test = slow[0] if len(slow) == 1 else AllOf(of=tuple(slow))
    guarded = Guarded(policy=policy, test=test)
    return AllOf(of=(guarded, *plain)) if plain else guarded


def _parts(condition: Condition) -> Sequence[Condition]:
    if type(condition) is not AllOf:
        return (condition,)
    parts = condition.of
    if AllOf not in map(type, parts):
        return parts
    return [each for part in parts for each in _parts(part)]


def _is_quick(condition: Condition, quick: AbstractSet[str]) -> bool:
    match condition:
        case Comparison(column=column) | Membership(column=column) | NullTest(column=column):
            return column in quick
        case Known():
            return True
        case KeySet(columns=columns):
            return set(columns) <= quick
        case AllOf(of=parts) | AnyOf(of=parts):
            return all(_is_quick(part, quick) for part in parts)
        case Negation(of=part):
            return _is_quick(part, quick)
        case _:
            return False
