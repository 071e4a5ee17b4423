"""What the docs list is what the code has, both ways."""

import re
from pathlib import Path

from faucet.control.codes import CODES

_ROOT = Path(__file__).parents[1]
_CODE = re.compile(r"FCT\d{4}")
_CONSTANT = re.compile(r"^([A-Z_]+): Final = \"(FCT\d{4})\"", re.MULTILINE)
_HEADING = re.compile(r"^### (FCT\d{4})$", re.MULTILINE)


def _raised() -> set[str]:
    """Codes in the source; a mention in another check's comment is one that is raised elsewhere."""
    return {
        code
        for path in (_ROOT / "faucet").rglob("*.py")
        if path.name != "codes.py"
        for code in _CODE.findall(path.read_text(encoding="utf-8"))
    }


def _documented() -> list[str]:
    return _HEADING.findall((_ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8"))


def test_every_diagnostic_is_documented_and_every_documented_one_is_raised():
    assert set(_documented()) == _raised()


def test_every_code_is_known_to_options_that_name_codes():
    assert set(CODES) == _raised()


def test_diagnostics_are_documented_once_and_in_order():
    assert _documented() == sorted(set(_documented()))


def test_every_diagnostic_is_shown_by_a_test():
    tests = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (_ROOT / "tests").rglob("*")
        if path.suffix in {".py", ".yaml"}
    )

    named = {code for name, code in _constants() if re.search(rf"\b{name}\b", tests)}

    assert _raised() - set(_CODE.findall(tests)) - named == set()


def _constants() -> list[tuple[str, str]]:
    """Names under which a module exports its code; `CODE` says nothing by itself."""
    return [
        found
        for path in (_ROOT / "faucet").rglob("*.py")
        for found in _CONSTANT.findall(path.read_text(encoding="utf-8"))
        if found[0] != "CODE"
    ]
