"""FCT1214: a secret written into the manifest. Pure."""

from collections.abc import Iterator

from faucet.control.checks.placeholder import PLACEHOLDER, dsn_template
from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic, Severity
from faucet.model.bounds import is_short_secret
from faucet.model.dsn import DsnForms
from faucet.model.manifest.references import has_reference

CODE = "FCT1214"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each password in a DSN and each provider's secret in plain text."""
    known = subject.facts.dsn_forms
    for name, service in subject.manifest.services.items():
        forms = known.get(service.driver)
        if forms is not None and holds_password(service.dsn, forms):
            yield _warning(("services", name, "dsn"), "the DSN contains a password", name)
    for name, provider in subject.manifest.auth.jwt.items():
        secret = provider.secret
        if secret and not has_reference(secret) and not is_short_secret(secret):
            yield _warning(("auth", "jwt", name, "secret"), "the secret is in plain text", name)


def holds_password(dsn: str, forms: DsnForms) -> bool:
    """Return whether *dsn* contains a literal password, even as the default of a reference."""
    template = dsn_template(dsn, keep_defaults=True)
    return bool(template) and forms.holds_secret(template or "", PLACEHOLDER)


def variable_for(name: str, what: str = "PASSWORD") -> str:
    """Return the environment variable that hints recommend for a secret of *name*."""
    return f"{name.upper().replace('-', '_')}_{what}"


def _warning(address: tuple[str, ...], what: str, name: str) -> Diagnostic:
    variable = variable_for(name, "PASSWORD" if "dsn" in address else "SECRET")
    return Diagnostic(
        code=CODE,
        severity=Severity.WARNING,
        message=f"{what}, visible to everyone who can read the manifest",
        hint=f"replace it with ${{env:{variable}}} or ${{file:…}}",
        address=address,
    )
