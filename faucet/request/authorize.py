"""Narrow a request to what its caller may do. Pure, and the only maker of `AuthorizedRequest`."""

from collections.abc import Mapping

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
from faucet.model.catalog import ColumnType, Relation, Unreachable
from faucet.model.filters.binding import MissingClaimError, bind, bind_operand
from faucet.model.filters.condition import EVERY_ROW, Condition, Operand, Scalar, all_of
from faucet.model.filters.predicate import ColumnName
from faucet.model.limits import tightest
from faucet.model.manifest.patterns import covered
from faucet.model.request import (
    ApiRequest,
    AuthorizedRequest,
    BoundParent,
    Caller,
    JsonRecord,
    Principal,
)
from faucet.model.settings import LimitSettings
from faucet.model.surface import (
    Permission,
    ResourceView,
    ServiceSurface,
    ServiceView,
    Surface,
    Verb,
    takes,
)
from faucet.names import did_you_mean


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """A caller let through to one resource with one verb; *limits* are the tightest on the way."""

    service: ServiceSurface
    resource: ResourceView
    grant: Permission
    limits: LimitSettings


def visible_service(surface: Surface, principal: Principal, name: str) -> ServiceView:
    """
    Return the service *name* as the principal's role sees it, or raise 404 `unknown_service`.

    A service without any grant for the role is answered like one that does not exist.
    """
    role = surface.roles.get(principal.role)
    views = role.services if role is not None else {}
    if name not in views:
        hint = did_you_mean(name, views)
        message = f'there is no service "{name}"' + (f"; {hint}" if hint else "")
        raise AuthorizationError(UNKNOWN_SERVICE, message, service=name)
    return views[name]


def reachable(surface: Surface, name: str) -> ServiceSurface:
    """Return the service *name*, or raise 503 while its database has not been seen."""
    service = surface.services[name]
    if isinstance(service.catalog, Unreachable):
        raise ExecutionError(DATABASE_UNAVAILABLE, service=name)
    return service


def admit(surface: Surface, principal: Principal, target: tuple[str, str], verb: Verb) -> Admission:
    """
    Return the grant that decides *verb* on *target* (service, table), before any parameter is read.

    Raises 404 `unknown_service`, 403 `not_granted` (the same whether the table exists or not),
    503 while the database is unreachable, 404 `unknown_table` for a name that is covered but
    missing, 403 `read_only`.
    """
    name, table = target
    view = visible_service(surface, principal, name)
    if not covered(view.patterns.get(verb, ()), table):
        message = f'the role "{principal.role}" has no {verb} on "{table}"'
        raise AuthorizationError(NOT_GRANTED, message, table=table, verb=verb.value)
    service = reachable(surface, name)
    resource = view.resources.get(table)
    grant = resource.grants.get(verb) if resource is not None else None
    if resource is None or grant is None:
        names = [known for known, found in view.resources.items() if verb in found.grants]
        hint = did_you_mean(table, names)
        message = f'there is no table "{table}"' + (f"; {hint}" if hint else "")
        raise AuthorizationError(UNKNOWN_TABLE, message, table=table)
    closed = service.read_only and verb is not Verb.GET
    if closed or not takes(verb, resource.relation, resource.key):
        what = f'the service "{name}"' if service.read_only else f'"{table}"'
        raise AuthorizationError(READ_ONLY, f"{what} is read-only")
    limits = grant.limits if principal.limits is None else tightest(grant.limits, principal.limits)
    return Admission(service=service, resource=resource, grant=grant, limits=limits)


def authorize(request: ApiRequest, admission: Admission, caller: Caller) -> AuthorizedRequest:
    """
    Return *request* narrowed to the grant of *caller*, or raise `AuthorizationError`.

    Selectors and returned rows go through the role's GET grant whatever the verb; without one only
    the key may select and nothing but ``meta`` is returned.
    """
    resource, grant = admission.resource, admission.grant
    principal, now = caller.principal, caller.now
    _check_mentions(request, resource, grant)
    faults = _record_faults(request, resource, grant)
    binder = _Binder(resource.relation, admission.service, principal, now)
    own = binder.condition(grant.row_filter)
    read = resource.read
    visible = None if read is None else binder.condition(read.row_filter)
    return AuthorizedRequest(
        service=admission.service,
        resource=resource,
        grant=grant,
        request=request,
        principal=principal,
        row_filter=all_of(own, None if grant is read else visible),
        visible=visible,
        row_check=None if grant.row_check is None else binder.condition(grant.row_check),
        parents=tuple(
            BoundParent(index=index, row_filter=binder.condition(rule.row_filter, rule.parent))
            for index, rule in enumerate(grant.parents)
        ),
        presets={
            preset.column: binder.preset(preset.column, preset.operand) for preset in grant.presets
        },
        limits=admission.limits,
        faults=faults,
    )


