import msgspec

from faucet.control.compile.inheritance import levels
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


def test_a_step_knows_its_way():
    roles = _roles(a=["b"], b=["c"], c=[])

    assert levels(roles, "a")[2][0].path == ("a", "b", "c")
