"""A request: its caller, its content, and what is authorized."""

from collections.abc import AsyncIterator, Iterator, Mapping

import msgspec

from faucet.errors import FaucetError
from faucet.model.catalog import Column
from faucet.model.filters.condition import Condition, Scalar
from faucet.model.filters.predicate import And, ColumnName, Compare, Not, Or, Predicate
from faucet.model.headers import Headers
from faucet.model.limits import LimitSettings
from faucet.model.routes import RouteName
from faucet.model.statement import Function
from faucet.model.surface import Permission, ResourceView, ServiceSurface, Verb
from faucet.names import ClosedSet

ClaimValue = Scalar | tuple[Scalar, ...]


class BodyState(ClosedSet):
    """
    Why there is no body: it is not received yet, is larger than the server would receive, or was
    given up, since too many others were being received.
    """

    NOT_RECEIVED = "not received"
    TOO_LARGE = "too large"
    GIVEN_UP = "given up"


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    One request as received, independent of the server.

    *path* and *query* are raw (still percent-encoded), *peer* is the address of the connection.
    *body* is its content, once it is received.
    *matched* is the route that the server found by the raw path, if any.
    """

    method: str
    path: str
    query: str
    headers: Headers
    peer: str
    body: bytes | BodyState = BodyState.NOT_RECEIVED
    matched: RouteName | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """
    One response: status, header pairs, body.

    A *body* that is an iterator is read as fast as the client receives it; the generation stays in
    service until its last part is sent. It is closed when the client disconnects.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | AsyncIterator[bytes]


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """
    The caller's identity. *name* is ``key:NAME`` or ``jwt:PROVIDER:SUB``, None for the anonymous
    role.
    """

    name: str | None
    role: str
    claims: Mapping[str, ClaimValue]
    limits: LimitSettings | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """
    The principal and the time of a request: *now* is seconds since 1970, also for `now()` in rules.
    """

    principal: Principal
    now: float


class FieldItem(msgspec.Struct, frozen=True, kw_only=True):
    """
    One item of `fields`: a column, a function of one, or COUNT(*) (no *column*); ``*`` is
    *everything*.
    """

    column: ColumnName | None
    function: Function | None = None
    alias: str | None = None
    everything: bool = False

    @property
    def label(self) -> str:
        """The output's name: the alias, else ``count``, ``func_col`` or the column."""
        if self.alias is not None:
            return self.alias
        if self.column is None:
            return "count"
        name = self.column.parts[-1]
        return name if self.function is None else f"{self.function.value.lower()}_{name}"


class OrderItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of `order`."""

    column: ColumnName
    descending: bool = False
    nulls_first: bool | None = None


class Selector(msgspec.Struct, frozen=True, kw_only=True):
    """
    Which rows: a filter, keys, or all of them.

    *ids* are key tuples: strings from a URL or JSON values from a body. The path's key is one of
    them, with *single* set.
    """

    where: Predicate | None = None
    ids: tuple[tuple["JsonValue", ...], ...] | None = None
    everything: bool = False
    single: bool = False

    @property
    def given(self) -> bool:
        """Whether it selects rows explicitly."""
        return self.where is not None or self.ids is not None or self.everything


class JsonNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON number as written, so that no digit is lost."""

    text: str


class JsonDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON array or object as compact text, numbers as written."""

    text: str


JsonValue = None | bool | str | JsonNumber | JsonDocument
JsonRecord = Mapping[str, JsonValue]


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """The paging parameters of the caller; None if absent."""

    limit: int | None = None
    offset: int = 0
    count: bool = False


class ApiRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    A parsed request, not yet checked against a table.

    *fields* is None if absent; *records* are the body's. *single_object* means that they are one
    object rather than a list: with a selector its key columns are values, without one it contains
    its key.
    """

    verb: Verb
    fields: tuple[FieldItem, ...] | None = None
    group: tuple[ColumnName, ...] = ()
    order: tuple[OrderItem, ...] = ()
    selector: Selector = Selector()
    page: Paging = Paging()
    records: tuple[JsonRecord, ...] = ()
    single_object: bool = False
    rollback: bool = False
    continued: bool = False


class TargetKind(ClosedSet):
    """The kinds of targets of a grant; others are added with their implementation."""

    TABLE = "table"


class TargetName(msgspec.Struct, frozen=True, kw_only=True):
    """The target of a request, by name; it may not exist."""

    service: str
    name: str
    kind: TargetKind = TargetKind.TABLE


class AuthorizedField(msgspec.Struct, frozen=True, kw_only=True):
    """
    An item of `fields` with its column resolved; ``*`` is *everything*, COUNT(*) has no column.
    """

    label: str
    column: Column | None
    function: Function | None = None
    everything: bool = False


class AuthorizedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An item of `order`: the label of an output, or else the *column*; *name* as written."""

    name: str
    column: Column | None
    descending: bool
    nulls_first: bool | None


class AuthorizedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    A request restricted to what its caller may do; only `authorize` makes one.

    *fields*, *group* and *order* are those of *request* with their columns resolved; every column
    of its filter is one of `resource.nameable`. *row_filter* is bound and applies to every row
    selected or changed; *visible* is the bound row filter of the role's GET grant, None where the
    role has no GET (then only ``meta`` and keys are returned). *row_check* is bound, None for none.
    *presets* are bound values by column. *faults* are the errors of records that may not be
    written, by index, while others continue.
    """

    service: ServiceSurface
    resource: ResourceView
    grant: Permission
    request: ApiRequest
    fields: tuple[AuthorizedField, ...] | None
    group: tuple[Column, ...]
    order: tuple[AuthorizedOrder, ...]
    row_filter: Condition
    visible: Condition | None
    row_check: Condition | None
    parents: tuple["BoundParent", ...]
    presets: Mapping[str, Scalar]
    limits: LimitSettings
    faults: Mapping[int, FaucetError] = {}


class BoundParent(msgspec.Struct, frozen=True, kw_only=True):
    """A `ParentRule` with its row filter bound; *index* is its place in the grant's parents."""

    index: int
    row_filter: Condition


def names_in(predicate: Predicate) -> Iterator[ColumnName]:
    """Yield every column that *predicate* names, left to right."""
    pending = [predicate]
    while pending:
        part = pending.pop()
        if type(part) is Compare:
            yield part.column
            continue
        match part:
            case And(of=parts) | Or(of=parts):
                pending.extend(reversed(parts))
            case Not(of=negated):
                pending.append(negated)
            case test:
                yield test.column
