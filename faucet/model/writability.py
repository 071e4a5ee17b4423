"""What a relation lets happen to its rows, whoever asks. Pure."""

from collections.abc import Mapping
from typing import Final

from faucet.model.catalog import Relation, RelationKind
from faucet.model.surface import Verb

_ABILITIES: Final[Mapping[Verb, str]] = {
    Verb.POST: "insertable",
    Verb.PUT: "updatable",
    Verb.PATCH: "updatable",
    Verb.DELETE: "deletable",
}


def takes(verb: Verb, relation: Relation, key: tuple[str, ...]) -> bool:
    """Return whether the database lets *verb* happen on *relation*; views need a declared *key*."""
    if verb is Verb.GET:
        return True
    if relation.kind is RelationKind.VIEW and not key:
        return False
    return bool(getattr(relation, _ABILITIES[verb]))
