"""A shop of many types and keys, for clients that its OpenAPI document makes or checks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.databases import Database, key, key_of
from tests.servers.faucet_process import FaucetProcess

ROLES = ("reader", "clerk", "manager")

_SCHEMA = (
    (
        "CREATE TABLE customers (id {serial}, name varchar(40) NOT NULL, email text,"
        " vip boolean DEFAULT false NOT NULL, born date, seen timestamp, tenant integer NOT NULL"
        " DEFAULT 1)"
    ),
    (
        "CREATE TABLE orders (id {serial}, tenant integer NOT NULL DEFAULT 1,"
        " customer_id integer REFERENCES customers, total numeric(10, 2) DEFAULT 1.5 NOT NULL,"
        " note text)"
    ),
    (
        "CREATE TABLE lines (order_id integer NOT NULL REFERENCES orders, number integer NOT NULL,"
        " sku varchar(20) NOT NULL, count integer DEFAULT 1 NOT NULL,"
        " PRIMARY KEY (order_id, number))"
    ),
    "CREATE TABLE codes (code varchar(20) PRIMARY KEY, data json, tag text)",
    "CREATE VIEW spending AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY 1",
)
_ROWS = (
    (
        "INSERT INTO customers (id, name, email, tenant)"
        " VALUES (1, 'Ann', 'ann@x.example', 1), (2, 'Bo', NULL, 2)"
    ),
    "INSERT INTO orders (id, tenant, customer_id, total) VALUES (1, 1, 1, 9.5), (2, 2, 2, 3)",
    "INSERT INTO lines VALUES (1, 1, 'tap', 2), (1, 2, 'pipe', 1)",
    "INSERT INTO codes VALUES ('a', '{\"n\": 1}', 'red')",
)


def build(database: Database) -> None:
    """Make the tables and rows."""
    database.script(*_SCHEMA, *_ROWS)
    if database.dialect == "postgres":
        database.script(
            *(
                f"ALTER TABLE {name} ALTER COLUMN id RESTART WITH 100"
                for name in ("customers", "orders")
            )
        )


def _grant(tables: str, verbs: str, **rest: Any) -> dict[str, Any]:
    return {"service": "shop", "tables": tables.split(), "verbs": verbs.split(), **rest}


def manifest(database: Database) -> dict[str, Any]:
    """Return a manifest with three roles on *database*."""
    own = "tenant = {claims.tenant}"
    return {
        "version": 1,
        "server": {"host": "127.0.0.1", "port": 0},
        "services": {"shop": database.service()},
        "roles": {
            "reader": {
                "grants": [
                    _grant("customers", "GET", fields=["*", "!born"], mask={"email": "redact"}),
                    _grant("orders spending codes", "GET"),
                ]
            },
            "clerk": {
                "grants": [
                    _grant(
                        "customers", "GET POST PATCH", rows=own, set={"tenant": "{claims.tenant}"}
                    ),
                    _grant("orders", "*", rows=own, write=["*", "!tenant"], aggregate=True),
                    _grant("lines", "GET POST"),
                ]
            },
            "manager": {"grants": [_grant("lines codes spending", "*", aggregate=True)]},
        },
        "keys": {role: key_of(role, tenant=1) for role in ROLES},
    }


@contextmanager
def serving(database: Database, folder: Path) -> Iterator[FaucetProcess]:
    """Serve the shop on *database*, with the manifest in *folder*."""
    build(database)
    (folder / "faucet.yaml").write_text(json.dumps(manifest(database)))
    with FaucetProcess(folder).ready() as server:
        yield server


def write_document(server: FaucetProcess, role: str, path: Path) -> None:
    """Write the OpenAPI document of *role* to *path*."""
    answer = server.get("/openapi.json", **{"X-API-Key": key(role)})
    path.write_bytes(answer.raise_for_status().content)
