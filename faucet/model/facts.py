"""Facts about extensions for the pure stages, which do not import them."""

from collections.abc import Mapping

import msgspec

from faucet.model.catalog import Kind
from faucet.model.dsn import DsnForms


class DialectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """
    One dialect; *name* is the manifest's `driver`, *aliases* are other common names.

    *array_parameters*: a list of values is one parameter. *returning*: a statement that writes can
    return columns of the rows that it wrote. *default_schema* is searched for relations unless the
    manifest sets a schema; None where there are no schemas. *files*: a database is a file, for
    which `journal` and `immutable` have a meaning. *pooled*: a transaction pooler may be in
    front of it.
    """

    name: str
    dsn: DsnForms
    array_parameters: bool
    returning: bool
    aliases: tuple[str, ...] = ()
    default_schema: str | None = None
    files: bool = False
    pooled: bool = False


class TransformFacts(msgspec.Struct, frozen=True, kw_only=True):
    """
    One transform: the kinds it accepts, and the kind it returns (None: the same); *keyed* needs a
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
        """The DSN forms of each driver."""
        return {name: dialect.dsn for name, dialect in self.dialects.items()}
