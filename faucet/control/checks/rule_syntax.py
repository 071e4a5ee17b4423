"""FCT1229: a row filter or row check that cannot be read. Pure."""

from collections.abc import Iterator
from typing import Final

from faucet.control.checks.subject import Subject, grants, rules
from faucet.diagnostics import Diagnostic
from faucet.model.filters.grammar import FilterError, parse_filter
from faucet.model.manifest.references import has_reference

CODE = "FCT1229"

_LONGEST: Final = 65_536


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic at the character where a rule stops making sense."""
    for placed in grants(subject.manifest):
        for key, text in rules(placed):
            address = (*placed.address, key)
            if len(text) > _LONGEST:
                message = f"a rule has at most {_LONGEST} characters"
                yield Diagnostic(code=CODE, message=message, address=address)
            elif text.strip() and not has_reference(text):
                try:
                    parse_filter(text, policy=True)
                except FilterError as error:
                    yield Diagnostic(
                        code=CODE,
                        message=error.message,
                        address=address,
                        offset=error.position,
                    )
