"""The schemas of one relation: rows, and the bodies of each verb. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from faucet.control.compile.openapi_types import (
    Schema,
    body_schema,
    column_schema,
    literal_default,
    value_schema,
)
from faucet.control.compile.openapi_view import Body, Visible
from faucet.model.catalog import Column
from faucet.model.facts import TransformFacts
from faucet.model.settings import ValueOptions
from faucet.model.surface import Verb

_BODY_NAMES: Final[Mapping[Verb, str]] = {
    Verb.POST: "new",
    Verb.PUT: "replacement",
    Verb.PATCH: "change",
}


class Forms(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that decide the form of values in one service."""

    values: ValueOptions
    transforms: Mapping[str, TransformFacts]


def reference(name: str, **beside: object) -> Schema:
    """Return a reference to the component schema *name*, narrowed by the keywords *beside* it."""
    return {"$ref": f"#/components/schemas/{name}", **beside}


def row_name(token: str) -> str:
    """Return the component name of a row."""
    return f"{token}.row"


def body_name(token: str, verb: Verb) -> str:
    """Return the component name of the body of *verb*."""
    return f"{token}.{_BODY_NAMES[verb]}"


def relation_schemas(relation: Visible, token: str, forms: Forms) -> Iterator[tuple[str, Schema]]:
    """Yield the component schemas of *relation* by name."""
    if relation.reads:
        yield row_name(token), _row(relation, forms)
    for verb, body in relation.bodies.items():
        yield body_name(token, verb), _body(relation, verb, body, forms)


def key_schema(relation: Visible, forms: Forms) -> Schema:
    """Return the schema of the key in the path; composite keys are strings."""
    if not relation.reads or len(relation.key) != 1:
        return {"type": "string"}
    (name,) = relation.key
    column = next(column for column in relation.columns if column.name == name)
    return value_schema(column.type, forms.values)


def key_item_schema(relation: Visible, forms: Forms) -> Schema:
    """Return the schema of one of a body's `ids`."""
    if len(relation.key) != 1:
        size = len(relation.key)
        return {"type": "array", "minItems": size, "maxItems": size, "items": {}}
    return key_schema(relation, forms) if relation.reads else {}


def key_record_schema(relation: Visible, forms: Forms) -> Schema:
    """Return the schema of a record that selects a row by its key; it may have other members."""
    if not relation.reads:
        return {"type": "object"}
    types = {each.name: each.type for each in relation.columns}
    properties = {name: value_schema(types[name], forms.values) for name in relation.key}
    return {"type": "object", "required": list(relation.key), "properties": properties}


def _row(relation: Visible, forms: Forms) -> Schema:
    properties = {column.name: _cell(column, relation, forms) for column in relation.columns}
    return _with_description({"type": "object", "properties": properties}, relation.description)


def _cell(column: Column, relation: Visible, forms: Forms) -> Schema:
    mask = relation.masks.get(column.name)
    facts = forms.transforms[mask] if mask is not None else None
    schema = column_schema(column, forms.values, facts)
    if column.name not in relation.written:
        schema = {**schema, "readOnly": True}
    return _with_description(schema, relation.descriptions.get(column.name))


def _with_description(schema: Schema, description: str | None) -> Schema:
    return {**schema, "description": description} if description else schema


def _with_default(schema: Schema, column: Column, forms: Forms) -> Schema:
    """
    Return *schema* with the default of *column* in words.

    Generators of clients make a property with the keyword `default` required.
    """
    default = literal_default(column, forms.values)
    if default is UNSET:
        return schema
    words = f"Default: {msgspec.json.encode(default).decode()}."
    described = schema.get("description")
    return {**schema, "description": f"{described} {words}" if described else words}


def _member(column: Column, relation: Visible, verb: Verb, forms: Forms) -> Schema:
    """Return the schema of *column* in the body of *verb*, where a preset one is overwritten."""
    is_preset = column.name in relation.bodies[verb].preset
    schema = body_schema(column, forms.values)
    if is_preset:
        schema = {**schema, "readOnly": True}
    readable = next((each for each in relation.columns if each.name == column.name), None)
    if readable is None:
        return schema
    schema = _with_description(schema, relation.descriptions.get(column.name))
    if verb is Verb.PATCH or is_preset or column.name in relation.masks:
        return schema
    return _with_default(schema, column, forms)


def _body(relation: Visible, verb: Verb, body: Body, forms: Forms) -> Schema:
    readable = {column.name: column for column in relation.columns}
    whole = verb is not Verb.PATCH
    properties: dict[str, object] = {
        column.name: _member(column, relation, verb, forms) for column in body.columns
    }
    made: Schema = {"type": "object", "properties": properties}
    if verb is not Verb.POST and relation.reads:
        for name in relation.key:
            properties.setdefault(name, body_schema(readable[name], forms.values))
    if verb is Verb.PATCH:
        made["minProperties"] = 1
    if relation.reads or verb is Verb.POST:
        made["additionalProperties"] = False
    if whole and (required := _required(relation, verb, body)):
        made["required"] = required
    return made


def _required(relation: Visible, verb: Verb, body: Body) -> list[str]:
    """
    Return the columns that neither the database nor a preset fills; a replaced row keeps its key.
    """
    return [
        column.name
        for column in body.columns
        if column.name in body.writable
        and not column.nullable
        and column.default is None
        and not column.auto_increment
        and not (verb is Verb.PUT and column.name in relation.key)
    ]
