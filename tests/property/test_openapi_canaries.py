"""Canaries in every name, comment and literal that a role may not know: no document holds one."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.control.load import SourceText
from faucet.control.overrides import Overrides
from faucet.control.pipeline import build, inputs_of
from faucet.model.surface import Surface
from faucet.standard import standard_registry
from tests.budget import examples
from tests.databases import DIALECTS, Database, scratch
from tests.factories import grant

_CANARY = "kanari"
_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CHANGES = frozenset({"POST", "PUT", "PATCH"})
_REGISTRY = standard_registry()

_TABLES = (
    f"CREATE TABLE {_CANARY}_table (id {{serial}}, {_CANARY}_column integer)",
    f"CREATE TABLE {_CANARY}_excluded (id {{serial}})",
    f"""CREATE TABLE orders (
        id integer DEFAULT 7 PRIMARY KEY, store_id integer NOT NULL, note text NOT NULL,
        masked varchar(77) DEFAULT '{_CANARY}_default' NOT NULL,
        {_CANARY}_hidden LABEL DEFAULT '{_CANARY}_label' NOT NULL,
        {_CANARY}_unreadable text DEFAULT '{_CANARY}_default' NOT NULL,
        {_CANARY}_preset text,
        {_CANARY}_other integer CONSTRAINT {_CANARY}_key UNIQUE
            CONSTRAINT {_CANARY}_reference REFERENCES {_CANARY}_table)""",
)
_POSTGRES = (
    f"CREATE TABLE {_CANARY}_parted (id integer) PARTITION BY RANGE (id)",
    f"CREATE TABLE {_CANARY}_part PARTITION OF {_CANARY}_parted DEFAULT",
    f"COMMENT ON TABLE orders IS 'Joined with {_CANARY}_table.'",
    f"COMMENT ON TABLE {_CANARY}_table IS '{_CANARY}'",
    "COMMENT ON COLUMN orders.note IS 'Plain words.'",
    f"COMMENT ON COLUMN orders.id IS 'Numbered as in {_CANARY.upper()}_Excluded.'",
    f"COMMENT ON COLUMN orders.store_id IS 'Selects the {_CANARY}_part.'",
    f"COMMENT ON COLUMN orders.masked IS 'Not {_CANARY}_unreadable.'",
    f"COMMENT ON COLUMN orders.{_CANARY}_hidden IS '{_CANARY}_comment'",
    f"COMMENT ON COLUMN orders.{_CANARY}_unreadable IS '{_CANARY}'",
)


@pytest.fixture(params=DIALECTS, scope="module")
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with scratch(request.param, request, tmp_path_factory.mktemp("canaries")) as made:
        label = made.either(sqlite="text", postgres=f"{_CANARY}_enum")
        if made.dialect == "postgres":
            made.script(f"CREATE TYPE {_CANARY}_enum AS ENUM ('{_CANARY}_label')")
        made.script(*(statement.replace("LABEL", label) for statement in _TABLES))
        if made.dialect == "postgres":
            made.script(*_POSTGRES)
        yield made


def _surface(manifest: dict[str, Any]) -> Surface:
    """Return the surface as a server comes by it: from text and a real database."""
    source = SourceText(name="faucet.yaml", text=json.dumps(manifest))
    inputs = inputs_of(source, registry=_REGISTRY, overrides=Overrides(), now=0.0)
    built = build(inputs, _REGISTRY.dialects)
    assert built.value is not None, built.diagnostics
    return built.value.surface


@pytest.mark.promise("sec-18")
@examples(40)
@given(
    verbs=st.lists(st.sampled_from(_VERBS), min_size=1, unique=True),
    aggregate=st.booleans(),
    reads=st.booleans(),
    says_write=st.booleans(),
)
def test_no_document_tells_what_its_role_may_not_know(
    database, verbs, aggregate, reads, says_write
):
    shop = database.service(
        tables={"include": ["*"], "exclude": [f"{_CANARY}_excluded"]},
        resources={
            "orders": {
                "fields": {
                    f"{_CANARY}_hidden": {"hidden": True, "description": _CANARY},
                    f"{_CANARY}_unreadable": {"description": _CANARY},
                }
            },
            f"{_CANARY}_table": {"description": _CANARY},
        },
    )
    write = {"write": ["note", "masked"]} if says_write else {}
    preset = {"set": {f"{_CANARY}_preset": f"{_CANARY}_value"}}
    own = grant(
        "orders",
        " ".join(sorted({*verbs, "GET"}) if reads else verbs),
        fields=["id", "store_id", "note", "masked"],
        mask={"masked": "redact"},
        rows=f"note != '{_CANARY}_literal' AND {_CANARY}_unreadable = {{claims.{_CANARY}_claim}}",
        aggregate=aggregate,
        **({**preset, **write} if _CHANGES.intersection(verbs) else {}),
    )
    roles = {
        "clerk": {"grants": [own]},
        f"{_CANARY}-role": {"grants": [grant("*", "GET PUT", rows="all")]},
    }

    made = _surface({"version": 1, "services": {"shop": shop}, "roles": roles})

    documents = (made.openapi["clerk"], made.service_openapi["clerk", "shop"])
    for document in documents:
        assert _CANARY.encode() not in document.lower()
    if database.dialect == "postgres" and (reads or "GET" in verbs):
        assert all(b"Plain words." in document for document in documents)
