"""FCT1232: a network that is none. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Address, Diagnostic
from faucet.model.network import read_networks

CODE = "FCT1232"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each address or network that cannot be read."""
    manifest = subject.manifest
    yield from _faults(manifest.server.trusted_proxies, ("server", "trusted_proxies"))
    for name, key in manifest.keys.items():
        yield from _faults(key.allow_from or (), ("keys", name, "allow_from"))


def _faults(networks: tuple[str, ...], address: Address) -> Iterator[Diagnostic]:
    for index, text in enumerate(networks):
        try:
            read_networks((text,))
        except ValueError:
            yield Diagnostic(
                code=CODE,
                message=f'"{text}" is no network',
                hint="write 192.0.2.0/24, 2001:db8::/32 or one address; names are not looked up",
                address=(*address, index),
            )
