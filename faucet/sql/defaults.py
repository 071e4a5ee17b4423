"""The only place where SQL text of the catalog becomes part of a statement."""

import sqlalchemy as sa

from faucet.extension.sql_forms import Expression


def default_expression(text: str | None) -> Expression:
    """
    Return a column's default as the catalog spells it, NULL for None.

    *text* comes from the catalog's own definition of the column, never from a caller.
    """
    if text is None:
        return sa.null()
    # A colon or a percent sign in the definition must not become a parameter.
    return sa.literal_column(f"({text})")
