"""Row rules for the twin oracle: their texts, and an evaluator with three values of truth.

The evaluator knows SQL's logic from its definition and nothing of the package: it is what the
package is held against.
"""

import operator
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import strategies as st

NOW = datetime(2024, 6, 1)  # noqa: DTZ001 - a column without a zone
Row = Mapping[str, Any]

# Each column with values that are near to each other, or awkward to carry.
TENANTS = (1, 2, 3, -1, 2**31 - 1)
NAMES = (
    "ann",
    "Ann",
    "ann ",
    "änn",
    "a\u0308nn",
    "",
    "''",
    "it's",
    "100%",
    "a_b",
    "a\\b",
    "\\",
    "--",
    "/* x */ or 1=1",
    "') OR 1=1 --",
    "{claims.tenant}",
    "%s ? :x $1",
    "NULL",
    "\n\t\u2028",
    "😀",
)
AMOUNTS = tuple(map(Decimal, ("0", "0.1", "0.10", "0.11", "-5", "1.00", "99999999.99")))
MOMENTS = (
    NOW,
    datetime(2024, 5, 31, 23, 59, 59, 999999),  # noqa: DTZ001
    datetime(2024, 6, 1, 0, 0, 0, 1),  # noqa: DTZ001
    datetime(2024, 6, 1, 12),  # noqa: DTZ001
    datetime(1970, 1, 1),  # noqa: DTZ001
)
DAYS = (date(2024, 6, 1), date(2024, 5, 31), date(1999, 12, 31))

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "tenant": st.sampled_from(TENANTS),
    "name": st.sampled_from(NAMES)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
    "amount": st.sampled_from(AMOUNTS),
    "flag": st.booleans(),
    "at": st.sampled_from(MOMENTS),
    "day": st.sampled_from(DAYS),
    "secret": st.sampled_from(("gold", "silver")),
}
"""What the columns of a row hold, besides NULL."""

_ORDERED = ("tenant", "name", "amount", "at", "day")
_COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MATCHES = {
    "LIKE": lambda text, pattern: _like(pattern).fullmatch(text) is not None,
    "CONTAINS": lambda text, part: part in text,
    "STARTS WITH": lambda text, part: text.startswith(part),
    "ENDS WITH": lambda text, part: text.endswith(part),
}


class Reference(msgspec.Struct, frozen=True):
    """What a rule asks of its caller: the text in the rule, and the value it stands for."""

    text: str
    value: Any


class Leaf(msgspec.Struct, frozen=True):
    """One test: *operator* is as spelled, *operands* are values or references."""

    column: str
    operator: str
    operands: tuple[Any, ...] = ()
    negated: bool = False


class Join(msgspec.Struct, frozen=True):
    """AND, OR or (of one part) NOT."""

    word: str
    of: tuple[Any, ...]


def spell(rule: Leaf | Join) -> str:
    """Return the text of *rule*."""
    if isinstance(rule, Join):
        if rule.word == "NOT":
            return f"NOT ({spell(rule.of[0])})"
        return f" {rule.word} ".join(f"({spell(part)})" for part in rule.of)
    column, word = f'"{rule.column}"', rule.operator
    negation = "NOT " if rule.negated else ""
    operands = [literal(value) for value in rule.operands]
    if word == "IS NULL":
        return f"{column} IS {negation}NULL"
    if word == "IN":
        many = isinstance(rule.operands[0], Reference) and isinstance(rule.operands[0].value, tuple)
        members = operands[0] if many else f"({', '.join(operands)})"
        return f"{column} {negation}IN {members}"
    if word == "BETWEEN":
        return f"{column} {negation}BETWEEN {operands[0]} AND {operands[1]}"
    return f"{column} {negation}{word} {operands[0]}"


def literal(value: Any) -> str:
    """Return *value* as a rule or a filter spells it."""
    match value:
        case Reference(text=text):
            return text
        case bool():
            return str(value).lower()
        case int() | Decimal():
            return str(value)
        case datetime():
            return f"'{value.isoformat(sep=' ')}'"
        case date():
            return f"'{value.isoformat()}'"
        case _:
            return "'" + value.replace("'", "''") + "'"


def holds(rule: Leaf | Join, row: Row) -> bool | None:
    """Return what *rule* is of *row*: true, false or unknown."""
    if isinstance(rule, Join):
        parts = [holds(part, row) for part in rule.of]
        if rule.word == "NOT":
            return _not(parts[0])
        deciding = rule.word == "OR"
        if deciding in parts:
            return deciding
        return None if None in parts else not deciding
    found = _test(rule, row[rule.column])
    return _not(found) if rule.negated else found


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _test(rule: Leaf, cell: Any) -> bool | None:
    if rule.operator == "IS NULL":
        return cell is None
    if cell is None:
        return None
    operands = [each.value if isinstance(each, Reference) else each for each in rule.operands]
    match rule.operator:
        case "IN":
            members = operands[0] if isinstance(operands[0], tuple) else operands
            return cell in members
        case "BETWEEN":
            return operands[0] <= cell <= operands[1]
        case word if word in _MATCHES:
            return _MATCHES[word](cell, operands[0])
        case word:
            return _COMPARE[word](cell, operands[0])


def _like(pattern: str) -> re.Pattern[str]:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(part) or re.escape(part[-1]) for part in parts), re.DOTALL)


