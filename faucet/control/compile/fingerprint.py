"""A digest of what a surface is compiled from: settings and catalogs. Pure."""

import hashlib
from collections.abc import Mapping

import msgspec

from faucet.model.catalog import Catalog, Unreachable
from faucet.model.settings import Settings
from faucet.secret import Secret


def fingerprint(settings: Settings, catalogs: Mapping[str, Catalog | Unreachable]) -> str:
    """
    Return the hex SHA-256 of *settings* and *catalogs*, whatever the order of their keys.

    It does not cover Faucet's own version or its extensions: it compares processes of the same
    build. Secrets enter as digests. The database server's version and the reason of an unreachable
    service do not count: neither changes an answer.
    """
    found = {
        name: None if isinstance(catalog, Unreachable) else (catalog.schema, catalog.relations)
        for name, catalog in catalogs.items()
    }
    encoded = msgspec.json.encode((settings, found), enc_hook=_plain, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Secret):
        return {"secret": hashlib.sha256(value.reveal().encode()).hexdigest()}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")
