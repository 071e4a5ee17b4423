"""Forms of the SQL standard that many databases share; a dialect overrides the others."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.types import NULLTYPE, TypeEngine

from faucet.extension.sql_forms import Expression, LooseColumn, LooseValue
from faucet.model.catalog import ColumnType
from faucet.model.filters.predicate import Operator


class StandardForms:
    """See `SqlForms`."""

    def operand_type(self, of: ColumnType) -> TypeEngine[Any]:  # noqa: ARG002
        """Return no type: every operator is found by its symbol."""
        return NULLTYPE

    def truth(self, *, holds: bool) -> Expression:
        """Return TRUE or FALSE."""
        return sa.true() if holds else sa.false()

    def beside_guard(self, policy: Expression) -> Expression:
        """Return *policy* as it is."""
        return policy

    def is_true(self, check: Expression) -> Expression:
        """Return ``(check) IS true``."""
        # NOT binds weaker than IS: without parentheses an unknown check would pass.
        grouped: Expression = Grouping(check)
        return grouped.is_(sa.true())

    def reference(self, column: Expression, collation: str | None) -> Expression:
        """Return the column with COLLATE where the referenced one has another collation."""
        if collation is None:
            return column
        return column.op("COLLATE")(sa.literal_column(collation))

    def own_rows(self, query: sa.Select[Any], table: sa.FromClause) -> sa.Select[Any]:
        """Return the query with ONLY, where tables can inherit from others."""
        return query.with_hint(table, "ONLY")

    def ordered(
        self, key: Expression, *, descending: bool, nulls_first: bool | None
    ) -> sa.ColumnElement[Any]:
        """Return the term with NULLS FIRST or NULLS LAST where it may be NULL."""
        term = key.desc() if descending else key.asc()
        if nulls_first is None:
            return term
        return term.nulls_first() if nulls_first else term.nulls_last()

    def paged(
        self, query: sa.Select[Any], limit: Expression | None, offset: Expression | None
    ) -> sa.Select[Any]:
        """Return the query with LIMIT and OFFSET."""
        if limit is not None:
            query = query.limit(limit)
        return query if offset is None else query.offset(offset)

    def fits(self, column: LooseColumn) -> Expression:
        """Refuse: no column is loose; the same for the forms that follow."""
        raise NotImplementedError

    def loose_equality(self, column: LooseColumn, values: Sequence[LooseValue]) -> Expression:
        """Refuse."""
        raise NotImplementedError

    def loose_order(self, column: LooseColumn, operator: Operator, value: LooseValue) -> Expression:
        """Refuse."""
        raise NotImplementedError

    def order_key(self, column: LooseColumn) -> Expression:
        """Refuse."""
        raise NotImplementedError

    def group_key(self, column: LooseColumn) -> Expression:
        """Refuse."""
        raise NotImplementedError

    def extreme_key(self, column: LooseColumn) -> Expression:
        """Refuse."""
        raise NotImplementedError

    def assigned(self, column: LooseColumn, value: Expression) -> Expression:
        """Refuse."""
        raise NotImplementedError

    def refuse_conflicts(self, write: sa.Insert | sa.Update) -> sa.Insert | sa.Update:
        """Return the statement itself: a conflict is an error."""
        return write

    def returning(
        self, write: sa.Insert | sa.Update, keys: Sequence[Expression]
    ) -> sa.sql.ClauseElement:
        """Return the statement with RETURNING."""
        return write.returning(*keys)
