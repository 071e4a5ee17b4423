"""FCT1228: a preset that mixes text with a reference, or names none that exists. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from faucet.control.checks.subject import Subject, grants
from faucet.diagnostics import Diagnostic

CODE = "FCT1228"

_REFERENCE: Final = re.compile(r"\{(claims\.\w+|principal\.(name|role))\}", re.ASCII)
_MEANT: Final = re.compile(r"\{\s*(claims?|principals?)\b[^{}]*\}")


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each preset that is neither one whole reference nor a literal."""
    for placed in grants(subject.manifest):
        for column, value in (placed.grant.presets or {}).items():
            if not isinstance(value, str) or _REFERENCE.fullmatch(value):
                continue
            if found := _MEANT.search(value):
                yield Diagnostic(
                    code=CODE,
                    message="a preset is one whole reference or a literal, not a mixture",
                    hint="write {claims.NAME}, {principal.name} or {principal.role}, and no more",
                    address=(*placed.address, "set", column),
                    offset=found.start(),
                )
