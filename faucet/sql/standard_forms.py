"""Forms of the SQL standard that many databases share; a dialect overrides the others."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import Grouping

from faucet.extension.sql_forms import Expression


class StandardForms:
    """See `SqlForms`."""

    def truth(self, *, holds: bool) -> Expression:
        """Return TRUE or FALSE."""
        return sa.true() if holds else sa.false()

    def is_true(self, check: Expression) -> Expression:
        """Return ``(check) IS true``."""
        # NOT binds weaker than IS: without parentheses an unknown check would pass.
        grouped: Expression = Grouping(check)
        return grouped.is_(sa.true())

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

    def returning(
        self, write: sa.Insert | sa.Update, keys: Sequence[Expression]
    ) -> sa.sql.ClauseElement:
        """Return the statement with RETURNING."""
        return write.returning(*keys)
