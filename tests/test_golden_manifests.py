"""Good manifests without a finding, bad ones with theirs where a comment expects it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from faucet.control.load import source_text
from faucet.control.pipeline import Inputs, check_manifest, prepare
from faucet.control.resolve import Overrides
from faucet.diagnostics import Diagnostic
from faucet.extension.secret_source import SecretReference
from faucet.secret import Secret
from faucet.standard import standard_registry

_FACTS = standard_registry().facts()

_FOLDER = Path(__file__).parent / "golden" / "manifests"
_GOOD = sorted((_FOLDER / "good").glob("*.yaml"))
_BAD = sorted((_FOLDER / "bad").glob("*.yaml"))
_NOW = 1767225600.0  # 2026-01-01
_DOCUMENTED = re.findall(
    r"^### (FCT1(?!109)[0-3]\d\d)$",  # FCT1109 only follows 200 others
    (Path(__file__).parents[1] / "docs" / "diagnostics.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)

# What stands behind the references of a file: # with env:NAME=value
_GIVEN = re.compile(r"^# with (\w+:[^=]+)=(.*)$", re.MULTILINE)
# At the end of the line at fault: # FCT1201 4:19
_EXPECTED = re.compile(r"(FCT\d{4}) (\d+):(\d+)")


def _name(path: Path) -> str:
    return path.stem


def _look(path: Path) -> tuple[Diagnostic, ...]:
    data = path.read_bytes()
    source = source_text(path.name, data)
    given = dict(_GIVEN.findall(source.text))
    if not given:
        return check_manifest((source,), _FACTS, _NOW).diagnostics

    def fetch(reference: SecretReference) -> Secret | None:
        value = given.get(f"{reference.scheme}:{reference.name}")
        return None if value is None else Secret(value)

    secret = given.get("override:jwt_secret")
    overrides = Overrides(jwt_secret=Secret(secret) if secret else None)
    inputs = Inputs(
        sources=(source,),
        facts=_FACTS,
        now=_NOW,
        folder="/f",
        overrides=overrides,
        fetch=fetch,
    )
    return prepare(inputs).diagnostics


def _expected(path: Path) -> Iterator[tuple[str, int, int]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        for code, at, column in _EXPECTED.findall(line.rpartition("#")[2]):
            assert int(at) == number, f"{path.name}:{number}: the comment names another line"
            yield code, number, int(column)


@pytest.mark.parametrize("path", _GOOD, ids=_name)
def test_a_good_manifest_has_no_finding(path: Path):
    assert _look(path) == ()


@pytest.mark.parametrize("path", _BAD, ids=_name)
def test_a_bad_manifest_has_the_findings_that_its_comments_expect(path: Path):
    found = [(one.code, one.span.line, one.span.column) for one in _look(path) if one.span]

    assert found == list(_expected(path))


@pytest.mark.parametrize("path", _BAD, ids=_name)
def test_a_bad_manifest_has_one_kind_of_fault(path: Path):
    assert {code for code, _, _ in _expected(path)} == {path.stem[:7].upper()}


@pytest.mark.parametrize("code", _DOCUMENTED)
def test_a_code_has_a_good_and_a_bad_manifest(code: str):
    for folder in (_GOOD, _BAD):
        assert [path for path in folder if path.stem.startswith(code.lower())]
