"""What pure stages must know of extensions, without importing them."""

from collections.abc import Mapping

import msgspec

from faucet.model.catalog import Kind


class DialectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """
    One dialect.

    *array_parameters*: a list of values is one parameter (PostgreSQL's arrays). *default_keyword*:
    ``SET col = DEFAULT`` exists. *schemas*: relations live in schemas, in *default_schema* unless
    another is said.
    *enum_order*: enums sort by their labels' order in the database itself.
    """

    name: str
    array_parameters: bool
    default_keyword: bool
    schemas: bool
    default_schema: str | None = None
    max_parameters: int = 32_000


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
