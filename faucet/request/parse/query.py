"""The query string as parameters, each only where it is allowed. Pure."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from faucet.errors import INVALID_PARAMETER, UNKNOWN_PARAMETER, RequestError
from faucet.model.filters.predicate import ColumnName, Predicate
from faucet.model.parameters import OF_RECORD, OF_TABLE, PARAMETERS, ParameterKind
from faucet.model.request import FieldItem, OrderItem, Paging
from faucet.model.surface import Verb
from faucet.names import did_you_mean
from faucet.request.parse.filters import read_filter
from faucet.request.parse.lists import read_fields, read_group, read_ids, read_order
from faucet.request.percent import decode

_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}
_NATURAL: Final = re.compile(r"[0-9]{1,400}")


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of one request; absent or blank ones have their default."""

    fields: tuple[FieldItem, ...] | None = None
    group: tuple[ColumnName, ...] = ()
    order: tuple[OrderItem, ...] = ()
    where: Predicate | None = None
    ids: tuple[tuple[str, ...], ...] | None = None
    everything: bool = False
    page: Paging = Paging()
    rollback: bool = False
    continued: bool = False


def parse_query(verb: Verb, query: str, *, single: bool) -> Parameters:
    """
    Return the parameters of a raw query string; *single* means that the path names one record.

    Raises `RequestError` UNKNOWN_PARAMETER for one that is not allowed for the verb and the route,
    INVALID_PARAMETER for one that is repeated or invalid, and errors of filters. Names that start
    with ``_`` are ignored.
    """
    values = _values(verb, query, single=single)
    fields = read_fields(values["fields"]) if "fields" in values else None
    if single or verb is not Verb.GET:
        _refuse_functions(fields)
    return Parameters(
        fields=fields,
        group=read_group(values["group"]) if "group" in values else (),
        order=read_order(values["order"]) if "order" in values else (),
        where=read_filter(values["filter"]) if "filter" in values else None,
        ids=read_ids(values["ids"]) if "ids" in values else None,
        everything="all" in values and _boolean(values, "all"),
        page=_page(values),
        rollback="rollback" in values and _boolean(values, "rollback"),
        continued="continue" in values and _boolean(values, "continue"),
    )


def refuse_parameters(query: str) -> None:
    """
    Raise UNKNOWN_PARAMETER for any parameter of a route that accepts none; names with ``_`` are
    ignored.
    """
    for pair in query.split("&"):
        try:
            name = decode(pair.partition("=")[0], form=True)
        except ValueError as fault:
            raise _undecodable(fault) from None
        if pair and not name.startswith("_"):
            message = f'unknown parameter "{name}": this route accepts none'
            raise RequestError(UNKNOWN_PARAMETER, message, parameter=name)


def _page(values: Mapping[str, str]) -> Paging:
    return Paging(**{name: read(values, name) for name, read in _PAGING if name in values})


def _values(verb: Verb, query: str, *, single: bool) -> Mapping[str, str]:
    known = OF_RECORD if single else OF_TABLE[verb]
    values: dict[str, str] = {}
    for pair in query.split("&"):
        raw_name, _, raw_value = pair.partition("=")
        try:
            # The known names are plain text: one of them is decoded already.
            name = raw_name if raw_name in known else decode(raw_name, form=True)
            value = decode(raw_value, form=True)
        except ValueError as fault:
            raise _undecodable(fault) from None
        if not pair or name.startswith("_"):
            continue
        if name not in known:
            raise _unknown(name, known, verb, single=single)
        plain = known[name]
        if plain in values:
            message = f'the parameter "{plain}" appears twice'
            raise RequestError(INVALID_PARAMETER, message, parameter=plain)
        values[plain] = value
    return values


def _undecodable(fault: ValueError) -> RequestError:
    return RequestError(INVALID_PARAMETER, f"invalid query: {fault}")


def _unknown(name: str, known: Iterable[str], verb: Verb, *, single: bool) -> RequestError:
    shown = name[:80]
    if verb is Verb.PUT and not single and name in {"filter", "ids"}:
        message = f'PUT replaces records by key and does not accept "{name}"; use PATCH'
    else:
        where = "of one record" if single else "of a table"
        hint = did_you_mean(name, sorted(known))
        message = f'{verb.value} {where} has no parameter "{shown}"' + (f"; {hint}" if hint else "")
    return RequestError(UNKNOWN_PARAMETER, message, parameter=shown)


def _refuse_functions(fields: tuple[FieldItem, ...] | None) -> None:
    if any(item.function is not None for item in fields or ()):
        message = "functions in fields are only allowed in GET of a table"
        raise RequestError(INVALID_PARAMETER, message, parameter="fields")


def _boolean(values: Mapping[str, str], name: str) -> bool:
    text = values[name]
    if text not in _BOOLEANS:
        message = f'"{name}" must be true, false, 1 or 0'
        raise RequestError(INVALID_PARAMETER, message, parameter=name)
    return _BOOLEANS[text]


def _natural(values: Mapping[str, str], name: str) -> int:
    text = values[name]
    if _NATURAL.fullmatch(text) is None:
        message = f'"{name}" must be a non-negative integer'
        raise RequestError(INVALID_PARAMETER, message, parameter=name)
    number, most = int(text), PARAMETERS[name].most
    if most is not None and number > most:
        message = f'"{name}" must be at most 2^{most.bit_length()}-1'
        raise RequestError(INVALID_PARAMETER, message, parameter=name)
    return number


READERS: Final[Mapping[ParameterKind, Callable[[Mapping[str, str], str], Any]]] = {
    ParameterKind.TEXT: operator.getitem,
    ParameterKind.NATURAL: _natural,
    ParameterKind.BOOLEAN: _boolean,
}
_PAGING: Final = tuple(
    (name, READERS[each.kind]) for name, each in PARAMETERS.items() if each.paging
)
