"""FCT1231: a reference that cannot be read, lacks its $, or whose scheme nobody knows. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.manifest.references import Reference, ReferenceSyntaxError, parse_references
from faucet.names import did_you_mean

CODE = "FCT1231"

_BARE: Final = re.compile(r"(?<!\$)\{([a-z][a-z0-9_]*):[^{}\n]+\}")


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each reference that is malformed, bare or of an unknown scheme."""
    schemes = subject.facts.secret_schemes
    for text in subject.texts:
        if text.mark is None:
            continue
        try:
            parts = parse_references(text.text)
        except ReferenceSyntaxError as error:
            yield Diagnostic(
                code=CODE, message=str(error), address=text.address, offset=error.position
            )
            continue
        for found in _BARE.finditer(text.text):
            if found[1] in schemes:
                yield Diagnostic(
                    code=CODE,
                    message="a reference starts with $: without it, the braces are plain text",
                    hint=f"write ${{{found[1]}:…}}",
                    address=text.address,
                    offset=found.start(),
                )
        for part in parts:
            if isinstance(part, Reference) and part.scheme not in schemes:
                yield Diagnostic(
                    code=CODE,
                    message=f'there is no secret source "{part.scheme}"',
                    hint=did_you_mean(part.scheme, schemes)
                    or f"sources are {', '.join(sorted(schemes))}",
                    address=text.address,
                    offset=part.position,
                )
