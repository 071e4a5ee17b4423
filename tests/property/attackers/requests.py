"""Random requests, as somebody would send them who knows all tables."""

import random
from collections.abc import Callable, Collection
from typing import Any, Final
from urllib.parse import quote

import msgspec

from tests.property.attackers.cells import UIDS
from tests.property.attackers.filters import column, filter_text, value
from tests.property.attackers.rows import fresh_id, known_id
from tests.property.attackers.tables import COLUMNS, TABLES, VIEWS, key_columns

_RELATIONS: Final = (*TABLES, *VIEWS)
_BASE: Final = "/api/v1/shop/_table"
_FUNCTIONS: Final = ("COUNT", "SUM", "AVG", "MIN", "MAX")
_MISFITS: Final[tuple[Any, ...]] = ("abc", "", -1, 10**30, 1.5, [], {"a": 1}, True, "2020-01-01")
_PASSING: Final = {"tenant": 1, "uid": UIDS[0], "flag": True, "at": "2024-01-01T00:00:01"}
_FIELDS: Final = ("*", "id,name", "num", "secret", "id,tenant,flag", "uid,at", "name AS secret,id")


class Attack(msgspec.Struct, frozen=True, kw_only=True):
    """One request below `_table/`."""

    method: str
    path: str
    query: dict[str, str]
    body: Any = None

    @property
    def url(self) -> str:
        """Its path in the API."""
        return f"{_BASE}/{self.path}"

    @property
    def relation(self) -> str:
        """The table or view that it names."""
        return self.path.partition("/")[0]

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method in ("GET", "HEAD", "OPTIONS")


def attack(chance: random.Random, refused: Collection[str]) -> Attack:
    """Return any request; mostly one that writes no column of *refused*."""
    refused = () if chance.random() < 0.1 else refused
    table = chance.choice(_RELATIONS)
    methods = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]
    method = chance.choices(methods, [40, 5, 30, 30, 20, 10, 1])[0]
    if method in ("GET", "HEAD", "OPTIONS"):
        return _read(chance, table, method)
    if method == "POST":
        return Attack(
            method="POST", path=table, query=_modes(chance), body=_posted(chance, refused)
        )
    return _change(chance, table, method, refused)


def _posted(chance: random.Random, refused: Collection[str]) -> Any:
    records = [_new(chance, refused) for _ in range(chance.choice([1, 1, 2, 3, 5]))]
    body: Any = records[0] if len(records) == 1 and chance.random() < 0.7 else records
    return {"resource": body} if chance.random() < 0.1 else body


def _read(chance: random.Random, table: str, method: str) -> Attack:
    kind = chance.choice(["list", "list", "list", "one", "aggregate", "aggregate"])
    if kind == "one":
        query = {"fields": _fields(chance)} if chance.random() < 0.4 else {}
        return Attack(method=method, path=f"{table}/{_key(chance, table)}", query=query)
    query = {"filter": filter_text(chance)} if chance.random() < 0.7 else {}
    query |= _aggregate(chance) if kind == "aggregate" else _listing(chance, table)
    return Attack(method=method, path=table, query=query)


def _listing(chance: random.Random, table: str) -> dict[str, str]:
    parts: list[tuple[float, Callable[[], dict[str, str]]]] = [
        (0.5, lambda: {"order": _order(chance)}),
        (0.5, lambda: {chance.choice(["count", "include_count"]): "true"}),
        (0.3, lambda: {"limit": str(chance.randint(0, 5)), "offset": str(chance.randint(0, 30))}),
        (0.3, lambda: {"fields": _fields(chance)}),
        (0.2, lambda: {"ids": _ids(chance, table)}),
        (0.02, lambda: {chance.choice(["having", "distinct", "nope", "all"]): "true"}),
    ]
    query: dict[str, str] = {}
    for share, part in parts:
        query |= part() if chance.random() < share else {}
    return query


def _order(chance: random.Random) -> str:
    return ",".join(_sorted(chance) for _ in range(2))


