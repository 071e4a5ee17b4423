"""Optional packages: a manifest that needs one that is not installed is refused."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

from faucet.control.locate import locate
from faucet.control.pipeline import Prepared
from faucet.diagnostics import Diagnostic, Outcome

MISSING_PACKAGE: Final = "FCT1904"


def with_packages(
    prepared: Outcome[Prepared], find: Callable[[str], object] = find_spec
) -> Outcome[Prepared]:
    """
    Return *prepared*, or an error for a package that it needs and that is not installed.

    *find* returns None for a package that is not.
    """
    made = prepared.value
    if made is None or not made.settings.mcp.enabled or find("mcp") is not None:
        return prepared
    missing = Diagnostic(
        code=MISSING_PACKAGE,
        message="mcp is enabled, but the package that it needs is not installed",
        address=("mcp", "enabled"),
        hint="install faucet[mcp], or set `mcp.enabled: false`",
    )
    found = (*prepared.diagnostics, *locate((missing,), made.document))
    return Outcome(value=None, diagnostics=found)
