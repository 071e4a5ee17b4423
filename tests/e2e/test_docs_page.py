"""What the page of /docs says to whoever opens it: its own script, against a running server."""

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.clients.node import run_script
from tests.servers.faucet_process import FaucetProcess

pytestmark = pytest.mark.e2e

_SCRIPT = Path(__file__).parents[1] / "clients" / "docs_page.mjs"
_KEY = "faucet_a-key-of-a-clerk"
_MANIFEST = """\
version: 1
server: {{host: 127.0.0.1}}
{auth}
services:
  shop: {{driver: sqlite, dsn: shop.db}}
roles:
  visitor: {{grants: [{{service: shop, tables: [items], verbs: [GET]}}]}}
  clerk: {{grants: [{{service: shop, tables: [items, orders], verbs: [GET]}}]}}
keys:
  till: {{role: clerk, hash: ["sha256:{digest}"]}}
"""


def _seen(folder: Path, auth: str) -> list[dict[str, Any]]:
    """Return what the page says and shows without a key, with a wrong and with the right one."""
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.executescript("CREATE TABLE items (id INTEGER); CREATE TABLE orders (id INTEGER)")
    text = _MANIFEST.format(auth=auth, digest=sha256(_KEY.encode()).hexdigest())
    (folder / "faucet.yaml").write_text(text)
    with FaucetProcess(folder, "-p", "0") as server:
        server.ready()
        printed = run_script(_SCRIPT, server.url, "X-API-Key", "faucet_wrong", _KEY, folder=folder)
    return list(json.loads(printed))


@pytest.mark.fault("operators.docs")
def test_the_page_says_that_it_needs_a_key_and_that_a_key_was_refused(tmp_path: Path):
    without, wrong, right = _seen(tmp_path, "")

    assert "shows nothing without a key" in without["says"]
    assert "was refused" in wrong["says"]
    assert right["says"] == "Shown is what this key or token may do."
    assert [one["isProblem"] for one in (without, wrong, right)] == [True, True, False]
    assert [one["shows"] for one in (without, wrong)] == [None, None]


@pytest.mark.fault("operators.docs")
def test_the_page_says_whose_view_it_shows_with_a_tag_for_each_table(tmp_path: Path):
    without, wrong, right = _seen(tmp_path, "auth: {anonymous: visitor}")

    assert "callers without a key" in without["says"]
    assert wrong["shows"] is None
    assert {"shop.items"} == {name for name in without["shows"] if name.startswith("shop.")}
    assert {"shop.items", "shop.orders"} <= {*right["shows"]}