def named(rule: Leaf | Join) -> set[str]:
    """Return the columns of *rule*."""
    if isinstance(rule, Join):
        return set().union(*(named(part) for part in rule.of))
    return {rule.column}


_PATTERNS = st.lists(
    st.sampled_from(("%", "_", "a", "n", "A", "\\%", "\\_", "\\\\", "'", "ä", "😀")), max_size=4
).map("".join)

CLAIMS = {
    "tenant": 1,
    "tenants": (1, 3),
    "name": "ann",
    "names": ("ann", "it's", "') OR 1=1 --"),
    "nasty": "') OR 1=1 --",
    "flag": True,
    "day": "2024-06-01",
}
_REFERENCES: dict[str, tuple[Reference, ...]] = {
    "tenant": (Reference("{claims.tenant}", 1),),
    "name": (
        Reference("{claims.name}", "ann"),
        Reference("{claims.nasty}", "') OR 1=1 --"),
        Reference("{principal.name}", "key:role"),
        Reference("{principal.role}", "role"),
    ),
    "flag": (Reference("{claims.flag}", True),),
    "at": (Reference("now()", NOW),),
    "day": (Reference("now()", NOW.date()), Reference("{claims.day}", date(2024, 6, 1))),
}
_LISTS = {
    "tenant": Reference("{claims.tenants}", (1, 3)),
    "name": Reference("{claims.names}", CLAIMS["names"]),
}


def _operand(column: str, *, references: bool) -> st.SearchStrategy[Any]:
    asked = _REFERENCES.get(column, ()) if references else ()
    return VALUES[column] | st.sampled_from(asked) if asked else VALUES[column]


def _tests(column: str, *, references: bool) -> st.SearchStrategy[Leaf]:
    operand = _operand(column, references=references)
    ordered = column in _ORDERED
    signs = tuple(_COMPARE) if ordered else ("=", "!=")
    made = [
        st.builds(Leaf, st.just(column), st.sampled_from(signs), st.tuples(operand)),
        st.builds(Leaf, st.just(column), st.just("IS NULL"), st.just(()), st.booleans()),
        st.builds(
            Leaf,
            st.just(column),
            st.just("IN"),
            st.lists(operand, min_size=1, max_size=3).map(tuple),
            st.booleans(),
        ),
    ]
    if references and column in _LISTS:
        many = st.just((_LISTS[column],))
        made.append(st.builds(Leaf, st.just(column), st.just("IN"), many, st.booleans()))
    if ordered:
        pair = st.tuples(operand, operand)
        made.append(st.builds(Leaf, st.just(column), st.just("BETWEEN"), pair, st.booleans()))
    if column == "name":
        parts = st.tuples(VALUES[column])
        affixes = st.sampled_from(("CONTAINS", "STARTS WITH", "ENDS WITH"))
        made.append(st.builds(Leaf, st.just(column), affixes, parts, st.booleans()))
        like = st.tuples(_PATTERNS)
        made.append(st.builds(Leaf, st.just(column), st.just("LIKE"), like, st.booleans()))
    return st.one_of(made)


def _trees(leaves: st.SearchStrategy[Leaf]) -> st.SearchStrategy[Leaf | Join]:
    def joined(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Join]:
        two = st.tuples(parts, parts)
        return st.builds(Join, st.sampled_from(("AND", "OR")), two) | st.builds(
            Join, st.just("NOT"), st.tuples(parts)
        )

    return st.recursive(leaves, joined, max_leaves=5)


def rules() -> st.SearchStrategy[Leaf | Join]:
    """Row rules over every column, with references."""
    return _trees(st.one_of([_tests(column, references=True) for column in VALUES]))


def filters() -> st.SearchStrategy[str]:
    """Texts of filters over the readable columns."""
    readable = [column for column in VALUES if column != "secret"]
    return _trees(st.one_of([_tests(column, references=False) for column in readable])).map(spell)


_SOUP = (
    *(
        "(",
        ")",
        "''",
        "'",
        '"',
        "--",
        "/*",
        "*/",
        ";",
        "\\",
        "%",
        "\0",
        "\u2028",
        "\ufeff",
        "\u2019",
    ),
    *(" AND ", " OR ", " NOT ", " IS NULL ", " IN (", "LIKE ", "ILIKE '%a\\'", "BETWEEN 1 AND "),
    *("name", "tenant", '"name"', "things.name", "secret", "card", "1=1", "= 1", "= '1'", "0x1"),
    *("now()", "{claims.tenant}", "NULL", "true", "1e309", "9" * 40, "= 'a'", "pg_sleep(9)"),
    *("= ANY", "EXISTS", "SELECT", "UNION", "CAST(", "::int", "$1", "?", "%s", ":x", "&&", "||"),
)


def soup() -> st.SearchStrategy[str]:
    """Texts that try to leave the filter."""
    broken = st.builds(
        lambda text, junk, at: text[: at % (len(text) + 1)] + junk + text[at % (len(text) + 1) :],
        filters(),
        st.lists(st.sampled_from(_SOUP), min_size=1, max_size=3).map("".join),
        st.integers(0, 200),
    )
    return st.lists(st.sampled_from(_SOUP), min_size=1, max_size=8).map("".join) | broken
