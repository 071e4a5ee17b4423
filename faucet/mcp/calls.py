"""What each tool does: arguments to an operation of the request plane, and its rows to a result."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from faucet.mcp import arguments
from faucet.mcp.results import rows_within
from faucet.model.catalog import Unreachable
from faucet.model.facts import TransformFacts
from faucet.model.headers import Headers
from faucet.model.request import Caller, TargetName
from faucet.model.rows import RowPage, Rows, Written
from faucet.model.schema_form import json_type
from faucet.model.surface import ResourceView, ServiceView, Surface, Verb
from faucet.request.authorize import admit, reachable, visible_service
from faucet.request.context import Trace
from faucet.request.describe import describe, shown_type
from faucet.request.generation import Generation
from faucet.request.operation import Operation
from faucet.request.pipeline import perform, row_count

_JSON: Final = Headers((("content-type", "application/json"),))
_MOST_COUNTED: Final = 50
"""The most tables whose rows one call counts."""

Content = Mapping[str, Any]


class ToolContext(msgspec.Struct, frozen=True, kw_only=True):
    """The generation that a call runs on, its caller, and its trace to fill."""

    generation: Generation
    caller: Caller
    trace: Trace

    @property
    def surface(self) -> Surface:
        """The compiled manifest."""
        return self.generation.surface

    def transforms(self, service: str) -> Mapping[str, TransformFacts]:
        """Return what masks of *service* do."""
        used = self.generation.render_contexts[service].transforms
        return {name: transform.facts for name, transform in used.items()}

    def service(self, name: str) -> ServiceView:
        """Return the service as the caller sees it; raises `FaucetError` if it does not."""
        self.trace.service = name
        view = visible_service(self.surface, self.caller.principal, name)
        reachable(self.surface, name)
        return view


async def list_services(context: ToolContext, _arguments: arguments.ListServices) -> Content:
    """Return the services that the caller may use."""
    role = context.surface.roles[context.caller.principal.role]
    services = [context.surface.services[name] for name in sorted(role.services)]
    return {
        "services": [
            {
                "name": service.name,
                "label": service.label or service.name,
                "driver": service.dialect,
                "is_active": not isinstance(service.catalog, Unreachable),
                "read_only": service.read_only,
                "raw_sql_allowed": False,
            }
            for service in services
        ]
    }


async def list_tables(context: ToolContext, asked: arguments.ListTables) -> Content:
    """Return the tables that the caller may use, with their columns."""
    view = context.service(asked.service)
    names = [name for name in sorted(view.resources) if view.resources[name].grants]
    tables = [_table(context, asked.service, view.resources[name]) for name in names]
    if asked.counts:
        for table in tables[:_MOST_COUNTED]:
            if "GET" in table["verbs"]:
                table["row_count"] = await _count(context, asked.service, table["name"])
    return {"tables": tables}


def _table(context: ToolContext, service: str, resource: ResourceView) -> dict[str, Any]:
    options, transforms = context.surface.services[service].values, context.transforms(service)
    return {
        "name": resource.relation.name,
        "type": resource.relation.kind.value,
        "verbs": [verb.value for verb in Verb if resource.allows(verb)],
        "columns": [
            {
                "name": column.name,
                "type": json_type(shown_type(column, resource, transforms), options),
                **({"pk": True} if column.name in resource.public_key else {}),
            }
            for column in resource.relation.columns
            if column.name in resource.known
        ],
    }


async def _count(context: ToolContext, service: str, table: str) -> int:
    admission = admit(
        context.surface,
        context.caller.principal,
        TargetName(service=service, name=table),
        Verb.GET,
    )
    first = admission.grant.readable[0].replace('"', '""')
    query = {"fields": f'"{first}"', "limit": "1", "count": "true"}
    rows = await _perform(context, service, table, Verb.GET, query)
    return int(dict(_page(rows).meta)["total"])


async def describe_table(context: ToolContext, asked: arguments.DescribeTable) -> Content:
    """Return the columns, keys and references of a table, as far as the caller may know them."""
    context.trace.table = asked.table
    view = context.service(asked.service)
    resource = view.resources.get(asked.table)
    if resource is None or not resource.grants:
        # It says why not, and which names are similar.
        target = TargetName(service=asked.service, name=asked.table)
        resource = admit(context.surface, context.caller.principal, target, Verb.GET).resource
    options = context.surface.services[asked.service].values
    return describe(view, resource, options, context.transforms(asked.service))


async def query(context: ToolContext, asked: arguments.Query) -> Content:
    """Return rows, as many as fit."""
    limit = min(max(asked.limit, 1), arguments.MOST_ROWS)
    parameters = {
        "filter": asked.filter,
        "fields": _listed(asked.fields),
        "group": _listed(asked.group),
        "order": _listed(asked.order),
        "limit": str(limit),
        "offset": str(asked.offset),
        "count": "true" if asked.count else "",
    }
    rows = await _perform(context, asked.service, asked.table, Verb.GET, parameters)
    records, truncated = rows_within(_page(rows).rows)
    found = {"records": records, "count": len(records), "limit": limit, "offset": asked.offset}
    if asked.count:
        found["total"] = int(dict(_page(rows).meta)["total"])
    following = asked.offset + len(records)
    if truncated:
        found["truncated"] = True
        found["message"] = (
            f"{len(records)} of {row_count(rows)} rows fit into one result: ask for fewer fields, "
            f"or go on with offset={following}"
        )
    elif len(records) == limit:
        found["message"] = f"there may be more rows: go on with offset={following}"
    return found


async def insert(context: ToolContext, asked: arguments.Insert) -> Content:
    """Insert records; all of them or none."""
    body = msgspec.json.encode(asked.records)
    rows = await _perform(context, asked.service, asked.table, Verb.POST, {}, body)
    return _changed("inserted", rows)


async def update(context: ToolContext, asked: arguments.Update) -> Content:
    """Change the rows that match."""
    body = msgspec.json.encode(asked.record)
    parameters = {"filter": asked.filter}
    rows = await _perform(context, asked.service, asked.table, Verb.PATCH, parameters, body)
    return _changed("updated", rows)


async def delete(context: ToolContext, asked: arguments.Delete) -> Content:
    """Delete the rows that match."""
    parameters = {"filter": asked.filter}
    rows = await _perform(context, asked.service, asked.table, Verb.DELETE, parameters)
    return {"deleted": row_count(rows)}


def _changed(word: str, rows: Rows) -> dict[str, Any]:
    items = rows.items if isinstance(rows, Written) else ()
    returned = [item for item in items or () if isinstance(item, bytes)]
    records, truncated = rows_within(b",".join(returned))
    count = row_count(rows)
    found = {word: records, "count": count}
    if truncated:
        found["message"] = f"{count} rows were written; {len(records)} of them fit into the result"
    return found


def _page(rows: Rows) -> RowPage:
    if isinstance(rows, RowPage):
        return rows
    raise TypeError(f"a read of a list returned {type(rows).__name__}")


def _listed(items: tuple[str, ...] | str) -> str:
    return items if isinstance(items, str) else ",".join(items)


async def _perform(  # noqa: PLR0913, PLR0917 - an operation has as many parts
    context: ToolContext,
    service: str,
    table: str,
    verb: Verb,
    parameters: Mapping[str, str],
    body: bytes = b"",
) -> Rows:
    trace = context.trace
    trace.service, trace.table, trace.action = service, table, verb.value
    operation = Operation(
        target=TargetName(service=service, name=table),
        verb=verb,
        query=urlencode({name: value for name, value in parameters.items() if value}),
        key=None,
        headers=_JSON,
        receive=lambda: body,
        typed=True,
    )
    rows = await perform(context.generation, context.caller, operation)
    trace.rows = row_count(rows)
    return rows
