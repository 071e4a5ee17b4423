import pytest

from faucet.model.manifest.patterns import covered, covers, matches


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("orders", "orders", True),
        ("orders", "Orders", False),
        ("ord*", "orders", True),
        ("ord*", "Orders", False),
        ("t_?", "t_1", True),
        ("t_?", "t_12", False),
        ("t_[ab]", "t_a", True),
        ("t_[!ab]", "t_a", False),
        ("a*c", "a\nc", True),
        ("a[1]", "a[1]", True),
        ("a[1]", "a1", True),
        ("*", "", True),
    ],
)
def test_a_pattern_is_a_name_or_a_glob_and_case_counts(pattern, name, expected):
    assert matches(pattern, name) is expected


def test_what_is_taken_away_is_not_covered_wherever_the_removal_stands():
    assert not covers(("*", "!secret"), "secret")
    assert not covers(("!secret", "*"), "secret")
    assert not covers(("!tmp_*", "tmp_a"), "tmp_a")
    assert covers(("*", "!secret"), "orders")


def test_removals_alone_cover_nothing():
    assert not covers(("!secret",), "orders")


def test_a_removal_holds_within_its_grant_alone():
    assert covered((("*", "!secret"), ("secret",)), "secret")
    assert not covered((("*", "!secret"), ("orders",)), "secret")
    assert not covered((), "orders")
