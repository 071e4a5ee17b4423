"""The registry: all extensions, frozen, and its content as plain facts."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

import msgspec

from faucet.extension.auth_provider import AuthProvider
from faucet.extension.dialect import Dialect
from faucet.extension.secret_source import SecretSource
from faucet.extension.transform import Transform
from faucet.model.facts import Facts

T = TypeVar("T")


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """Extensions by name."""

    dialects: Mapping[str, Dialect]
    transforms: Mapping[str, Transform]
    secret_sources: Mapping[str, SecretSource]
    auth_providers: Mapping[str, AuthProvider]

    def facts(self) -> Facts:
        """Return the facts that the pure stages use."""
        return Facts(
            dialects={name: dialect.facts for name, dialect in self.dialects.items()},
            transforms={name: transform.facts for name, transform in self.transforms.items()},
            secret_schemes=frozenset(self.secret_sources),
        )


class Registrar:
    """Collects extensions; a name used twice raises `ValueError`."""

    def __init__(self) -> None:
        self._dialects: dict[str, Dialect] = {}
        self._transforms: dict[str, Transform] = {}
        self._secret_sources: dict[str, SecretSource] = {}
        self._auth_providers: dict[str, AuthProvider] = {}

    def dialect(self, dialect: Dialect) -> None:
        """Add a dialect under its facts' name: the manifest's `driver`."""
        _add(self._dialects, dialect.facts.name, dialect)

    def transform(self, transform: Transform) -> None:
        """Add a transform under its facts' name."""
        _add(self._transforms, transform.facts.name, transform)

    def secret_source(self, source: SecretSource) -> None:
        """Add a secret source under its scheme."""
        _add(self._secret_sources, source.scheme, source)

    def auth_provider(self, provider: AuthProvider) -> None:
        """Add a kind of auth provider."""
        _add(self._auth_providers, provider.name, provider)

    def freeze(self) -> Registry:
        """Return the registry."""
        return Registry(
            dialects=MappingProxyType(dict(self._dialects)),
            transforms=MappingProxyType(dict(self._transforms)),
            secret_sources=MappingProxyType(dict(self._secret_sources)),
            auth_providers=MappingProxyType(dict(self._auth_providers)),
        )


def _add(slot: dict[str, T], name: str, value: T) -> None:
    if name in slot:
        raise ValueError(f"two extensions are named {name!r}")
    slot[name] = value
