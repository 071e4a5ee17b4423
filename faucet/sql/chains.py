"""Long chains of AND and OR, as expressions. Pure."""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy.sql.elements import Grouping

from faucet.extension.sql_forms import Expression

# SQLite rejects expressions deeper than 1,000; a flat chain of AND is as deep as it is long.
_CHAIN: Final = 64


class _Closed(Grouping[bool]):
    """Parentheses that an enclosing chain keeps; SQLAlchemy flattens plain ones."""

    inherit_cache = True
    operator = None


def balanced(
    join: Callable[..., Expression], parts: Sequence[Expression], empty: Expression
) -> Expression:
    """Return *parts* joined as a tree whose depth grows with the logarithm of their number."""
    if not parts:
        return empty
    while len(parts) > _CHAIN:
        parts = [
            _Closed(join(*parts[start : start + _CHAIN])) for start in range(0, len(parts), _CHAIN)
        ]
    return parts[0] if len(parts) == 1 else join(*parts)
