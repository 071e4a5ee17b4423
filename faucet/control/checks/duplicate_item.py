"""FCT1206: an item that stands twice in a list. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject, grants
from faucet.diagnostics import Address, Diagnostic
from faucet.model.manifest.sections import Manifest

CODE = "FCT1206"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each item that repeats an earlier one."""
    for items, address in _lists(subject.manifest):
        for index, item in enumerate(items):
            if item in items[:index]:
                yield Diagnostic(
                    code=CODE,
                    message=f'"{item}" stands here a second time',
                    hint="remove one of the two",
                    address=(*address, index),
                )


def _lists(manifest: Manifest) -> Iterator[tuple[tuple[str, ...], Address]]:
    for placed in grants(manifest):
        for key in ("tables", "verbs", "fields", "write", "system"):
            yield getattr(placed.grant, key) or (), (*placed.address, key)
    for name, role in manifest.roles.items():
        yield role.extends or (), ("roles", name, "extends")
    for name, api_key in manifest.keys.items():
        yield api_key.allow_from or (), ("keys", name, "allow_from")
    for name, provider in manifest.auth.jwt.items():
        yield provider.algorithms, ("auth", "jwt", name, "algorithms")
        yield provider.claims or (), ("auth", "jwt", name, "claims")
