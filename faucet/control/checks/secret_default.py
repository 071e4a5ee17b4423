"""FCT1227: a secret with a default, which everyone can read. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.manifest.references import Reference, ReferenceSyntaxError, parse_references

CODE = "FCT1227"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each default in a secret; parts of a DSN may have one."""
    for text in subject.texts:
        if text.mark != "secret" or text.at_key or text.address[-1] == "dsn":
            continue
        try:
            parts = parse_references(text.text)
        except ReferenceSyntaxError:
            continue  # FCT1231 says so
        for part in parts:
            if isinstance(part, Reference) and part.default is not None:
                yield Diagnostic(
                    code=CODE,
                    message="a secret has no default: whoever reads the manifest would know it",
                    hint=f"write ${{{part.scheme}:{part.name}}}",
                    address=text.address,
                    offset=part.position,
                )
