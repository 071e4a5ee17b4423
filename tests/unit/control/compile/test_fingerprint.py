import msgspec
import pytest

from faucet.control.compile.fingerprint import fingerprint
from faucet.model.catalog import Unreachable
from faucet.secret import Secret
from tests.factories import catalog, grant, relation, service, settings, surface

_A = relation("a", "id int pk", "n int")
_B = relation("b", "id int pk")
_ROLES = {"clerk": {"grants": [grant("a")]}, "boss": {"grants": [grant("*")]}}
_SETTINGS = settings(_ROLES, (service("shop"), service("crm")))
_CATALOGS = {"shop": catalog(_A, _B), "crm": catalog(_B)}


def test_the_order_of_keys_does_not_count():
    turned = settings(dict(reversed(_ROLES.items())), (service("crm"), service("shop")))
    catalogs = {"crm": catalog(_B), "shop": catalog(_B, _A)}

    assert fingerprint(turned, catalogs) == fingerprint(_SETTINGS, _CATALOGS)


@pytest.mark.parametrize(
    "changed",
    [
        settings({"clerk": {"grants": [grant("b")]}, "boss": _ROLES["boss"]}),
        settings(_ROLES, (service("shop", dsn=Secret("postgresql://other/shop")), service("crm"))),
        settings(_ROLES, (service("shop", read_only=True), service("crm"))),
        msgspec.structs.replace(_SETTINGS, purpose_key=Secret("q" * 32)),
        msgspec.structs.replace(
            _SETTINGS, auth=msgspec.structs.replace(_SETTINGS.auth, anonymous="clerk")
        ),
    ],
)
def test_what_shapes_answers_counts(changed):
    assert fingerprint(changed, _CATALOGS) != fingerprint(_SETTINGS, _CATALOGS)


def test_a_changed_or_lost_catalog_counts():
    others = (
        catalog(_B),
        catalog(relation("b", "id int pk", "x int")),
        Unreachable(reason="refused"),
    )

    found = {fingerprint(_SETTINGS, {"shop": catalog(_A, _B), "crm": other}) for other in others}

    assert len(found) == 3


def test_why_a_service_is_unreachable_does_not_count():
    first, second = (
        fingerprint(_SETTINGS, {"shop": catalog(_A, _B), "crm": Unreachable(reason=reason)})
        for reason in ("refused", "timed out")
    )

    assert first == second


def test_relations_that_no_service_publishes_do_not_count_but_what_they_hide_does():
    shop = service("shop", tables={"exclude": ["plans"]})
    written = settings({"clerk": {"grants": [grant("a")]}}, (shop,))
    a = relation("a", "id int pk", comment="Made of plans.")
    plans = relation("plans", "id int pk")
    part = relation("part", "id int pk", exact_only=True)

    bare, other, more, without = (
        surface(written, catalog(a, *others)).fingerprint
        for others in ((plans,), (relation("plans", "x int"),), (plans, part), ())
    )

    assert bare == other == more
    assert without != bare
