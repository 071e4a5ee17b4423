"""The JSON Schema of a manifest and its reference, both generated from the structs. Pure."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import msgspec

from faucet.model.manifest.sections import REFERENCE, Manifest

Schema = Mapping[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ID: Final = "urn:faucet:manifest:1"
_DEFINITIONS: Final = "#/$defs/"

# For fields whose default and type do not show what is meant.
_EXAMPLES: Final = {
    "Manifest.server": {"host": "127.0.0.1", "port": 8080},
    "Manifest.auth": {"anonymous": "visitor"},
    "Manifest.limits": {"page": {"max": 500}, "batch": 100},
    "Manifest.logging": {"level": "info", "format": "json"},
    "Manifest.services": {"shop": {"driver": "sqlite", "dsn": "sqlite:///shop.db"}},
    "Manifest.roles": {
        "visitor": {"grants": [{"service": "shop", "tables": ["products"], "verbs": ["GET"]}]}
    },
    "Manifest.keys": {"till-7": {"role": "clerk", "hash": ["${file:till-7.hash}"]}},
    "Auth.anonymous": "visitor",
    "Auth.jwt": {"own": {"algorithms": ["HS256"], "secret": "${env:FAUCET_AUTH_JWT_SECRET}"}},
    "JwtProvider.jwks": {"file": "keys.json"},
    "JwtProvider.issuer": "https://login.example.com",
    "JwtProvider.audience": "shop",
    "JwtProvider.role_claim": "realm.faucet",
    "JwtProvider.roles": {"Staff": "clerk"},
    "JwtProvider.claims": ["store_id"],
    "JwtProvider.algorithms": ["RS256"],
    "Jwks.file": "keys.json",
    "Limits.page": {"default": 25, "max": 1000},
    "Limits.batch": 100,
    "PageLimits.default": 25,
    "PageLimits.max": 1000,
    "Service.label": "Web shop",
    "Service.schema": "public",
    "Service.pool": {"size": 10},
    "Service.tables": {"include": ["*"], "exclude": ["tmp_*"]},
    "Service.limits": {"statement_timeout": "5s"},
    "Service.resources": {"orders": {"description": "One row per order."}},
    "Tables.include": ["*"],
    "Tables.exclude": ["tmp_*"],
    "Resource.description": "One row per order.",
    "Resource.fields": {"internal_note": {"hidden": True}},
    "Resource.primary_key": ["order_id"],
    "ResourceField.description": "In euro.",
    "Grant.service": "shop",
    "Grant.tables": ["orders", "order_*", "!order_drafts"],
    "Grant.verbs": ["GET", "POST"],
    "Grant.fields": ["*", "!cost"],
    "Grant.check": "store_id = {claims.store_id}",
    "Grant.write": ["status", "note"],
    "Grant.set": {"updated_by": "{principal.name}"},
    "Grant.mask": {"card_number": "last4"},
    "Grant.system": ["GET"],
    "Grant.limits": {"batch": 10},
    "Role.description": "Clerks work on the orders of their own store.",
    "Role.extends": ["visitor"],
    "Role.limits": {"page": {"max": 100}},
    "Role.grants": [{"service": "shop", "tables": ["orders"], "verbs": ["GET"]}],
    "Key.role": "clerk",
    "Key.hash": ["sha256:" + "0f3c" * 16],
    "Key.claims": {"store_id": 7},
    "Key.allow_from": ["192.0.2.0/24"],
    "Key.limits": {"page": {"max": 50}},
}


@cache
def manifest_schema(drivers: tuple[str, ...] = ()) -> Schema:
    """
    Return the schema, draft 2020-12; every field has title, description and examples.

    The structs allow any driver: with *drivers*, only those are valid.
    """
    schema = json.loads(json.dumps(msgspec.json.schema(Manifest)))
    definitions: dict[str, Any] = schema["$defs"]
    if drivers:
        driver = definitions["Service"]["properties"]["driver"]
        choice = {"description": driver["description"], "enum": list(drivers)}
        definitions["Service"]["properties"]["driver"] = choice
    for name, struct in definitions.items():
        for field, described in struct.get("properties", {}).items():
            struct["properties"][field] = _describe(name, field, described, definitions)
    root = definitions.pop("Manifest")
    return MappingProxyType({"$schema": _DIALECT, "$id": _ID, **root, "$defs": definitions})


def definition(node: Schema) -> Schema:
    """Return *node*, or the target of its ``$ref``."""
    reference = node.get("$ref")
    if reference is None:
        return node
    found: Schema = manifest_schema()["$defs"][reference.removeprefix(_DEFINITIONS)]
    return found


def reference_text(drivers: tuple[str, ...]) -> str:
    """Return `schema/README.md`: every field of the manifest, from the schema."""
    return "\n".join(_reference(manifest_schema(drivers))) + "\n"


def schema_text(drivers: tuple[str, ...]) -> str:
    """Return `schema/faucet.schema.json`, in which editors find the *drivers*."""
    return json.dumps(dict(manifest_schema(drivers)), indent=2) + "\n"


def _describe(
    struct: str, field: str, node: dict[str, Any], definitions: Mapping[str, Any]
) -> dict[str, Any]:
    title = field.replace("_", " ").capitalize()
    referenced = definitions.get(node.get("$ref", "").removeprefix(_DEFINITIONS), {})
    description = node.pop("description", None) or referenced.get("description", "")
    examples = node.pop("examples", None) or [_example(f"{struct}.{field}", node)]
    return {"title": title, "description": description, **node, "examples": examples}


def _example(name: str, node: Mapping[str, Any]) -> Any:
    if name in _EXAMPLES:
        return _EXAMPLES[name]
    if "default" in node:
        return node["default"]
    return node.get("enum", ("",))[0]


def _reference(schema: Schema) -> Iterator[str]:
    yield "# The manifest, field by field"
    yield ""
    yield "Generated by `make schema` from the structs in `faucet/model/manifest/`; do not edit."
    yield "Editors complete and validate a manifest whose first line is"
    yield "`# yaml-language-server: $schema=./schema/faucet.schema.json`."
    yield ""
    yield "A ¹ marks fields that accept `${env:NAME}`, `${env:NAME:-default}` and `${file:PATH}`."
    yield from _section("Manifest", schema)
    for name, node in schema["$defs"].items():
        yield from _section(name, node)


def _section(name: str, node: Schema) -> Iterator[str]:
    yield f"\n## {name}\n\n{node.get('description', '')}\n"
    yield "| field | type | default | meaning | example |"
    yield "| --- | --- | --- | --- | --- |"
    required = node.get("required", ())
    for field, described in node["properties"].items():
        default = "required" if field in required else _code(described, "default")
        mark = " ¹" if REFERENCE in json.dumps(described) else ""
        example = _cell(json.dumps(described["examples"][0], ensure_ascii=False))
        yield (
            f"| `{field}`{mark} | {_type(described)} | {default} | {described['description']} "
            f"| {example} |"
        )


def _code(node: Schema, key: str) -> str:
    # Defaults of nested sections are in their own section.
    if key not in node or "$ref" in node:
        return ""
    return _cell(json.dumps(node[key], ensure_ascii=False))


def _cell(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`"


def _type(node: Schema) -> str:
    if "$ref" in node:
        name = node["$ref"].removeprefix(_DEFINITIONS)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in node:
        return " or ".join(dict.fromkeys(_type(branch) for branch in node["anyOf"]))
    if "enum" in node:
        return ", ".join(_cell(json.dumps(value)) for value in node["enum"])
    if "items" in node:
        return f"list of {_type(node['items'])}"
    if isinstance(inner := node.get("additionalProperties"), dict):
        return f"mapping to {_type(inner)}"
    kind: str = node["type"]
    return "text" if kind == "string" else kind
