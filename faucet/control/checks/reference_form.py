"""FCT1231: a reference that cannot be read, or whose scheme nobody knows. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.references import Reference, ReferenceSyntaxError, parse_references
from faucet.names import did_you_mean

CODE = "FCT1231"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each reference that is malformed or of an unknown scheme."""
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
