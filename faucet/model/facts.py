"""What pure stages must know of extensions, without importing them."""

from collections.abc import Mapping

import msgspec

from faucet.model.catalog import Kind


class DialectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """
    One dialect.

    *array_parameters*: a list of values is one parameter (PostgreSQL's arrays). *default_schema* is
    where relations are looked for unless the manifest says; None where there are no schemas.
    """

    name: str
    array_parameters: bool
    default_schema: str | None = None


class TransformFacts(msgspec.Struct, frozen=True, kw_only=True):
    """
    One transform: the kinds it takes, and the kind it gives (None: the same); *keyed* needs a
    secret.
    """

    name: str
    takes: frozenset[Kind]
    gives: Kind | None
    keyed: bool = False


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The registry's content as data."""

    dialects: Mapping[str, DialectFacts]
    transforms: Mapping[str, TransformFacts]
    secret_schemes: frozenset[str]
