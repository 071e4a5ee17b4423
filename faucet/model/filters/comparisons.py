"""The most common filters, comparisons joined by AND, read by one search each. Pure.

A part of the grammar, read a second way in a quarter of the time; a property test compares the two.
"""

import re
from typing import Final

from faucet.model.filters.predicate import (
    And,
    ColumnName,
    Compare,
    Literal,
    LiteralKind,
    Predicate,
)
from faucet.model.filters.terms import COMPARISONS

_MOST: Final = 64
# All that the grammar looks at more closely is left to it: long numbers, quotes inside strings.
_COMPARISON: Final = re.compile(
    r"""
    \s*+ ((?!(?:AND|OR|NOT)\b)[A-Za-z_]\w*+) \s*+ (<=|>=|<>|!=|[=<>]) \s*+
    (?: '([^']*+)' | (-?[0-9]{1,18}+(?:\.[0-9]{1,18}+)?+)(?![\w.]) )
    \s*+ (?: (AND\b|&&) | \Z )
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def read_comparisons(text: str) -> Predicate | None:
    """Return the predicate of *text* if it is comparisons joined by AND, else None."""
    if not text.isascii() or "\0" in text:
        return None
    tests: list[Predicate] = []
    end, joined = 0, "AND"
    while joined:
        found = _COMPARISON.match(text, end)
        if found is None or len(tests) == _MOST:
            return None
        name, operator, string, number, joined = found.groups()
        if number is None:
            # Its position is that of its quote.
            literal = Literal(kind=LiteralKind.TEXT, text=string, position=found.start(3) - 1)
        else:
            literal = Literal(kind=LiteralKind.NUMBER, text=number, position=found.start(4))
        column = ColumnName(parts=(name,), position=found.start(1))
        tests.append(Compare(column=column, operator=COMPARISONS[operator], operand=literal))
        end = found.end()
    return tests[0] if len(tests) == 1 else And(of=tuple(tests))