class _Binder:
    """Binds what a grant holds to one principal; a claim that is missing or ill-typed denies."""

    def __init__(
        self, relation: Relation, service: ServiceSurface, principal: Principal, now: float
    ) -> None:
        self._relation = relation
        self._service = service
        self._principal = principal
        self._now = now

    def condition(self, condition: Condition | None, relation: Relation | None = None) -> Condition:
        if condition is None:
            return EVERY_ROW
        types = _types(relation or self._relation)
        principal, options = self._principal, self._service.values
        try:
            return bind(
                condition,
                types,
                claims=principal.claims,
                name=principal.name,
                role=principal.role,
                now=self._now,
                options=options,
            )
        except MissingClaimError as missing:
            raise _claim_missing(missing) from None

    def preset(self, column: str, operand: Operand) -> Scalar:
        principal = self._principal
        try:
            return bind_operand(
                operand,
                _types(self._relation)[column],
                claims=principal.claims,
                name=principal.name,
                role=principal.role,
                now=self._now,
                options=self._service.values,
            )
        except MissingClaimError as missing:
            raise _claim_missing(missing) from None


def _claim_missing(missing: MissingClaimError) -> AuthorizationError:
    message = f'the credential lacks the claim "{missing.claim}", or it is of another type'
    return AuthorizationError(CLAIM_MISSING, message, claim=missing.claim)


def _types(relation: Relation) -> Mapping[str, ColumnType]:
    return {column.name: column.type for column in relation.columns}


def own_name(column: ColumnName, relation: Relation) -> str | None:
    """Return the column's name if *column* is plain or prefixed by its own table, else None."""
    *prefix, name = column.parts
    own = ((), (relation.name,), (relation.schema, relation.name))
    return name if tuple(prefix) in own else None


def nameable(resource: ResourceView) -> tuple[str, ...]:
    """Return the columns that the role may name outside a body: what GET reads, else the key."""
    return resource.key if resource.read is None else resource.read.readable


def unknown_column(name: str, known: tuple[str, ...], **context: object) -> FaucetError:
    """Return the one error for a column that does not exist or may not be known."""
    hint = did_you_mean(name, known)
    message = f'there is no column "{name}"' + (f"; {hint}" if hint else "")
    return AuthorizationError(UNKNOWN_COLUMN, message, column=name, **context)


def _check_mentions(request: ApiRequest, resource: ResourceView, grant: Permission) -> None:
    known = nameable(resource)
    shown = known if resource.read is not None else ()
    masks = {} if resource.read is None else resource.read.masks
    # An order by a label is one by that output's expression, which is checked as a field.
    labels = {
        i.label for i in request.fields or () if i.alias is not None or i.function is not None
    }
    for parameter, column in request.mentioned:
        name = own_name(column, resource.relation)
        if parameter == "order" and len(column.parts) == 1 and name in labels:
            continue
        allowed = shown if parameter == "fields" else known
        if name is None or name not in allowed:
            spelled = ".".join(column.parts)
            raise unknown_column(spelled, allowed, parameter=parameter, position=column.position)
        if name in masks and parameter != "fields":
            message = (
                f'"{name}" is masked for this role: it can be read, but not used in {parameter}'
            )
            raise AuthorizationError(MASKED_COLUMN, message, parameter=parameter, column=name)
    _check_functions(request, resource, grant)


def _check_functions(request: ApiRequest, resource: ResourceView, grant: Permission) -> None:
    functions = [item for item in request.fields or () if item.function is not None]
    if (functions or request.group) and not grant.aggregate:
        raise AuthorizationError(AGGREGATE_NOT_GRANTED)
    masks = {} if resource.read is None else resource.read.masks
    for item in functions:
        name = None if item.column is None else own_name(item.column, resource.relation)
        if name in masks:
            message = f'"{name}" is masked for this role: no function takes it'
            raise AuthorizationError(MASKED_COLUMN, message, parameter="fields", column=name)


def _record_faults(
    request: ApiRequest, resource: ResourceView, grant: Permission
) -> Mapping[int, FaucetError]:
    """Return what is wrong with each record by its index; raise it where others do not go on."""
    going_on = request.continued and not request.rollback
    faults: dict[int, FaucetError] = {}
    for index, record in enumerate(request.records):
        try:
            _check_record(index, record, resource, grant)
        except AuthorizationError as fault:
            if not going_on:
                raise
            faults[index] = fault
    return faults


def _check_record(
    index: int, record: JsonRecord, resource: ResourceView, grant: Permission
) -> None:
    """Refuse columns that do not exist for the caller (400) or that it may only read (403)."""
    readable = () if resource.read is None else resource.read.readable
    presets = {preset.column for preset in grant.presets}
    selecting = frozenset(resource.public_key) if grant.verb is not Verb.POST else frozenset()
    known = tuple({*readable, *grant.writable, *selecting})
    for name in record:
        if name in grant.writable or name in selecting:
            continue
        if name not in readable:
            raise unknown_column(name, known, record=index)
        # A DELETE writes nothing; that its records hold keys alone is judged with the key.
        if name not in presets and grant.verb is not Verb.DELETE:
            message = f'the column "{name}" may be read but not written'
            raise AuthorizationError(COLUMN_NOT_WRITABLE, message, column=name, record=index)
