"""The parts of a document that are the same for every role: errors, parameters, envelopes. Pure."""

from collections.abc import Mapping
from typing import Final

from faucet import errors
from faucet.errors import UNAUTHORIZED, ErrorKind, Operations
from faucet.model.parameters import PARAMETERS, Parameter, ParameterKind

_KINDS: Final = tuple(kind for kind in vars(errors).values() if isinstance(kind, ErrorKind))


def _statuses(*operations: Operations) -> tuple[int, ...]:
    return tuple(sorted({kind.status for kind in _KINDS if kind.operations in operations}))


_READ_STATUSES: Final = _statuses(Operations.ALL)
_WRITE_STATUSES: Final = _statuses(Operations.ALL, Operations.WRITES)
_HEADERS: Final[Mapping[str, object]] = {
    "X-Request-ID": {"$ref": "#/components/headers/RequestId"},
    "X-Faucet-Generation": {"$ref": "#/components/headers/Generation"},
}


def headers(**more: object) -> dict[str, object]:
    """Return the headers of every response, and *more*."""
    return {**_HEADERS, **more}


def error_answers(*, writes: bool) -> dict[str, object]:
    """Return references to the error responses of a reading or a writing operation."""
    statuses = _WRITE_STATUSES if writes else _READ_STATUSES
    return {
        **{str(status): {"$ref": f"#/components/responses/Error{status}"} for status in statuses},
        "default": {"$ref": "#/components/responses/Error"},
    }


def parameter(name: str) -> dict[str, object]:
    """Return a reference to the query parameter *name*."""
    return {"$ref": f"#/components/parameters/{name}"}


def security_schemes(api_key_header: str) -> dict[str, object]:
    """Return the two ways to send a credential."""
    return {
        "apiKey": {"type": "apiKey", "in": "header", "name": api_key_header},
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A JSON Web Token, or an API key.",
        },
    }


def error_responses() -> dict[str, object]:
    """Return the error responses by component name, each with its possible types."""
    made: dict[str, object] = {"Error": _error_response("Any other error.", None, {})}
    for status in _WRITE_STATUSES:
        kinds = [kind for kind in _KINDS if kind.status == status]
        types = sorted(kind.type for kind in kinds)
        more = {"WWW-Authenticate": {"schema": {"type": "string"}}} if UNAUTHORIZED in kinds else {}
        if any(kind.retry_after is not None for kind in kinds):
            more = {"Retry-After": {"schema": {"type": "integer"}}}
        made[f"Error{status}"] = _error_response(", ".join(types), types, more)
    return made


def _error_response(
    description: str, types: list[str] | None, more: Mapping[str, object]
) -> dict[str, object]:
    schema: dict[str, object] = {"$ref": "#/components/schemas/Error"}
    if types is not None:
        narrowed = {"properties": {"error": {"properties": {"type": {"enum": types}}}}}
        schema = {"allOf": [schema, narrowed]}
    return {
        "description": description,
        "headers": headers(**more),
        "content": {"application/json": {"schema": schema}},
    }


_COUNT: Final = {"type": "integer", "minimum": 0}

SCHEMAS: Final[Mapping[str, object]] = {
    "Error": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "type", "message", "context"],
                "properties": {
                    "code": {"type": "integer"},
                    "type": {"type": "string"},
                    "message": {"type": "string"},
                    "context": {"type": "object"},
                    "request_id": {"type": "string"},
                },
            }
        },
    },
    "Meta": {
        "type": "object",
        "required": ["count", "took_ms"],
        "properties": {
            "count": _COUNT,
            "total": {**_COUNT, "description": "Across all pages; only with `count`."},
            "limit": {**_COUNT, "description": "The limit that was applied."},
            "offset": _COUNT,
            "took_ms": {"type": "number"},
        },
    },
    "WriteMeta": {
        "type": "object",
        "required": ["count", "took_ms"],
        "properties": {
            "count": _COUNT,
            "succeeded": {**_COUNT, "description": "With `continue`."},
            "failed": {**_COUNT, "description": "With `continue`."},
            "errors": {
                "type": "array",
                "items": _COUNT,
                "description": "With `continue`: the indexes of the records that failed.",
            },
            "took_ms": {"type": "number"},
        },
    },
    "Tables": {
        "type": "object",
        "required": ["resource"],
        "properties": {
            "resource": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "type"],
                    "properties": {
                        "name": {"type": "string"},
                        "type": {"enum": ["table", "view"]},
                    },
                },
            }
        },
    },
}

HEADERS: Final[Mapping[str, object]] = {
    "RequestId": {
        "description": "Identifies the request in logs; the caller's own id is kept.",
        "schema": {"type": "string"},
    },
    "Generation": {
        "description": "Number of the generation that answered.",
        "schema": {"type": "integer"},
    },
}


_MINIMUM: Final[Mapping[ParameterKind, Mapping[str, object]]] = {
    ParameterKind.NATURAL: {"minimum": 0}
}


def _query(parameter: Parameter, description: str, **more: object) -> dict[str, object]:
    kind = parameter.kind
    schema = {"type": kind.value, **_MINIMUM.get(kind, {}), **parameter.schema, **more}
    return {"name": parameter.name, "in": "query", "description": description, "schema": schema}


_FIELDS: Final = PARAMETERS["fields"]
_LIMIT: Final = PARAMETERS["limit"]
PARAMETER_PARTS: Final[Mapping[str, object]] = {
    "aggregates": _query(
        _FIELDS,
        "Columns and functions (SUM, COUNT, AVG, MIN, MAX), each optionally `AS alias`, "
        "separated by commas; `*` for all columns.",
    ),
    **{
        name: _query(each, each.description)
        for name, each in PARAMETERS.items()
        if each is not _LIMIT
    },
}


def limit_parameter(default: int, most: int) -> dict[str, object]:
    """Return the `limit` of a grant whose pages have *default* rows and at most *most*."""
    return _query(_LIMIT, _LIMIT.description.format(page_max=most), default=default)
