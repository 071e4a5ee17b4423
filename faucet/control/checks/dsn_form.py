"""FCT1235: a DSN that its driver cannot take, whatever its references hold. Pure."""

from collections.abc import Iterator

from faucet.control.checks.placeholder import dsn_template
from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.dsn import DsnError, normalize_dsn

CODE = "FCT1235"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each DSN that cannot be read."""
    for name, service in subject.manifest.services.items():
        template = dsn_template(service.dsn)
        if template is None:
            continue
        try:
            normalize_dsn(service.driver, template, "/")
        except DsnError as error:
            address = ("services", name, "dsn")
            yield Diagnostic(code=CODE, message=str(error), address=address)
