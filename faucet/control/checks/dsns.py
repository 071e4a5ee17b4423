"""FCT1214 and FCT1235: DSNs, and secrets that are spelled out. Pure."""

from collections.abc import Iterator
from typing import Final

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic, Severity
from faucet.model.bounds import is_short_secret
from faucet.model.dsn import DsnError, holds_literal_secret, normalize_dsn
from faucet.model.manifest.references import (
    Reference,
    ReferenceSyntaxError,
    has_reference,
    parse_references,
)

SPELLED_OUT: Final = "FCT1214"
DSN_FORM: Final = "FCT1235"


# It reads as a host, a name and a port alike.
PLACEHOLDER = "1"


def dsn_template(dsn: str, *, keep_defaults: bool = False) -> str | None:
    """
    Return *dsn* with `PLACEHOLDER` for each reference, or its default if those are kept.

    None where the references cannot be read, or one of them brings the DSN or its start.
    """
    try:
        parts = parse_references(dsn)
    except ReferenceSyntaxError:
        return None
    if not parts or isinstance(parts[0], Reference):
        return None
    return "".join(
        part if isinstance(part, str) else (keep_defaults and part.default) or PLACEHOLDER
        for part in parts
    )


def check_literal_secrets(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each password in a DSN and each provider's secret spelled out."""
    for name, service in subject.manifest.services.items():
        if holds_password(service.driver, service.dsn):
            yield _warning(("services", name, "dsn"), "the DSN holds a password", name)
    for name, provider in subject.manifest.auth.jwt.items():
        secret = provider.secret
        if secret and not has_reference(secret) and not is_short_secret(secret):
            yield _warning(("auth", "jwt", name, "secret"), "the secret is spelled out", name)


def holds_password(driver: str, dsn: str) -> bool:
    """Return whether a password is spelled out in *dsn*, be it the default of a reference."""
    template = dsn_template(dsn, keep_defaults=True)
    return bool(template) and holds_literal_secret(driver, template or "", PLACEHOLDER)


def variable_for(name: str, what: str = "PASSWORD") -> str:
    """Return the environment variable that is advised for a secret of *name*."""
    return f"{name.upper().replace('-', '_')}_{what}"


def _warning(address: tuple[str, ...], what: str, name: str) -> Diagnostic:
    variable = variable_for(name, "PASSWORD" if "dsn" in address else "SECRET")
    return Diagnostic(
        code=SPELLED_OUT,
        severity=Severity.WARNING,
        message=f"{what}, for everyone who can read the manifest",
        hint=f"put ${{env:{variable}}} or ${{file:…}} in its place",
        address=address,
    )


def check_dsns(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each DSN that cannot be read."""
    for name, service in subject.manifest.services.items():
        template = dsn_template(service.dsn)
        if template is None:
            continue
        try:
            normalize_dsn(service.driver, template, "/")
        except DsnError as error:
            address = ("services", name, "dsn")
            yield Diagnostic(code=DSN_FORM, message=str(error), address=address)