def _sorted(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return chance.choice(["", "-"]) + column(chance)
    ways = ("", " ASC", " DESC", " NULLS FIRST", " DESC NULLS LAST", " asc nulls last")
    return column(chance) + chance.choice(ways)


def _fields(chance: random.Random) -> str:
    """Return columns, now and then under the name of another."""
    if chance.random() < 0.3:
        return chance.choice(_FIELDS)
    items = [column(chance) for _ in range(chance.randint(1, 4))]
    if chance.random() < 0.3:
        items[0] += f" AS {chance.choice(COLUMNS)}"
    return ",".join(items)


def _aggregate(chance: random.Random) -> dict[str, str]:
    items = [_function(chance) for _ in range(chance.randint(1, 3))]
    if chance.random() < 0.5:
        return {"fields": ",".join(items)}
    group = [column(chance) for _ in range(chance.choice([1, 1, 2]))]
    found = {"fields": ",".join([*group, *items]), "group": ",".join(group), "count": "true"}
    return found | ({"order": _sorted(chance)} if chance.random() < 0.4 else {})


def _function(chance: random.Random) -> str:
    argument = "*" if chance.random() < 0.2 else column(chance)
    name = "COUNT" if argument == "*" else chance.choice(_FUNCTIONS)
    alias = f" AS {chance.choice(COLUMNS)}" if chance.random() < 0.2 else ""
    return f"{name}({argument}){alias}"


def _ids(chance: random.Random, table: str) -> str:
    if len(key_columns(table)) == 1:
        return ",".join(_key(chance, table) for _ in range(4))
    keys = (",".join(str(_key_part(chance, name)) for name in key_columns(table)) for _ in "abc")
    return ",".join(f"({key})" for key in keys)


def _record(chance: random.Random, refused: Collection[str]) -> dict[str, Any]:
    """Return what to write of a record; now and then what is no column or no value."""
    names = [name for name in COLUMNS if chance.random() < 0.4 and name != "secret"]
    record = {name: value(chance, name) for name in names}
    if chance.random() < 0.02:
        record[chance.choice(["secret", "twice", "nope"])] = "guess"
    if chance.random() < 0.02 and names:
        record[chance.choice(names)] = chance.choice(_MISFITS)
    return {name: cell for name, cell in record.items() if name not in refused}


def _new(chance: random.Random, refused: Collection[str]) -> dict[str, Any]:
    """Return a record to insert, mostly one that passes many rules."""
    record = _record(chance, refused) | ({"id": fresh_id(chance)} if chance.random() < 0.8 else {})
    if chance.random() < 0.7:
        record |= {name: cell for name, cell in _PASSING.items() if name not in refused}
    return record


def _key(chance: random.Random, table: str) -> str:
    parts = [_key_part(chance, name) for name in key_columns(table)]
    return ",".join(quote(str(part)) for part in parts)


def _key_part(chance: random.Random, name: str) -> int:
    if name == "id":
        return known_id(chance)
    return chance.choice([1, 1, 2, 7]) if name == "tenant" else chance.randint(0, 30)


def _modes(chance: random.Random) -> dict[str, str]:
    query = {}
    for name in ("rollback", "continue"):
        if chance.random() < 0.2:
            query[name] = chance.choice(["true", "true", "false"])
    if chance.random() < 0.3:
        query["fields"] = _fields(chance)
    return query


def _change(chance: random.Random, table: str, method: str, refused: Collection[str]) -> Attack:
    kind = chance.choice(["one", "one", "filter", "records", "records", "ids", "body", "all"])
    body: Any = None if method == "DELETE" else _record(chance, refused)
    query = _modes(chance)
    selects = method != "PUT"
    match kind:
        case "one":
            query = {name: text for name, text in query.items() if name == "fields"}
            path = f"{table}/{_key(chance, table)}"
            return Attack(method=method, path=path, query=query, body=body)
        case "filter" if selects:
            query["filter"] = filter_text(chance)
        case "ids" if selects:
            query["ids"] = _ids(chance, table)
        case "all" if selects and chance.random() < 0.2:
            query["all"] = "true"
        case "body" if selects:
            found = {"filter": filter_text(chance)}
            body = found if body is None else {"resource": body, **found}
        case _:
            body = [_keyed(chance, table, refused) for _ in range(chance.randint(1, 4))]
    return Attack(method=method, path=table, query=query, body=body)


def _keyed(chance: random.Random, table: str, refused: Collection[str]) -> dict[str, Any]:
    key = {name: _key_part(chance, name) for name in key_columns(table)}
    return _record(chance, refused) | key
