"""Restricts a request to what its caller may do; only this makes `AuthorizedRequest`. Pure."""

from collections.abc import Iterable, Mapping
from itertools import count

import msgspec

from faucet.errors import (
    AGGREGATE_NOT_GRANTED,
    CLAIM_MISSING,
    COLUMN_NOT_WRITABLE,
    DATABASE_UNAVAILABLE,
    MASKED_COLUMN,
    NOT_GRANTED,
    READ_ONLY,
    UNKNOWN_COLUMN,
    UNKNOWN_SERVICE,
    UNKNOWN_TABLE,
    AuthorizationError,
    ExecutionError,
    FaucetError,
)
from faucet.model.catalog import Column, Unreachable
from faucet.model.filters.binding import Binder, MissingClaimError
from faucet.model.filters.condition import EVERY_ROW, Condition, Scalar, all_of
from faucet.model.filters.predicate import ColumnName, Predicate
from faucet.model.limits import LimitSettings, tightest
from faucet.model.manifest.patterns import covered
from faucet.model.request import (
    ApiRequest,
    AuthorizedField,
    AuthorizedOrder,
    AuthorizedRequest,
    BoundParent,
    Caller,
    FieldItem,
    JsonRecord,
    Principal,
    TargetName,
    names_in,
)
from faucet.model.surface import (
    ParentRule,
    Permission,
    Preset,
    ResourceView,
    ServiceSurface,
    ServiceView,
    Surface,
    Verb,
    takes,
)
from faucet.names import did_you_mean


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """A caller admitted to one resource with one verb; *limits* are the tightest that apply."""

    service: ServiceSurface
    resource: ResourceView
    grant: Permission
    limits: LimitSettings


def visible_service(surface: Surface, principal: Principal, name: str) -> ServiceView:
    """
    Return the service *name* as the principal's role sees it, or raise 404 `unknown_service`.

    A service without any grant for the role is treated like one that does not exist.
    """
    role = surface.roles.get(principal.role)
    views = role.services if role is not None else {}
    if name not in views:
        hint = did_you_mean(name, views)
        message = f'there is no service "{name}"' + (f"; {hint}" if hint else "")
        raise AuthorizationError(UNKNOWN_SERVICE, message, service=name)
    return views[name]


def reachable(surface: Surface, name: str) -> ServiceSurface:
    """Return the service *name*, or raise 503 while its database has not been reached."""
    service = surface.services[name]
    if isinstance(service.catalog, Unreachable):
        raise ExecutionError(DATABASE_UNAVAILABLE, service=name)
    return service


def admit(surface: Surface, principal: Principal, target: TargetName, *verbs: Verb) -> Admission:
    """
    Return the grants that decide *verbs* on *target*, before any parameter is parsed.

    The first verb is what the request does; it may need others (an upsert inserts and updates).
    Raises 404 `unknown_service`, 403 `not_granted` (the same whether the table exists or not), 503
    while the database is unreachable, 404 `unknown_table` for a name that is covered but missing,
    403 `read_only`.
    """
    view = visible_service(surface, principal, target.service)
    service, resource = surface.services[target.service], view.resources.get(target.name)
    grants = resource.grants if resource is not None else {}
    # What is granted is covered, and its service was reached.
    for verb in verbs:
        if resource is None or verb not in grants:
            raise _refusal(surface, view, principal, target.name, verb)
        if service.read_only and verb is not Verb.GET:
            what = f'the service "{target.service}"'
            raise AuthorizationError(READ_ONLY, f"{what} is read-only")
        _check_writable(target.name, resource, grants[verb])
    if resource is None:
        raise ValueError("a request needs at least one verb")
    limits = grants[verbs[0]].limits
    for verb in verbs[1:]:
        limits = tightest(limits, grants[verb].limits)
    if principal.limits is not None:
        limits = tightest(limits, principal.limits)
    return Admission(service=service, resource=resource, grant=grants[verbs[0]], limits=limits)


