"""FCT1206, FCT1207, FCT1232 and FCT1236: blank values, duplicates, networks and headers. Pure."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from faucet.control.checks.subject import Subject, written_grants
from faucet.control.texts import Text
from faucet.diagnostics import Address, Diagnostic
from faucet.model.manifest.references import has_reference
from faucet.model.manifest.sections import Manifest
from faucet.model.network import read_networks
from faucet.names import is_key_header

DUPLICATE_ITEM: Final = "FCT1206"
BLANK_TEXT: Final = "FCT1207"
NETWORK_FORM: Final = "FCT1232"
HEADER_NAME: Final = "FCT1236"


def check_duplicates(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each item that repeats an earlier one."""
    for items, address in _lists(subject.manifest):
        for index, item in enumerate(items):
            if item in items[:index]:
                yield Diagnostic(
                    code=DUPLICATE_ITEM,
                    message=f'"{item}" is listed twice',
                    hint="remove one of the two",
                    address=(*address, index),
                )


def _lists(manifest: Manifest) -> Iterator[tuple[tuple[str, ...], Address]]:
    yield manifest.server.allowed_hosts, ("server", "allowed_hosts")
    if manifest.server.cors is not UNSET:
        yield manifest.server.cors.origins, ("server", "cors", "origins")
    for grant, address in written_grants(manifest):
        for key in ("tables", "verbs", "fields", "write", "system"):
            yield getattr(grant, key) or (), (*address, key)
    for name, role in manifest.roles.items():
        yield role.extends or (), ("roles", name, "extends")
    for name, api_key in manifest.keys.items():
        yield api_key.allow_from or (), ("keys", name, "allow_from")
    for name, provider in manifest.auth.jwt.items():
        yield provider.algorithms, ("auth", "jwt", name, "algorithms")
        yield provider.claims or (), ("auth", "jwt", name, "claims")


def check_blanks(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each blank string; claims and presets may be any string."""
    for text in subject.texts:
        if text.text.strip() or _is_free(text):
            continue
        yield Diagnostic(
            code=BLANK_TEXT,
            message="a blank value is ambiguous: it could mean all or none",
            hint="write a value, or remove the key",
            address=text.address,
            at_key=text.at_key,
        )


def _is_free(text: Text) -> bool:
    """Claims of keys, preset values, and names of the database may be any string."""
    match text.address:
        case ("keys", _, "claims", *_):
            return not text.at_key
        case ("roles", _, "grants", _, "set", _):
            return not text.at_key
        case ("services", _, "resources", *_):
            return text.at_key
    return False


def check_networks(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each address or network that cannot be parsed."""
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
                code=NETWORK_FORM,
                message=f'"{text}" is not a network',
                hint=(
                    "write 192.0.2.0/24, 2001:db8::/32 or one address; host names are not resolved"
                ),
                address=(*address, index),
            )


def check_header(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic if the header's name is invalid or has another meaning."""
    name = subject.manifest.auth.api_key_header
    if has_reference(name) or is_key_header(name):
        return
    yield Diagnostic(
        code=HEADER_NAME,
        message=f'"{name}" cannot be the header of API keys',
        hint="choose a name without another meaning, such as X-API-Key",
        address=("auth", "api_key_header"),
    )
