import pytest

from faucet.control.compile.globs import pattern_faults
from faucet.diagnostics import Severity
from faucet.model.manifest.patterns import closest, ranked
from tests.factories import catalog, relation

_RELATIONS = catalog(
    relation("orders", "id int pk"),
    relation("order_items", "id int pk"),
    relation("tmp_x", "id int pk"),
    relation("orders_2024", "id int pk", exact_only=True),
).relations
_EXACT_ONLY = {name: each.exact_only for name, each in _RELATIONS.items()}


def _faults(*patterns):
    return [
        (fault.code, fault.severity, fault.address[-1])
        for fault in pattern_faults(patterns, _RELATIONS, ("tables",))
    ]


@pytest.mark.promise("sec-13")
def test_exact_is_closer_than_prefix_and_prefix_than_star():
    patterns = ("orders", "orde*", "o*s", "?rders", "*")

    ranks = [closest((pattern,), "orders") or () for pattern in patterns]

    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == 5


def test_the_closest_pattern_of_a_grant_counts():
    assert closest(("*", "orders"), "orders") == closest(("orders",), "orders")


def test_a_removed_table_is_not_matched():
    assert set(ranked(("*", "!tmp_*"), _EXACT_ONLY)) == {"orders", "order_items"}


@pytest.mark.promise("sec-15")
def test_partitions_and_their_kind_match_by_exact_name_only():
    for glob in ("*", "orders*", "orders_????", "[o]rders_2024"):
        assert "orders_2024" not in ranked((glob,), _EXACT_ONLY)

    assert set(ranked(("orders_2024",), _EXACT_ONLY)) == {"orders_2024"}


def test_a_name_without_a_table_is_an_error_with_the_near_name():
    (fault,) = pattern_faults(("ordrs",), _RELATIONS, ("tables",))

    assert fault.code == "FCT1501"
    assert fault.severity is Severity.ERROR
    assert fault.address == ("tables", 0)
    assert "orders" in fault.hint


def test_a_glob_without_a_match_is_a_warning():
    assert _faults("orders", "zzz*") == [("FCT1502", Severity.WARNING, 1)]


@pytest.mark.promise("sec-15")
def test_a_removal_of_a_name_that_is_not_there_is_an_error():
    assert _faults("*", "!custmers") == [("FCT1503", Severity.ERROR, 1)]


def test_patterns_that_only_take_away_are_an_error():
    assert _faults("!orders") == [("FCT1516", Severity.ERROR, "tables")]


@pytest.mark.fault("attacks.removals")
@pytest.mark.promise("sec-15")
def test_a_removal_that_matches_no_table_is_an_error():
    assert _faults("*", "!custm*") == [("FCT1503", Severity.ERROR, 1)]
    assert _faults("*", "!orders_20*") == []