def _check_writable(table: str, resource: ResourceView, grant: Permission) -> None:
    """Raise `AuthorizationError` READ_ONLY unless *resource* accepts the verb of *grant*."""
    if not takes(grant.verb, resource.relation, resource.key):
        raise AuthorizationError(READ_ONLY, f'"{table}" is read-only')
    if grant.refused:
        what = "references that are written through it cannot be checked"
        raise AuthorizationError(READ_ONLY, f'"{table}" is read-only: {what}')


def _refusal(
    surface: Surface, view: ServiceView, principal: Principal, table: str, verb: Verb
) -> FaucetError:
    """Return why *verb* on *table* is not possible: not granted, unreachable, or missing."""
    if not covered(view.patterns.get(verb, ()), table):
        message = f'the role "{principal.role}" has no {verb} on "{table}"'
        return AuthorizationError(NOT_GRANTED, message, table=table, verb=verb.value)
    reachable(surface, view.name)
    names = [known for known, found in view.resources.items() if verb in found.grants]
    hint = did_you_mean(table, names)
    message = f'there is no table "{table}"' + (f"; {hint}" if hint else "")
    return AuthorizationError(UNKNOWN_TABLE, message, table=table)


def authorize(request: ApiRequest, admission: Admission, caller: Caller) -> AuthorizedRequest:
    """
    Return *request* restricted to the grant of *caller*, or raise `AuthorizationError`.

    Only here are columns resolved by the names that callers use. The role's GET grant applies to
    selectors and returned rows, whatever the verb; without one only the key may select and only
    ``meta`` is returned.
    """
    view, grant, read = admission.resource, admission.grant, admission.resource.read
    names = _Names(view, read)
    fields = None if request.fields is None else tuple(map(names.field, request.fields))
    group = tuple(map(names.group, request.group))
    order = names.order(request) if request.order else ()
    names.check_filter(request.selector.where)
    if fields or group:
        _check_functions(fields or (), group, view, grant)
    faults = _record_faults(request, view, grant) if request.records else {}
    rules = _Rules(admission, caller, traced=request.verb is Verb.GET)
    own = rules.condition(grant.row_filter, view.columns)
    visible: Condition | None = own
    if grant is not read:
        visible = None if read is None else rules.condition(read.row_filter, view.columns)
    return AuthorizedRequest(
        service=admission.service,
        resource=view,
        grant=grant,
        request=request,
        fields=fields,
        group=group,
        order=order,
        row_filter=own if visible is own else all_of(own, visible),
        visible=visible,
        row_check=None
        if grant.row_check is None
        else rules.condition(grant.row_check, view.columns),
        parents=tuple(map(rules.parent, count(), grant.parents)),
        presets=dict(map(rules.preset, grant.presets)),
        limits=admission.limits,
        faults=faults,
    )


class _Rules:
    """Binds the rules of a grant to one caller; a missing or wrongly typed claim denies."""

    def __init__(self, admission: Admission, caller: Caller, *, traced: bool) -> None:
        self._binder = Binder(caller=caller, options=admission.service.values, traced=traced)
        self._columns = admission.resource.columns

    def condition(self, condition: Condition | None, columns: Mapping[str, Column]) -> Condition:
        if condition is None:
            return EVERY_ROW
        try:
            return self._binder.bind(condition, columns)
        except MissingClaimError as missing:
            raise _claim_missing(missing) from None

    def parent(self, index: int, rule: ParentRule) -> BoundParent:
        return BoundParent(index=index, row_filter=self.condition(rule.row_filter, rule.columns))

    def preset(self, preset: Preset) -> tuple[str, Scalar]:
        column = self._columns[preset.column]
        try:
            return preset.column, self._binder.value(preset.operand, column)
        except MissingClaimError as missing:
            raise _claim_missing(missing) from None


def _claim_missing(missing: MissingClaimError) -> AuthorizationError:
    message = f'the credential lacks the claim "{missing.claim}", or the claim has the wrong type'
    return AuthorizationError(CLAIM_MISSING, message, claim=missing.claim)


