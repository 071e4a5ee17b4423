"""Promises have tests, and tests name only declared promises and listed faults."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.listed import listed_faults

_TESTS = Path(__file__).parent
_FAULTS = listed_faults()
_DECLARED = tomllib.loads((_TESTS / "requirements.toml").read_text())["promises"]


def _marked(path: Path, mark: str) -> Iterator[str]:
    """Ids in `pytest.mark.promise("id")`, or of another *mark*, wherever it is in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == mark
        ):
            for argument in node.args:
                assert isinstance(argument, ast.Constant), f"{path}:{node.lineno}: spell the id out"
                yield str(argument.value)


@pytest.fixture(scope="module")
def shown() -> dict[str, list[str]]:
    """Which files show which promise."""
    files: dict[str, list[str]] = {}
    for path in sorted(_TESTS.rglob("test_*.py")):
        for promise in _marked(path, "promise"):
            files.setdefault(promise, []).append(str(path.relative_to(_TESTS)))
    return files


@pytest.mark.parametrize("promise", _DECLARED)
def test_a_declared_promise_is_shown_by_a_test(promise: str, shown: dict[str, list[str]]):
    assert shown.get(promise), f"no test is marked with promise({promise!r}): {_DECLARED[promise]}"


def test_tests_name_declared_promises_only(shown: dict[str, list[str]]):
    assert {name: where for name, where in shown.items() if name not in _DECLARED} == {}


def test_tests_name_listed_faults_only():
    files = sorted(_TESTS.rglob("test_*.py"))

    named = {(name, str(file)) for file in files for name in _marked(file, "fault")}

    assert {(name, file) for name, file in named if name not in _FAULTS} == set()
