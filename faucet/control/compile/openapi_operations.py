"""The operations of one relation: its two paths and their verbs. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.control.compile.openapi_parts import error_answers, headers, parameter
from faucet.control.compile.openapi_schemas import (
    Forms,
    body_name,
    key_item_schema,
    key_record_schema,
    key_schema,
    reference,
    row_name,
)
from faucet.control.compile.openapi_types import Schema
from faucet.control.compile.openapi_view import Visible
from faucet.model.parameters import PARAMETERS, Need
from faucet.model.routes import ROUTES, RouteName
from faucet.model.surface import Permission, Verb

_SUMMARIES: Final[Mapping[Verb, tuple[str, str]]] = {
    Verb.GET: ("List rows.", "Read one row."),
    Verb.POST: ("Insert rows.", ""),
    Verb.PUT: ("Replace rows.", "Replace one row."),
    Verb.PATCH: ("Change rows.", "Change one row."),
    Verb.DELETE: ("Delete rows.", "Delete one row."),
}
_LISTED: Final = ROUTES[RouteName.RECORDS]
_SINGLE: Final = ROUTES[RouteName.RECORD]
_READ_ERRORS: Final = error_answers(writes=False)
_WRITE_ERRORS: Final = error_answers(writes=True)
_HEADERS: Final = headers()
_LOCATION: Final = headers(
    Location={"schema": {"type": "string"}, "description": "For a single row."}
)


class DocumentedRelation(msgspec.Struct, frozen=True, kw_only=True):
    """A relation in a document: *token* starts its component names and operation ids."""

    service: str
    relation: Visible
    token: str
    forms: Forms

    @property
    def tag(self) -> str:
        """Return the name by which programs group the operations of the relation."""
        return f"{self.service}.{self.relation.name}"

    @property
    def row(self) -> Schema:
        """Return the schema of a returned row, or of the keys that a POST created."""
        return reference(row_name(self.token)) if self.relation.reads else {"type": "object"}


def limit_name(grant: Permission) -> str:
    """Return the component name of the grant's `limit`."""
    return f"limit.{grant.limits.page_default}.{grant.limits.page_max}"


def relation_paths(place: DocumentedRelation) -> Mapping[str, object]:
    """Return the paths of the relation with the operations that are granted."""
    names = {"service": place.service, "table": place.relation.name}
    paths: dict[str, object] = {_LISTED.path(**names): _collection(place)}
    single = [verb for verb in place.relation.verbs if verb in _SINGLE.operations]
    if place.relation.key and single:
        paths[_SINGLE.path(**names)] = _record(place, single)
    return paths


def _collection(place: DocumentedRelation) -> Schema:
    return {
        verb.lower(): _operation(
            place,
            verb,
            parameters=_listed_parameters(place.relation, verb, grant),
            body=_bodies(place, verb, grant),
            answers=_listed_answers(place, verb),
        )
        for verb, grant in place.relation.verbs.items()
    }


def _record(place: DocumentedRelation, verbs: list[Verb]) -> Schema:
    key = ", ".join(place.relation.key) if place.relation.reads else ""
    named = f": {key}" if len(place.relation.key) > 1 and key else ""
    item: Schema = {
        "parameters": [
            {
                "name": "id",
                "in": "path",
                "required": True,
                "description": (
                    f"The primary key; the parts of a composite key are separated by commas{named}."
                ),
                "schema": key_schema(place.relation, place.forms),
            }
        ]
    }
    fields = [parameter("fields")] if place.relation.reads else []
    for verb in verbs:
        item[verb.lower()] = _operation(
            place,
            verb,
            parameters=fields,
            body=_body(reference(body_name(place.token, verb)))
            if verb in place.relation.bodies
            else {},
            answers=_single_answers(place, verb),
            single=True,
        )
    return item


def _operation(  # noqa: PLR0913
    place: DocumentedRelation,
    verb: Verb,
    *,
    parameters: list[dict[str, object]],
    body: Schema,
    answers: Schema,
    single: bool = False,
) -> Schema:
    listed, one = _SUMMARIES[verb]
    operations = (_SINGLE if single else _LISTED).operations
    made: Schema = {
        "operationId": f"{place.token}.{operations[verb]}",
        "summary": one if single else listed,
        "tags": [place.tag],
    }
    if place.relation.description:
        made["description"] = place.relation.description
    if parameters:
        made["parameters"] = parameters
    if body:
        made["requestBody"] = body
    errors = _READ_ERRORS if verb is Verb.GET else _WRITE_ERRORS
    made["responses"] = {**answers, **errors}
    return made


