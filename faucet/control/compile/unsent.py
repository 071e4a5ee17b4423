"""References that a write may set although no column of them is sent. Pure."""

from faucet.model.catalog import Column, Relation
from faucet.model.surface import Permission, Verb

_NONE: frozenset[Verb] = frozenset()
_INSERTS = frozenset({Verb.POST})
_UPDATES = frozenset({Verb.PUT, Verb.PATCH})
_ALL = frozenset({Verb.POST, Verb.PUT, Verb.PATCH})


def unsent_verbs(relation: Relation, columns: tuple[str, ...]) -> frozenset[Verb]:
    """
    Return the verbs that may set the reference of *columns* although none of them is sent.

    A computed column follows those that are. An insert also takes defaults and what a trigger
    sets; it leaves the reference NULL if nothing supplies one of its columns.
    """
    found = [column for column in relation.columns if column.name in columns]
    if any(map(_is_computed, found)):
        return _ALL
    triggered = relation.skips_rows or relation.moves_rows
    return _INSERTS if triggered or all(map(_is_supplied, found)) else _NONE


def sets_reference(relation: Relation, columns: tuple[str, ...], grant: Permission) -> bool:
    """Return whether *grant* on *relation* may set the reference of *columns*, sent or not."""
    sent = not grant.writable.isdisjoint(columns)
    return sent or grant.verb in unsent_verbs(relation, columns)


def changes_key(relation: Relation, columns: tuple[str, ...], grant: Permission) -> bool:
    """Return whether *grant* on *relation* may change *columns* of its rows, sent or computed."""
    if grant.verb not in _UPDATES:
        return False
    found = (column for column in relation.columns if column.name in columns)
    return not grant.writable.isdisjoint(columns) or any(map(_is_computed, found))


def _is_computed(column: Column) -> bool:
    return column.generated and not column.auto_increment


def _is_supplied(column: Column) -> bool:
    return column.auto_increment or column.default is not None
