"""The spellings of a value among SQLite's cells, as parameters of a statement. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from faucet.dialects.sqlite import binders, bounds
from faucet.dialects.sqlite.cell_keys import INSTANTS, MOMENTS
from faucet.extension.sql_forms import Binder, Expression, LooseValue
from faucet.model.catalog import ColumnType, Kind
from faucet.model.filters.condition import Scalar
from faucet.model.filters.literals import bare
from faucet.sql.cells import spell_uuid
from faucet.sql.moments import rank_instant


def spellings(of: ColumnType, value: LooseValue) -> list[Expression]:
    """Return the cells that are returned as *value*, the first one as we write it."""
    binds = _BY_KIND.get(of.kind)
    if binds is None:
        return [value.bound("", ranked(of) if of.kind in MOMENTS else _plain)]
    return [value.bound(name, bind) for name, bind in binds.items()]


def other_spellings(of: ColumnType, value: LooseValue) -> list[Expression]:
    """Return the cells that do not fit their type, and are returned as the literal of *value*."""
    if not value.spelled or of.kind is Kind.TEXT:
        return []
    return [value.bound("written", bounds.written), value.bound("bytes", bounds.as_bytes)]


def ranked(of: ColumnType) -> Binder:
    """Return the function that spells a value as `cell_keys.rank` does; what is none as it is."""
    zoned = of.kind is Kind.TIMESTAMPTZ

    def convert(value: Scalar) -> object:
        found = bare(value)
        if of.kind not in INSTANTS or not isinstance(found, str):
            return found
        return rank_instant(found, zoned=zoned, unix=False) or found

    return convert


def _plain(value: Scalar) -> object:
    return binders.plain(bare(value))


def _of_uuid(spell: Callable[[str], object]) -> Binder:
    """Return the function that spells a uuid, and leaves anything else as it is."""

    def convert(value: Scalar) -> object:
        found = bare(value)
        return spell(found) if isinstance(found, str) and spell_uuid(found) == found else found

    return convert


def _digits(text: str) -> str:
    return text.replace("-", "")


_BY_KIND: Final[Mapping[Kind, Mapping[str, Binder]]] = {
    Kind.TEXT: {"": bare, "bytes": lambda value: bounds.decoded(str(bare(value)))},
    Kind.BINARY: {"": bare, "text": bounds.as_base64},
    Kind.UUID: {
        "": bare,
        "upper": _of_uuid(str.upper),
        "hex": _of_uuid(_digits),
        "upper_hex": _of_uuid(lambda text: _digits(text).upper()),
        "blob": _of_uuid(lambda text: bytes.fromhex(_digits(text))),
    },
}
