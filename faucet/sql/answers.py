"""How to read the result of a statement, by its form and by what produces the JSON. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from faucet.errors import RESPONSE_TOO_LARGE, ExecutionError
from faucet.extension.executor import Fetched
from faucet.extension.sql_forms import SqlForms
from faucet.model.settings import ValueOptions
from faucet.model.statement import Delete, Insert, Layout, Locate, Output, Select, Statement, Update
from faucet.sql.cells import row_encoder
from faucet.sql.compiled import Answer, Key

Reader = Callable[[Fetched], Answer]
_Row = tuple[object, ...]
_Cells = Sequence[object]
_Encode = Callable[[Iterable[_Cells]], tuple[bytes, ...]]


def reader(statement: Statement, forms: SqlForms, options: ValueOptions, max_bytes: int) -> Reader:
    """
    Return the reader of what *statement* fetched with *forms*.

    It raises `ExecutionError` RESPONSE_TOO_LARGE for rows of more than *max_bytes*.
    """
    match statement:
        case Select(outputs=outputs, form=form):
            encode = _encoder(forms, outputs, options, max_bytes)
            return _READERS[form.layout, forms.makes_json](len(form.keys), encode)
        case Delete(outputs=outputs, order=order) if outputs:
            encode = _encoder(forms, outputs, options, max_bytes)
            if forms.orders_deleted:
                return _rows(0, encode)
            return _sorted(len(order), encode)
        case Insert() | Update() | Locate() | Delete():
            return _keys
        case _:
            return _number


def _encoder(
    forms: SqlForms, outputs: tuple[Output, ...], options: ValueOptions, max_bytes: int
) -> _Encode:
    """Return the encoder of all rows, which ends with the first row above *max_bytes*."""
    if forms.makes_json:
        return _texts
    encode = row_encoder(outputs, options)

    def encode_all(rows: Iterable[_Cells]) -> tuple[bytes, ...]:
        encoded, left = [], max_bytes
        for row in rows:
            text = encode(row)
            left -= len(text) + 1
            if left < -1:
                raise ExecutionError(RESPONSE_TOO_LARGE)
            encoded.append(text)
        return tuple(encoded)

    return encode_all


def _page(_width: int, _encode: _Encode) -> Reader:
    return _read_page


def _read_page(fetched: Fetched) -> Answer:
    count, text = fetched.rows[0]
    return Answer(count=_integer(count), rows=(_text(text),))


def _rows(width: int, encode: _Encode) -> Reader:
    def read(fetched: Fetched) -> Answer:
        rows = fetched.rows
        return Answer(
            count=len(rows),
            keys=tuple(_key(row[:width]) for row in rows) if width else (),
            rows=encode(row[width:] for row in rows) if width else encode(rows),
        )

    return read


def _sorted(width: int, encode: _Encode) -> Reader:
    def read(fetched: Fetched) -> Answer:
        rows = sorted(fetched.rows, key=lambda row: tuple(map(_sortable, row[:width])))
        return Answer(count=len(rows), rows=encode(row[width:] for row in rows))

    return read


def _keys(fetched: Fetched) -> Answer:
    """Read the keys of the rows, which may have no columns: then only a count was returned."""
    rows = fetched.rows
    return Answer(count=len(rows) or fetched.affected, keys=tuple(_key(row) for row in rows if row))


def _number(fetched: Fetched) -> Answer:
    return Answer(count=_integer(fetched.rows[0][0]))


def _texts(rows: Iterable[_Cells]) -> tuple[bytes, ...]:
    return tuple(_text(row[0]) for row in rows)


def _text(cell: object) -> bytes:
    """Return the JSON that the database produced; NULL is what would have been too long."""
    if cell is None:
        raise ExecutionError(RESPONSE_TOO_LARGE)
    return str(cell).encode()


def _key(cells: _Row) -> Key:
    return cells  # type: ignore[return-value]  # what `SqlForms.key` gives is text or a scalar


def _integer(cell: object) -> int:
    """Return a count from the driver, a number or text."""
    return cell if isinstance(cell, int) else int(str(cell))


def _sortable(cell: object) -> tuple[bool, str, object]:
    numeric = isinstance(cell, int | float)
    return cell is None, "" if numeric else type(cell).__name__, cell if cell is not None else 0


_READERS: Final[Mapping[tuple[Layout, bool], Callable[[int, _Encode], Reader]]] = {
    (Layout.PAGE, True): _page,
    (Layout.PAGE, False): _rows,
    (Layout.ROWS, True): _rows,
    (Layout.ROWS, False): _rows,
}
"""By layout, and by whether the database produces the JSON."""
