"""FCT1227, FCT1230 and FCT1231: references to secrets and to the environment. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.manifest.references import (
    Reference,
    ReferenceSyntaxError,
    has_reference,
    parse_references,
)
from faucet.names import did_you_mean

KNOWN_DEFAULT: Final = "FCT1227"
MISPLACED_REFERENCE: Final = "FCT1230"
REFERENCE_FORM: Final = "FCT1231"

_BARE: Final = re.compile(r"(?<!\$)\{([a-z][a-z0-9_]*):[^{}\n]+\}")


def check_secret_defaults(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each default in a secret; parts of a DSN may have one."""
    for text in subject.texts:
        if text.mark != "secret" or text.at_key or text.address[-1] == "dsn":
            continue
        try:
            parts = parse_references(text.text)
        except ReferenceSyntaxError:
            continue  # reported as FCT1231
        for part in parts:
            if isinstance(part, Reference) and part.default is not None:
                yield Diagnostic(
                    code=KNOWN_DEFAULT,
                    message=(
                        "a secret cannot have a default: anyone who "
                        "can read the manifest would know it"
                    ),
                    hint=f"write ${{{part.scheme}:{part.name}}}",
                    address=text.address,
                    offset=part.position,
                )


def check_places(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each reference outside the fields that the schema marks."""
    for text in subject.texts:
        if text.mark is None and has_reference(text.text):
            yield Diagnostic(
                code=MISPLACED_REFERENCE,
                message="references are only allowed in secrets and deployment settings",
                hint="write the value itself; a literal ${ is written $${",
                address=text.address,
                offset=None if text.at_key else text.text.find("${"),
                at_key=text.at_key,
            )


def check_forms(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each reference that is malformed, bare or of an unknown scheme."""
    schemes = subject.facts.secret_schemes
    for text in subject.texts:
        if text.mark is None:
            continue
        try:
            parts = parse_references(text.text)
        except ReferenceSyntaxError as error:
            yield Diagnostic(
                code=REFERENCE_FORM, message=str(error), address=text.address, offset=error.position
            )
            continue
        for found in _BARE.finditer(text.text):
            if found[1] in schemes:
                yield Diagnostic(
                    code=REFERENCE_FORM,
                    message="a reference starts with $: without it, the braces are plain text",
                    hint=f"write ${{{found[1]}:…}}",
                    address=text.address,
                    offset=found.start(),
                )
        for part in parts:
            if isinstance(part, Reference) and part.scheme not in schemes:
                yield Diagnostic(
                    code=REFERENCE_FORM,
                    message=f'there is no secret source "{part.scheme}"',
                    hint=did_you_mean(part.scheme, schemes)
                    or f"available sources: {', '.join(sorted(schemes))}",
                    address=text.address,
                    offset=part.position,
                )
