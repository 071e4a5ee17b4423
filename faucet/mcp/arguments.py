"""The arguments of the tools, as structs; their JSON schemas are what agents see."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

MOST_ROWS = 1000
USUAL_ROWS = 25

_Service = Annotated[str, Meta(description="Name of the service, from faucet_list_services.")]
_Table = Annotated[
    str, Meta(description="Name of the table or view, from faucet_list_tables; case counts.")
]
_Filter = Annotated[
    str,
    Meta(
        description=(
            "Which rows: comparisons joined by AND, OR, NOT, for example "
            "status = 'open' AND total >= 100 AND name LIKE 'A%' AND note IS NOT NULL. "
            "Operators: = != < <= > >= IN (...), NOT IN, LIKE, STARTS WITH, CONTAINS, "
            "BETWEEN a AND b, IS NULL. Texts are in single quotes."
        )
    ),
]


class ListServices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No arguments."""


class ListTables(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which service, and whether rows are counted."""

    service: _Service
    counts: Annotated[
        bool, Meta(description="Whether to count the rows of each table; slower where it is large.")
    ] = False


class DescribeTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which table."""

    service: _Service
    table: _Table


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows, in which form."""

    service: _Service
    table: _Table
    filter: _Filter = ""
    fields: Annotated[
        tuple[str, ...] | str,
        Meta(
            description=(
                "Columns to return, or functions of them: COUNT(*), SUM(total) AS revenue, "
                "AVG, MIN, MAX; all columns if empty. Names with spaces are in double quotes."
            )
        ),
    ] = ()
    group: Annotated[
        tuple[str, ...] | str, Meta(description="Columns to group by; fields then need functions.")
    ] = ()
    order: Annotated[
        tuple[str, ...] | str,
        Meta(description="Columns to order by, descending with a minus: -created_at, id."),
    ] = ()
    limit: Annotated[
        int, Meta(description=f"Most rows to return, at most {MOST_ROWS}; larger is {MOST_ROWS}.")
    ] = USUAL_ROWS
    offset: Annotated[int, Meta(ge=0, description="How many rows to skip.")] = 0
    count: Annotated[bool, Meta(description="Whether to count all rows that match, as total.")] = (
        False
    )


class Insert(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows to insert."""

    service: _Service
    table: _Table
    records: Annotated[
        tuple[dict[str, Any], ...],
        Meta(min_length=1, description="Objects from column to value; all are inserted, or none."),
    ]


class Update(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows to change, and how."""

    service: _Service
    table: _Table
    filter: Annotated[_Filter, Meta(min_length=1)]
    record: Annotated[
        dict[str, Any], Meta(min_length=1, description="New values, by column; others stay.")
    ]


class Delete(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows to delete."""

    service: _Service
    table: _Table
    filter: Annotated[_Filter, Meta(min_length=1)]