class _Names:
    """Resolves the column names of one request, as far as its role may name them."""

    def __init__(self, view: ResourceView, read: Permission | None) -> None:
        self._view = view
        # Without a GET grant the key may select, and no column may be returned.
        self._masks: Mapping[str, str] = {} if read is None else read.masks
        self._shown: Mapping[str, Column] = {} if read is None else view.nameable

    def field(self, item: FieldItem) -> AuthorizedField:
        column = None if item.column is None else self._find(item.column, "fields", self._shown)
        return AuthorizedField(
            label=item.label, column=column, function=item.function, everything=item.everything
        )

    def group(self, name: ColumnName) -> Column:
        return self.column(name, "group")

    def column(self, name: ColumnName, parameter: str) -> Column:
        column = self._find(name, parameter, self._view.nameable)
        if column.name in self._masks:
            message = (
                f'"{column.name}" is masked for this role: it can be read, but not used in '
                f"{parameter}"
            )
            raise AuthorizationError(
                MASKED_COLUMN, message, parameter=parameter, column=column.name
            )
        return column

    def order(self, request: ApiRequest) -> tuple[AuthorizedOrder, ...]:
        # An order by a label uses that output's expression, which is checked as a field.
        labels: set[tuple[str, ...]] = set()
        if request.fields is not None:
            labels = {
                (item.label,)
                for item in request.fields
                if item.alias is not None or item.function is not None
            }
        return tuple(
            [
                AuthorizedOrder(
                    name=item.column.parts[-1],
                    column=None
                    if item.column.parts in labels
                    else self.column(item.column, "order"),
                    descending=item.descending,
                    nulls_first=item.nulls_first,
                )
                for item in request.order
            ]
        )

    def check_filter(self, where: Predicate | None) -> None:
        if where is not None:
            for name in names_in(where):
                self.column(name, "filter")

    def _find(self, name: ColumnName, parameter: str, allowed: Mapping[str, Column]) -> Column:
        parts = name.parts
        column = allowed.get(parts[-1])
        if column is None or parts[:-1] not in self._view.qualifiers:
            spelled = ".".join(parts)
            raise unknown_column(spelled, allowed, parameter=parameter, position=name.position)
        return column


def unknown_column(name: str, known: Iterable[str], **context: object) -> FaucetError:
    """Return the same error for a column that does not exist and one that the role may not know."""
    hint = did_you_mean(name, known)
    message = f'there is no column "{name}"' + (f"; {hint}" if hint else "")
    return AuthorizationError(UNKNOWN_COLUMN, message, column=name, **context)


def _check_functions(
    fields: tuple[AuthorizedField, ...],
    group: tuple[Column, ...],
    view: ResourceView,
    grant: Permission,
) -> None:
    functions = [field for field in fields if field.function is not None]
    if (functions or group) and not grant.aggregate:
        raise AuthorizationError(AGGREGATE_NOT_GRANTED)
    for field in functions:
        if field.column is not None and field.column.name in view.masks:
            name = field.column.name
            message = f'"{name}" is masked for this role: it cannot be used in a function'
            raise AuthorizationError(MASKED_COLUMN, message, parameter="fields", column=name)


def _record_faults(
    request: ApiRequest, view: ResourceView, grant: Permission
) -> Mapping[int, FaucetError]:
    """Return the error of each invalid record by index; raise the first unless others continue."""
    going_on = request.continued and not request.rollback
    selecting = frozenset(view.public_key) if grant.verb is not Verb.POST else frozenset()
    free = grant.writable | selecting
    faults: dict[int, FaucetError] = {}
    for index, record in enumerate(request.records):
        if record.keys() <= free:
            continue
        try:
            _check_record(index, record, view, grant, free)
        except AuthorizationError as fault:
            if not going_on:
                raise
            faults[index] = fault
    return faults


def _check_record(
    index: int, record: JsonRecord, view: ResourceView, grant: Permission, free: frozenset[str]
) -> None:
    """Reject columns that do not exist for the caller (400) or that it may only read (403)."""
    presets = {preset.column for preset in grant.presets}
    known = tuple({*view.outputs, *free})
    for name in record:
        if name in free:
            continue
        if name not in view.outputs:
            raise unknown_column(name, known, record=index)
        # A DELETE writes nothing; that its records contain only keys is checked with the key.
        if name not in presets and grant.verb is not Verb.DELETE:
            message = f'the column "{name}" may be read but not written'
            raise AuthorizationError(COLUMN_NOT_WRITABLE, message, column=name, record=index)
