import msgspec

from faucet.control.inheritance import levels
from faucet.model.limits import PartialLimits
from faucet.model.manifest.sections import Role


def _roles(**extends):
    return {
        name: msgspec.convert({"extends": parents} if parents else {}, Role)
        for name, parents in extends.items()
    }


def _names(found):
    return [[step.role for step in level] for level in found]


def test_ancestors_come_by_distance():
    roles = _roles(a=["b", "c"], b=["d"], c=[], d=[])

    assert _names(levels(roles, "a")) == [["a"], ["b", "c"], ["d"]]


def test_an_ancestor_met_twice_stands_at_its_shortest_distance():
    roles = _roles(a=["b", "c"], b=["c"], c=[])

    assert _names(levels(roles, "a")) == [["a"], ["b", "c"]]


def test_circles_and_unknown_parents_are_passed_over():
    roles = _roles(a=["b", "ghost"], b=["a"])

    assert _names(levels(roles, "a")) == [["a"], ["b"]]


def test_a_step_has_the_tightest_limits_on_its_way():
    written = {
        "a": {"extends": ["b", "d"], "limits": {"batch": 7}},
        "b": {"extends": ["c"], "limits": {"batch": 9, "page": {"max": 3}}},
        "c": {"limits": {"batch": 5, "statement_timeout": "2s"}},
        "d": {"limits": {"batch": 1}},
    }

    found = levels(msgspec.convert(written, dict[str, Role]), "a")

    assert found[2][0].limits == PartialLimits(batch=5, page_max=3, statement_timeout=2.0)
