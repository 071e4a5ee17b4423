"""FCT1230: a reference where none may stand. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.manifest.references import has_reference

CODE = "FCT1230"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each reference outside the fields that the schema marks."""
    for text in subject.texts:
        if text.mark is None and has_reference(text.text):
            yield Diagnostic(
                code=CODE,
                message="references stand in secrets and deployment settings alone, not here",
                hint="write the value itself; a literal ${ is written $${",
                address=text.address,
                offset=None if text.at_key else text.text.find("${"),
                at_key=text.at_key,
            )
