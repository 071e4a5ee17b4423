"""What each cell of the matrix must answer: rights in plain words, and a few lines of judgement.

Nothing here is taken from the package; that is the point.
"""

from typing import Any

import msgspec

KEYS = {
    "customers": {"id"},
    "orders": {"id"},
    "logs": {"id"},
    "pairs": {"a", "b"},
    "vault": {"id"},
    "order_notes": set(),
}
"""The columns by which a record is addressed."""


class Rights(msgspec.Struct, frozen=True):
    """What one role may do to one table, as blank-separated words. *writes* is by verb."""

    reads: str | None = None
    masked: str = ""
    writes: dict[str, str] = {}
    presets: str = ""
    aggregate: bool = False

    def verbs(self) -> set[str]:
        return set(self.writes) | ({"GET"} if self.reads is not None else set())

    @property
    def readable(self) -> set[str]:
        return set((self.reads or "").split())

    @property
    def plain(self) -> set[str]:
        return self.readable - set(self.masked.split())


_CUSTOMERS, _ORDERS = "id name email secret tenant", "id tenant customer_id note total card doubled"
_CLERK_WRITES = dict.fromkeys(("POST", "PUT", "PATCH"), "note total customer_id card")
_CLERK_ORDERS = Rights(
    reads="id tenant customer_id note total doubled",
    masked="note",
    writes={**_CLERK_WRITES, "DELETE": ""},
    presets="tenant",
    aggregate=True,
)
_PAIRS = Rights(
    reads="a b label",
    writes={"POST": "a b label", "PUT": "a b label", "PATCH": "a b label", "DELETE": ""},
)
_VIEW = Rights(reads="id note tenant", writes=dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), ""))
_VISITOR = Rights(reads="id name")

RIGHTS: dict[str, dict[str, Rights]] = {
    "visitor": {"customers": _VISITOR},
    "reader": {
        "customers": Rights(reads="id name email tenant", masked="email", aggregate=True),
        "orders": Rights(reads="id tenant customer_id note total doubled", masked="note"),
        "order_notes": Rights(reads="note"),
        "pairs": Rights(reads="a b label", masked="b"),
    },
    "feeder": {
        "customers": Rights(
            writes={"POST": "name secret", "PUT": "name secret", "PATCH": "name secret"}
            | {"DELETE": ""}
        ),
        "logs": Rights(writes={"POST": "message"}),
        "pairs": Rights(writes={"PATCH": "label", "DELETE": ""}),
    },
    "clerk": {"orders": _CLERK_ORDERS, "pairs": _PAIRS, "order_notes": _VIEW},
    "senior": {
        "customers": Rights(reads="id name", writes={"PATCH": "email"}, presets="secret"),
        "orders": _CLERK_ORDERS,
        "pairs": _PAIRS,
        "order_notes": _VIEW,
    },
    "blind": {
        "logs": Rights(
            reads="message level",
            writes=dict.fromkeys(("POST", "PUT", "PATCH"), "message level") | {"DELETE": ""},
        ),
        "pairs": Rights(reads="a label"),
    },
    "auditor": {
        "customers": Rights(reads=_CUSTOMERS, aggregate=True),
        "orders": Rights(reads=_ORDERS, aggregate=True),
        "pairs": Rights(reads="a b label", aggregate=True),
        "vault": Rights(reads="id gold", aggregate=True),
        "order_notes": Rights(reads="id note tenant", aggregate=True),
    },
}

Verdict = tuple[int, str | None]

OK: Verdict = (200, None)
CREATED: Verdict = (201, None)
NOT_FOUND: Verdict = (404, "row_not_found")
UNKNOWN: Verdict = (400, "unknown_column")


def table_verdict(role: str, table: str, verb: str) -> Verdict | None:
    """Return why *role* may not use *verb* on *table* at all, None if it may."""
    rights = RIGHTS[role].get(table)
    if rights is None or verb not in rights.verbs():
        covered = role == "auditor" and table == "nowhere" and verb == "GET"
        return (404, "unknown_table") if covered else (403, "not_granted")
    if table == "order_notes" and verb != "GET":
        return (403, "read_only")
    return None


def key_usable(role: str, table: str) -> bool:
    """Whether *role* may address records of *table*."""
    rights, key = RIGHTS[role][table], KEYS[table]
    return bool(key) and (rights.reads is None or key <= rights.plain)


def shown(role: str, table: str, column: str) -> Verdict:
    """Judge *column* in `fields`, of whatever verb."""
    return OK if column in RIGHTS[role][table].readable else UNKNOWN


def tested(role: str, table: str, column: str) -> Verdict:
    """Judge *column* in `filter` and `order`."""
    rights = RIGHTS[role][table]
    known = KEYS[table] if rights.reads is None else rights.readable
    if column not in known:
        return UNKNOWN
    return (400, "masked_column") if column in rights.masked.split() else OK


def grouped(role: str, table: str, column: str) -> Verdict:
    """Judge *column* in `group`."""
    verdict = tested(role, table, column)
    granted = RIGHTS[role][table].aggregate
    return verdict if verdict != OK or granted else (403, "aggregate_not_granted")


def counted(role: str, table: str, column: str) -> Verdict:
    """Judge ``COUNT(column)`` in `fields`."""
    if shown(role, table, column) != OK:
        return UNKNOWN
    if not RIGHTS[role][table].aggregate:
        return (403, "aggregate_not_granted")
    return tested(role, table, column)


def written(role: str, table: str, verb: str, column: str, *, selects: bool) -> Verdict:
    """Judge *column* in a body; *selects* says that a key there is taken for the record's key."""
    rights = RIGHTS[role][table]
    if column in rights.writes[verb].split():
        return OK
    if selects and column in KEYS[table] and key_usable(role, table):
        return OK
    if column not in rights.readable:
        return UNKNOWN
    return OK if column in rights.presets.split() else (403, "column_not_writable")


def one_writable(role: str, table: str, verb: str) -> Any:
    """Return a column that a body of *verb* may hold and that is no key."""
    names = set(RIGHTS[role][table].writes[verb].split()) - KEYS[table]
    return min(names)
