"""What the user of a database may not do, and the GRANT statements that would allow it. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

_COLUMN_PRIVILEGES: Final = ("SELECT", "INSERT", "UPDATE")
_PRIVILEGES: Final = (*_COLUMN_PRIVILEGES, "DELETE")
DEFAULT: Final = "DEFAULT"

Needs = Mapping[str, AbstractSet[str]]
"""The columns that each privilege is needed on; DELETE and DEFAULT are needed on none."""


class Gaps(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the database's *user* lacks on one *relation*; both as SQL spells them.

    *columns* are those that it may not use, spelled, by privilege and name; the address of rows
    counts as a column. A privilege is among *whole* if the user does not have it on the whole
    relation. *others* are the GRANT statements for whatever else a use of each privilege needs
    (schemas, sequences, functions, a view's owner); DEFAULT is the evaluation of defaults. *closed*
    are the privileges by which row-level security lets no row pass.
    """

    user: str
    relation: str
    whole: frozenset[str] = frozenset()
    columns: Mapping[str, Mapping[str, str]] = {}
    others: Mapping[str, tuple[str, ...]] = {}
    closed: frozenset[str] = frozenset()


class Lack(msgspec.Struct, frozen=True, kw_only=True):
    """
    A *privilege* that is needed on *relation* and missing, on the spelled *columns*; on all of it
    if there are none.
    """

    privilege: str
    relation: str
    columns: tuple[str, ...] = ()


def missing(gaps: Gaps, needs: Needs, every: int) -> Iterator[Lack]:
    """
    Yield what *needs* is missing of a relation of *every* columns.

    Where all of them are needed, so is the privilege on the whole relation.
    """
    for privilege in _PRIVILEGES:
        if privilege not in needs or privilege not in gaps.whole:
            continue
        closed = gaps.columns.get(privilege, {})
        needed = needs[privilege]
        lacking = sorted(closed[name] for name in needed & closed.keys())
        if privilege not in _COLUMN_PRIVILEGES:
            yield Lack(privilege=privilege, relation=gaps.relation)
        elif lacking:
            whole = len(needed) >= every
            columns = () if whole else tuple(lacking)
            yield Lack(privilege=privilege, relation=gaps.relation, columns=columns)


def grant_statements(lacks: Iterable[Lack], user: str) -> Iterator[str]:
    """
    Yield GRANT statements for *lacks*: one for all relations that lack the same as a whole, then
    one for each that lacks columns.
    """
    whole: dict[str, list[str]] = {}
    parts: dict[str, list[str]] = {}
    for lack in lacks:
        if lack.columns:
            spelled = f"{lack.privilege} ({', '.join(lack.columns)})"
            parts.setdefault(lack.relation, []).append(spelled)
        else:
            whole.setdefault(lack.relation, []).append(lack.privilege)
    together: dict[tuple[str, ...], list[str]] = {}
    for relation, privileges in whole.items():
        together.setdefault(tuple(privileges), []).append(relation)
    for names, relations in together.items():
        yield f"GRANT {', '.join(names)} ON {', '.join(relations)} TO {user};"
    for relation, spellings in parts.items():
        yield f"GRANT {', '.join(spellings)} ON {relation} TO {user};"
