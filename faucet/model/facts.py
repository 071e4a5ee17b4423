"""What pure stages must know of extensions, without importing them."""

from collections.abc import Mapping

import msgspec

from faucet.model.catalog import Kind
from faucet.model.dsn import DsnForms


class DialectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """
    One dialect; *name* is the manifest's `driver`, *aliases* are what people also call it.

    *array_parameters*: a list of values is one parameter. *returning*: a statement that writes can
    return columns of the rows that it wrote. *default_schema* is where relations are looked for
    unless the manifest says; None where there are no schemas.
    """

    name: str
    dsn: DsnForms
    array_parameters: bool
    returning: bool
    aliases: tuple[str, ...] = ()
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

    @property
    def dsn_forms(self) -> Mapping[str, DsnForms]:
        """What each driver takes as a DSN."""
        return {name: dialect.dsn for name, dialect in self.dialects.items()}