def _listed_parameters(relation: Visible, verb: Verb, grant: Permission) -> list[dict[str, object]]:
    met = {
        Need.NOTHING: True,
        Need.READ: relation.reads,
        Need.KEY: bool(relation.key),
        Need.AGGREGATE: grant.aggregate,
    }
    named = {"limit": limit_name(grant)}
    if verb is Verb.GET and grant.aggregate:
        named["fields"] = "aggregates"
    return [
        parameter(named.get(name, name))
        for name, each in PARAMETERS.items()
        if verb in each.verbs and met[each.need]
    ]


def _bodies(place: DocumentedRelation, verb: Verb, grant: Permission) -> Schema:
    if verb is Verb.GET:
        return {}
    if verb is Verb.DELETE:
        return _body(_selector(place, grant), required=False) if place.relation.key else {}
    record = reference(body_name(place.token, verb))
    keyed = _with_key(place, record) if verb is not Verb.POST else record
    listed = {"type": "array", "items": keyed, "minItems": 1, "maxItems": grant.limits.batch}
    # Without a key, PATCH selects by filter, and records of a list could not be identified.
    lists = [] if verb is Verb.PATCH and not place.relation.key else [listed]
    single = keyed if verb is Verb.PUT else record
    forms: list[Schema] = [single, *lists]
    if place.relation.enveloped:
        forms.append(_envelope(place, verb, {"anyOf": [single, *lists]} if lists else single))
    return _body({"anyOf": forms})


def _with_key(place: DocumentedRelation, record: Schema) -> Schema:
    """Return the body of a record of a list, which contains its key."""
    return {**record, "required": list(place.relation.key)} if place.relation.reads else record


def _envelope(place: DocumentedRelation, verb: Verb, resource: Schema) -> Schema:
    properties: Schema = {"resource": resource}
    if verb is Verb.PATCH:
        if place.relation.reads:
            properties["filter"] = {"type": "string"}
        if place.relation.key:
            properties["ids"] = _ids(place)
    return {"type": "object", "required": ["resource"], "properties": properties}


def _selector(place: DocumentedRelation, grant: Permission) -> Schema:
    """Return the body of DELETE: keys, or records of them."""
    key = key_record_schema(place.relation, place.forms)
    listed = {"type": "array", "items": key, "minItems": 1, "maxItems": grant.limits.batch}
    return {"type": "object", "properties": {"ids": _ids(place), "resource": listed}}


def _ids(place: DocumentedRelation) -> Schema:
    return {"type": "array", "items": key_item_schema(place.relation, place.forms)}


def _body(schema: Schema, *, required: bool = True) -> Schema:
    return {"required": required, "content": {"application/json": {"schema": schema}}}


def _listed_answers(place: DocumentedRelation, verb: Verb) -> Schema:
    if verb is Verb.GET:
        return {"200": _answer("A page of rows.", _list(place.row, "Meta"))}
    rows = _list({"anyOf": [place.row, reference("Error")]}, "WriteMeta", rows_always=False)
    if verb is not Verb.POST:
        return {"200": _answer("What was written.", rows)}
    return {
        "201": {**_answer("What was inserted.", rows), "headers": _LOCATION},
        "200": _answer("With `continue`, where a record failed.", rows),
    }


def _single_answers(place: DocumentedRelation, verb: Verb) -> Schema:
    counted: Schema = {
        "type": "object",
        "required": ["meta"],
        "properties": {"meta": reference("WriteMeta")},
    }
    if verb is Verb.GET:
        return {"200": _answer("The row.", place.row)}
    if not place.relation.reads:
        return {"200": _answer("How many rows were written.", counted)}
    return {"200": _answer("The row, or how many were written.", {"anyOf": [place.row, counted]})}


def _list(row: Schema, meta: str, *, rows_always: bool = True) -> Schema:
    return {
        "type": "object",
        "required": ["resource", "meta"] if rows_always else ["meta"],
        "properties": {"resource": {"type": "array", "items": row}, "meta": reference(meta)},
    }


def _answer(description: str, schema: Schema) -> Schema:
    return {
        "description": description,
        "headers": _HEADERS,
        "content": {"application/json": {"schema": schema}},
    }
