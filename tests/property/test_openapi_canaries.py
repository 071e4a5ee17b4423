"""Canaries in every name, comment and literal that a role may not know: no document holds one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.model.catalog import UniqueKey
from tests import factories
from tests.budget import examples
from tests.factories import catalog, column, foreign_key, grant, relation, service, surface

_CANARY = "kanari"
_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _tables():
    return catalog(
        relation(
            "orders",
            column("id", "int", default="7"),
            column("store_id", "int"),
            column("note", comment="Plain words."),
            column("masked", "text(77)", default=f"'{_CANARY}_default'"),
            column(
                f"{_CANARY}_hidden",
                f"enum({_CANARY}_label)",
                default=f"'{_CANARY}_label'",
                comment=f"{_CANARY}_comment",
            ),
            column(f"{_CANARY}_unreadable", default=f"'{_CANARY}_default'", comment=_CANARY),
            column(f"{_CANARY}_preset", nullable=True),
            column(f"{_CANARY}_other", "int", nullable=True),
            primary_key=("id",),
            unique=(UniqueKey(name=f"{_CANARY}_key", columns=(f"{_CANARY}_other",)),),
            foreign_keys=(foreign_key(f"{_CANARY}_other", f"{_CANARY}_table"),),
            comment=f"Joined with {_CANARY}_table.",
        ),
        relation(f"{_CANARY}_table", f"{_CANARY}_column int", "id int pk", comment=_CANARY),
        relation(f"{_CANARY}_excluded", "id int pk"),
    )


@pytest.mark.promise("sec-18")
@examples(40)
@given(
    verbs=st.lists(st.sampled_from(_VERBS), min_size=1, unique=True),
    aggregate=st.booleans(),
    reads=st.booleans(),
    says_write=st.booleans(),
)
def test_no_document_tells_what_its_role_may_not_know(verbs, aggregate, reads, says_write):
    shop = service(
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
    own = grant(
        "orders",
        " ".join(sorted({*verbs, "GET"}) if reads else verbs),
        fields=["id", "store_id", "note", "masked"],
        mask={"masked": "redact"},
        rows=f"note != '{_CANARY}_literal' AND {_CANARY}_unreadable = {{claims.{_CANARY}_claim}}",
        set={f"{_CANARY}_preset": f"{_CANARY}_value"},
        aggregate=aggregate,
        **({"write": ["note", "masked"]} if says_write else {}),
    )
    roles = {
        "clerk": {"grants": [own]},
        f"{_CANARY}-role": {"grants": [grant("*", "GET PUT", rows="all")]},
    }

    made = surface(factories.settings(roles, (shop,)), _tables())

    for document in (made.openapi["clerk"], made.service_openapi["clerk", "shop"]):
        assert _CANARY.encode() not in document
