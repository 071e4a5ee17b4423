"""The parameters of queries, each declared once: where it is allowed, and how it is documented."""

from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.model.bounds import MOST_FILTER_BYTES
from faucet.model.settings import Verb
from faucet.names import ClosedSet


class ParameterKind(ClosedSet):
    """What the value of a parameter is; a text has a grammar of its own."""

    TEXT = "string"
    NATURAL = "integer"
    BOOLEAN = "boolean"


class Need(ClosedSet):
    """What a role must be able to do with a relation for a parameter to be of use."""

    NOTHING = "nothing"
    READ = "read"
    KEY = "key"
    AGGREGATE = "aggregate"


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """
    A parameter, with the *verbs* of a table that accept it; *single* ones accept it for one record.

    *paging* ones are fields of `Paging`. *synonyms* are names that mean the same and are not
    documented. *schema* is what its JSON schema adds to that of its kind. *most* is one less than a
    power of two, and only for numbers.
    """

    name: str
    verbs: frozenset[Verb]
    description: str
    kind: ParameterKind = ParameterKind.TEXT
    need: Need = Need.NOTHING
    single: bool = False
    paging: bool = False
    synonyms: frozenset[str] = frozenset()
    schema: Mapping[str, object] = {}
    most: int | None = None


_READS: Final = frozenset({Verb.GET})
_SELECTS: Final = frozenset({Verb.PATCH, Verb.DELETE})
_WRITES: Final = frozenset({Verb.POST, Verb.PUT}) | _SELECTS

_ALL: Final = (
    Parameter(
        name="fields",
        verbs=_READS | _WRITES,
        description="Columns to return, separated by commas; `*` for all.",
        need=Need.READ,
        single=True,
    ),
    Parameter(
        name="filter",
        verbs=_READS | _SELECTS,
        description="Which rows: comparisons joined by AND, OR and NOT, strings in single quotes.",
        need=Need.READ,
        schema={"maxLength": MOST_FILTER_BYTES},
    ),
    Parameter(
        name="order",
        verbs=_READS,
        description=(
            "Columns to sort by, separated by commas; a leading "
            "`-` or a trailing DESC sorts descending."
        ),
        need=Need.READ,
    ),
    Parameter(
        name="group",
        verbs=_READS,
        description="Columns to group by, separated by commas.",
        need=Need.AGGREGATE,
    ),
    Parameter(
        name="limit",
        verbs=_READS,
        description="Rows per page; 0 means the maximum, {page_max}.",
        kind=ParameterKind.NATURAL,
        paging=True,
    ),
    Parameter(
        name="offset",
        verbs=_READS,
        description="Rows to skip.",
        kind=ParameterKind.NATURAL,
        paging=True,
        schema={"default": 0},
        most=2**63 - 1,
    ),
    Parameter(
        name="count",
        verbs=_READS,
        description="Whether to count the rows of all pages.",
        kind=ParameterKind.BOOLEAN,
        paging=True,
        synonyms=frozenset({"include_count"}),
    ),
    Parameter(
        name="ids",
        verbs=_READS | _SELECTS,
        description=(
            "Primary key values, separated by commas; in single quotes where they hold a comma, "
            "composite ones as `(a,b)`."
        ),
        need=Need.KEY,
    ),
    Parameter(
        name="all",
        verbs=_SELECTS,
        description="Write every row that may be written.",
        kind=ParameterKind.BOOLEAN,
    ),
    Parameter(
        name="rollback",
        verbs=_WRITES,
        description="Write all records or none, which is the default; overrides `continue`.",
        kind=ParameterKind.BOOLEAN,
    ),
    Parameter(
        name="continue",
        verbs=_WRITES,
        description="Continue after a record that fails, and report which failed.",
        kind=ParameterKind.BOOLEAN,
    ),
)

PARAMETERS: Final[Mapping[str, Parameter]] = {parameter.name: parameter for parameter in _ALL}


def _names(parameters: tuple[Parameter, ...]) -> Mapping[str, str]:
    return {
        name: parameter.name
        for parameter in parameters
        for name in (parameter.name, *parameter.synonyms)
    }


OF_TABLE: Final[Mapping[Verb, Mapping[str, str]]] = {
    verb: _names(tuple(each for each in _ALL if verb in each.verbs)) for verb in Verb
}
"""The names that each verb of a table accepts, with the parameters that they mean."""
OF_RECORD: Final[Mapping[str, str]] = _names(tuple(each for each in _ALL if each.single))
"""The names that requests for one record accept."""
