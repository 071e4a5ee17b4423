"""docs/least-privilege.md: its GRANT statements are enough for its manifest, and all are needed."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from faucet.control.load import SourceText
from faucet.control.pipeline import build, inputs_of
from faucet.control.resolve import Overrides
from faucet.standard import standard_registry
from tests.databases import Database, key, key_hash, scratch
from tests.plane import Plane, plane

pytestmark = [pytest.mark.anyio, pytest.mark.postgresql]

_GUIDE = (Path(__file__).parents[2] / "docs" / "least-privilege.md").read_text(encoding="utf-8")
_TABLES, _GRANTS, _REVOKE = re.findall(r"^```sql\n(.*?)^```", _GUIDE, re.MULTILINE | re.DOTALL)
(_MANIFEST,) = re.findall(r"^```yaml\n(.*?)^```", _GUIDE, re.MULTILINE | re.DOTALL)
_PRIVILEGES = re.findall(r"^GRANT (.*) TO faucet_shop;$", _GRANTS, re.MULTILINE)
_T = "/api/v1/shop/_table"
_CLERK, _MANAGER = key("till-7"), key("office")
_ORDER = {"store_id": 7, "customer_id": 1, "note": "today"}
_REQUESTS = (
    (_CLERK, "GET", "customers", None, 200),
    (_CLERK, "GET", "orders/1", None, 200),
    (_CLERK, "POST", "orders", _ORDER, 201),
    (_CLERK, "PATCH", "orders/1", {"status": "packed"}, 200),
    (_MANAGER, "GET", "orders", None, 200),
    (_MANAGER, "DELETE", "orders/2", None, 200),
)


class _Example(msgspec.Struct, frozen=True, kw_only=True):
    """The database of the page, its user's name, and its manifest with the keys of the tests."""

    owner: Database
    user: str
    manifest: str

    def run(self, statement: str) -> None:
        self.owner.script(statement.replace("faucet_shop", self.user))


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[_Example]:
    with scratch("postgres", request, tmp_path) as owner:
        info = psycopg.conninfo.conninfo_to_dict(owner.dsn)
        user = f"shop_{info['dbname']}"
        place = f"{info['host']}:{info['port']}/{info['dbname']}"
        text = _MANIFEST.replace("faucet_shop:${file:shop.password}@localhost:5432/shop", "ME")
        text = text.replace("ME", f"{user}:PASSWORD@{place}")
        hashes = re.findall(r"sha256:\w+", text)
        text = text.replace(hashes[0], key_hash("till-7")).replace(hashes[1], key_hash("office"))
        made = _Example(owner=owner, user=user, manifest=text)
        for statement in (*_TABLES.split(";\n"), *_GRANTS.splitlines(), *_REVOKE.splitlines()):
            if statement.strip():
                made.run(statement)
        made.run("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
        made.run("INSERT INTO customers VALUES (1, 7, 'Ada', '4242'), (2, 8, 'Bob', '4343')")
        made.run(
            "INSERT INTO orders (store_id, customer_id) SELECT 7, 1 FROM generate_series(1, 9)"
        )
        try:
            yield made
        finally:
            owner.script(f"DROP OWNED BY {user}", f"DROP ROLE {user}")


async def _refused(shop: Plane) -> list[tuple[str, str]]:
    """Send each request, and return those that the database refused, with any other as it is."""
    found = []
    for who, method, url, body, status in _REQUESTS:
        answer = await shop.ask(method, f"{_T}/{url}", body, key=who)
        if answer.status != status:
            found.append((method, answer.error))
    return found


def _reported(example: _Example) -> list[str]:
    """Return the hints of `faucet check --online` about missing privileges."""
    registry = standard_registry()
    source = SourceText(name="faucet.yaml", text=example.manifest)
    inputs = inputs_of(source, registry=registry, overrides=Overrides(), now=0)
    found = build(inputs, registry.dialects).diagnostics
    return [one.hint for one in found if one.code == "FCT1529"]


async def test_the_grants_are_enough_for_the_manifest(example: _Example):
    async with plane(example.manifest) as shop:
        refused = await _refused(shop)
        foreign = await shop.ask("POST", f"{_T}/orders", _ORDER | {"customer_id": 2}, key=_CLERK)

    assert refused == []
    assert _reported(example) == []
    assert (foreign.status, foreign.error) == (409, "foreign_key_violation")


def test_the_page_has_grants():
    assert len(_PRIVILEGES) == 7


@pytest.mark.parametrize("privilege", _PRIVILEGES)
async def test_without_any_of_them_a_request_is_refused_until_it_is_granted_again(
    example: _Example, privilege: str
):
    async with plane(example.manifest) as shop:
        example.run(f"REVOKE {privilege} FROM faucet_shop")
        refused = await _refused(shop)
        lacking = _reported(example)
        example.run(f"GRANT {privilege} TO faucet_shop")
        again = await _refused(shop)

    assert refused != []
    assert {error for _method, error in refused} == {"database_refused"}
    assert lacking
    assert all(hint.startswith("GRANT ") for hint in lacking)
    assert [each for each in again if each[0] != "DELETE"] == []


async def test_a_policy_of_the_database_narrows_what_the_rules_allow(example: _Example):
    example.run("ALTER TABLE orders ENABLE ROW LEVEL SECURITY")
    async with plane(example.manifest) as shop:
        closed = await shop.get(f"{_T}/orders", key=_CLERK)
        written = await shop.ask("POST", f"{_T}/orders", _ORDER, key=_CLERK)
        example.run("CREATE POLICY new ON orders USING (id < 4) WITH CHECK (status = 'new')")
        narrowed = await shop.get(f"{_T}/orders?fields=id", key=_CLERK)

    assert (closed.status, closed.rows) == (200, [])
    assert (written.status, written.error) == (403, "row_check")
    assert [row["id"] for row in narrowed.rows] == [1, 2, 3]


async def test_without_connect_the_service_cannot_be_reached(example: _Example):
    name = psycopg.conninfo.conninfo_to_dict(example.owner.dsn)["dbname"]
    example.run(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC')
    async with plane(example.manifest) as shop:
        answer = await shop.get(f"{_T}/orders", key=_CLERK)

    assert (answer.status, answer.error) == (503, "database_unavailable")
