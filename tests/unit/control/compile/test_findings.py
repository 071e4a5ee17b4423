"""Every code is documented, shown by a test, and stands for one thing."""

from pathlib import Path

import pytest

from faucet.control.compile import findings
from faucet.control.compile.findings import Fault, merge, name_some

_ROOT = Path(__file__).parents[4]
_CODES = {
    value for name, value in vars(findings).items() if name.isupper() and isinstance(value, str)
}


@pytest.mark.parametrize("code", sorted(_CODES))
def test_a_code_is_documented_and_shown_by_a_test(code):
    page = (_ROOT / "docs" / "diagnostics.md").read_text()
    tests = "".join(
        path.read_text()
        for path in Path(__file__).parent.glob("test_*.py")
        if path.name != Path(__file__).name
    )

    assert f"### {code}\n" in page
    assert f'"{code}"' in tests


def test_one_fault_on_many_tables_is_one_diagnostic():
    fault = Fault(code="FCT1505", message="{tables}: no", address=("roles",))

    (diagnostic,) = merge({fault: ["b", "a", "b"]})

    assert diagnostic.message == '"a" and 1 more: no'
    assert name_some(["a"]) == '"a"'
