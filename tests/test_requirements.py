"""Every promise has a test, and every test that names a promise names a declared one."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

_TESTS = Path(__file__).parent
_DECLARED = tomllib.loads((_TESTS / "requirements.toml").read_text())["promises"]


def _promises(path: Path) -> Iterator[str]:
    """Ids in `pytest.mark.promise("id")`, wherever in the file it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "promise"
        ):
            for argument in node.args:
                assert isinstance(argument, ast.Constant), f"{path}:{node.lineno}: spell the id out"
                yield str(argument.value)


@pytest.fixture(scope="module")
def shown() -> dict[str, list[str]]:
    """Which files show which promise."""
    files: dict[str, list[str]] = {}
    for path in sorted(_TESTS.rglob("test_*.py")):
        for promise in _promises(path):
            files.setdefault(promise, []).append(str(path.relative_to(_TESTS)))
    return files


@pytest.mark.parametrize("promise", _DECLARED)
def test_a_declared_promise_is_shown_by_a_test(promise: str, shown: dict[str, list[str]]):
    assert shown.get(promise), f"no test is marked with promise({promise!r}): {_DECLARED[promise]}"


def test_tests_name_declared_promises_only(shown: dict[str, list[str]]):
    assert {name: where for name, where in shown.items() if name not in _DECLARED} == {}
