"""FCT1235: a DSN that its driver cannot use, whatever its references contain. Pure."""

from collections.abc import Iterator

from faucet.control.checks.placeholder import dsn_template
from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.dsn import DsnError, check_dsn

CODE = "FCT1235"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each DSN that cannot be read."""
    known = subject.facts.dsn_forms
    for name, service in subject.manifest.services.items():
        template = dsn_template(service.dsn)
        if template is None or service.driver not in known:
            continue
        try:
            check_dsn(service.driver, template, known)
        except DsnError as error:
            yield Diagnostic(
                code=CODE,
                message=str(error),
                hint=_hint(service.driver, known[service.driver].example, str(error)),
                address=("services", name, "dsn"),
            )


def _hint(driver: str, example: str, message: str) -> str:
    return "" if example in message else f"a DSN of driver {driver} looks like {example}"
