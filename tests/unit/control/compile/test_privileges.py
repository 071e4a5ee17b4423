"""What the database's user lacks is reported per grant, with the statements that grant it."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from faucet.model.privileges import Gaps
from tests.factories import catalog, compiled, foreign_key, grant, relation, settings

_SHOPS = relation("shops", "id int pk", "owner text", "city text")
_ORDERS = relation(
    "orders",
    "id int pk",
    "shop_id int",
    "note text",
    foreign_keys=(foreign_key("shop_id", "shops"),),
)
_LOGS = relation("logs", "id int pk", "line text")
_CATALOG = catalog(_SHOPS, _ORDERS, _LOGS)
_OWN = "owner = {principal.name}"


def _gaps(table: str, *privileges: str, **others: Any) -> Gaps:
    columns = {"shops": _SHOPS, "orders": _ORDERS, "logs": _LOGS}[table].columns
    closed = {column.name: column.name for column in columns}
    return Gaps(
        user="app",
        relation=table,
        whole=frozenset(privileges),
        columns=dict.fromkeys(privileges, closed),
        **others,
    )


def _hints(gaps: Mapping[str, Gaps], *grants: Any, code: str = "FCT1529") -> list[str]:
    tables = msgspec.structs.replace(_CATALOG, gaps=gaps)
    value, diagnostics = compiled(settings({"clerk": {"grants": list(grants)}}), tables)
    assert value is not None, diagnostics
    return [each.hint for each in diagnostics if each.code == code]


def test_tables_that_lack_the_same_are_granted_together():
    gaps = {"orders": _gaps("orders", "SELECT", "DELETE"), "shops": _gaps("shops", "SELECT")}

    assert _hints(gaps, grant("orders shops")) == ["GRANT SELECT ON shops, orders TO app;"]


def test_a_grant_needs_nothing_that_its_verbs_do_not():
    gaps = {"logs": _gaps("logs", "INSERT", "UPDATE", "DELETE", others={"INSERT": ("GRANT s;",)})}

    assert _hints(gaps, grant("logs")) == []
    assert _hints(gaps, grant("logs"), grant("logs", "POST")) == [
        "GRANT INSERT ON logs TO app; GRANT s;"
    ]


def test_columns_of_rules_are_needed_besides_those_that_are_read():
    gaps = {"shops": _gaps("shops", "SELECT")}

    assert _hints(gaps, grant("shops", fields=["city"])) == ["GRANT SELECT (city) ON shops TO app;"]
    assert _hints(gaps, grant("shops", fields=["city"], rows=_OWN)) == [
        "GRANT SELECT (city, owner) ON shops TO app;"
    ]
    assert _hints(gaps, grant("shops", fields=["city", "id"], rows=_OWN)) == [
        "GRANT SELECT ON shops TO app;"
    ]


@pytest.mark.promise("sec-12")
def test_a_reference_needs_its_own_columns_and_those_of_the_row_that_it_names():
    gaps = {"shops": _gaps("shops", "SELECT"), "orders": _gaps("orders", "SELECT")}
    written = grant("orders", "POST", fields=["id", "shop_id"])

    assert _hints(gaps, grant("shops", fields=["owner"], rows=_OWN), written) == [
        "GRANT SELECT (owner) ON shops TO app;",
        "GRANT SELECT (id, shop_id) ON orders TO app; GRANT SELECT (id, owner) ON shops TO app;",
    ]


def test_row_level_security_that_lets_no_row_pass_is_reported_for_each_privilege():
    gaps = {"logs": _gaps("logs", closed=frozenset({"SELECT", "INSERT", "UPDATE"}))}

    assert _hints(gaps, grant("logs", "GET"), code="FCT1530") == [
        "create a policy FOR SELECT TO app"
    ]
    assert _hints(gaps, grant("logs", "GET"), grant("logs", "POST"), code="FCT1530") == [
        "create a policy FOR SELECT TO app",
        "create a policy FOR INSERT TO app",
        "create a policy FOR SELECT TO app",
    ]
