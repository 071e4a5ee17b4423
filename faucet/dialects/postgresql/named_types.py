"""Types as the catalog spells them, and the operators and aggregates of their schemas. Pure."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.sql.functions import Function
from sqlalchemy.types import UserDefinedType

from faucet.extension.sql_forms import Expression

_SYMBOLS: Final[Mapping[Callable[..., Any], str]] = {
    operator.eq: "=",
    operator.ne: "<>",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
}


class _Comparator(UserDefinedType.Comparator[Any]):
    """Names the schema of a comparison, which the search path need not have."""

    def operate(self, op: Any, *other: Any, **options: Any) -> Any:
        schema, symbol = getattr(self.type, "operators", None), _SYMBOLS.get(op)
        if schema is None or symbol is None:
            return super().operate(op, *other, **options)
        quoted = '"' + schema.replace('"', '""') + '"'
        return self.expr.op(f"OPERATOR({quoted}.{symbol})", is_comparison=True)(*other)


class NamedType(UserDefinedType[Any]):
    """A type by its *spelling*, with *operators* of that schema, None for built-in ones."""

    cache_ok = True
    comparator_factory = _Comparator

    def __init__(self, spelling: str, operators: str | None = None) -> None:
        self.spelling = spelling
        self.operators = operators

    def get_col_spec(self, **_options: object) -> str:
        """Return the spelling."""
        return self.spelling


def extreme(name: str, column: Expression, schema: str) -> Expression:
    """Return the aggregate *name* of *schema*, of *column*."""
    package = quoted_name(schema, quote=True)
    return Function(quoted_name(name, quote=True), column, packagenames=(package,))
