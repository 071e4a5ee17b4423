"""The shop of the permission matrix: tables, rows, roles. The rights are spelled in `rights.py`."""

from typing import Any

from tests.databases import Database, key_of

SERVICE = "shop"

TABLES: dict[str, dict[str, Any]] = {
    "customers": {"id": 900, "name": "N", "email": "n@x.example", "secret": "S", "tenant": 1},
    "orders": {
        "id": 900,
        "tenant": 1,
        "customer_id": 1,
        "note": "N",
        "total": "1.50",
        "card": "4000123412341234",
        "doubled": 2,
    },
    "logs": {"id": 900, "code": "C", "message": "M", "level": 1},
    "pairs": {"a": 900, "b": 900, "label": "L"},
    "vault": {"id": 900, "gold": "G"},
    "order_notes": {"id": 900, "note": "N", "tenant": 1},
    "nowhere": {"id": 900, "anything": "A"},
}
"""Every table, granted or not, existing or not (`nowhere`), with a value for each column."""

NO_COLUMN = "zzzzzz"

_SCHEMA = (
    (
        "CREATE TABLE customers (id {serial}, name text, email text, secret text,"
        " tenant integer DEFAULT 1)"
    ),
    (
        "CREATE TABLE orders (id {serial}, tenant integer,"
        " customer_id integer REFERENCES customers, note text, total numeric(10, 2), card text,"
        " doubled integer GENERATED ALWAYS AS (tenant * 2) STORED)"
    ),
    "CREATE TABLE logs (id {serial}, code text, message text, level integer)",
    "CREATE TABLE pairs (a integer, b integer, label text, PRIMARY KEY (a, b))",
    "CREATE TABLE vault (id {serial}, gold text)",
    "CREATE VIEW order_notes AS SELECT id, note, tenant FROM orders",
)
_ROWS = (
    "INSERT INTO customers VALUES (1, 'Ann', 'ann@x.example', 'hush', 1), (2, 'Bo', NULL, NULL, 2)",
    (
        "INSERT INTO orders (id, tenant, customer_id, note, total, card)"
        " VALUES (1, 1, 1, 'one', 1.5, '4000111122223333'), (2, 2, 2, NULL, NULL, NULL)"
    ),
    "INSERT INTO logs VALUES (1, 'A1', 'began', 1), (2, 'A2', NULL, NULL)",
    "INSERT INTO pairs VALUES (1, 1, 'one'), (1, 2, NULL)",
    "INSERT INTO vault VALUES (1, 'gold')",
)
_COUNTERS = tuple(
    f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH 100000"
    for table in ("customers", "orders", "logs", "vault")
)


def build(database: Database) -> None:
    """Make the shop's tables and rows."""
    counters = _COUNTERS if database.dialect == "postgres" else ()
    database.script(*_SCHEMA, *_ROWS, *counters)


def _grant(tables: str, verbs: str, **rest: Any) -> dict[str, Any]:
    return {"service": SERVICE, "tables": tables.split(), "verbs": verbs.split(), **rest}


_OWN = "tenant = {claims.tenant}"
_ROLES: dict[str, Any] = {
    "visitor": {"grants": [_grant("customers", "GET", fields=["id", "name"])]},
    "reader": {
        "grants": [
            _grant(
                "customers",
                "GET",
                fields=["*", "!secret"],
                mask={"email": "last4"},
                aggregate=True,
            ),
            _grant("orders", "GET", fields=["*", "!card"], mask={"note": "redact"}, rows=_OWN),
            _grant("order_notes", "GET", fields=["note"]),
            _grant("pairs", "GET", mask={"b": "null"}),
        ]
    },
    "feeder": {
        "grants": [
            _grant(
                "customers", "POST PUT PATCH DELETE", fields=["name", "secret"], rows="tenant > 0"
            ),
            _grant("logs", "POST", write=["message"]),
            _grant("pairs", "PATCH DELETE", write=["label"]),
        ]
    },
    "clerk": {
        "grants": [
            _grant(
                "orders",
                "*",
                fields=["*", "!card"],
                rows=_OWN,
                write=["note", "total", "customer_id", "card"],
                set={"tenant": "{claims.tenant}"},
                mask={"note": "redact"},
                aggregate=True,
            ),
            _grant("pairs", "*"),
            _grant("order_notes", "*"),
        ]
    },
    "senior": {
        "extends": ["clerk", "visitor"],
        "grants": [
            _grant("orders", "DELETE", rows="all"),
            _grant("customers", "PATCH", write=["email"], set={"secret": "set"}),
        ],
    },
    "blind": {
        "grants": [
            _grant("logs", "GET POST PUT PATCH DELETE", fields=["message", "level"]),
            _grant("pairs", "GET", fields=["a", "label"]),
        ]
    },
    "auditor": {"grants": [_grant("* !logs", "GET", aggregate=True)]},
}


def manifest(database: Database) -> dict[str, Any]:
    """Return the shop's manifest on *database*."""
    return {
        "version": 1,
        "server": {"host": "127.0.0.1"},
        "auth": {"anonymous": "visitor"},
        "services": {SERVICE: database.service()},
        "roles": _ROLES,
        "keys": {role: key_of(role, tenant=1) for role in _ROLES if role != "visitor"},
    }
