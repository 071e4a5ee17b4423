"""The list of bundled extensions, and the only one. Loads no driver and no SQLAlchemy."""

from functools import cache

from faucet.auth.api_key import API_KEY
from faucet.auth.jwt import JWT
from faucet.dialects.postgresql import POSTGRESQL
from faucet.dialects.sqlite import SQLITE
from faucet.extension.registry import Registrar, Registry
from faucet.secret_sources.env import ENV
from faucet.secret_sources.file import FILE
from faucet.transforms.masks import MASKS


def add_standard(registrar: Registrar) -> None:
    """Add every bundled extension to *registrar*."""
    for dialect in (SQLITE, POSTGRESQL):
        registrar.dialect(dialect)
    for mask in MASKS:
        registrar.transform(mask)
    for source in (ENV, FILE):
        registrar.secret_source(source)
    for provider in (API_KEY, JWT):
        registrar.auth_provider(provider)


@cache
def standard_registry() -> Registry:
    """Return the registry of the bundled extensions."""
    registrar = Registrar()
    add_standard(registrar)
    return registrar.freeze()
