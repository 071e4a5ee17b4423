"""The parts of a document that are the same for every role: errors, parameters, envelopes. Pure."""

from collections.abc import Mapping
from typing import Final

from faucet import errors
from faucet.errors import ErrorKind
from faucet.model.bounds import MOST_FILTER_BYTES

_READ_STATUSES: Final = (400, 401, 403, 404, 414, 500, 503, 504)
_WRITE_STATUSES: Final = tuple(sorted((*_READ_STATUSES, 409, 413, 415)))
_HEADERS: Final[Mapping[str, object]] = {
    "X-Request-ID": {"$ref": "#/components/headers/RequestId"},
    "X-Faucet-Generation": {"$ref": "#/components/headers/Generation"},
}

LISTED_WRITE: Final = ("rollback", "continue")


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
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, ErrorKind)]
    by_status: dict[int, list[str]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind.type)
    made: dict[str, object] = {"Error": _error_response("Any other error.", None, {})}
    for status in sorted(set(_WRITE_STATUSES)):
        types = sorted(by_status[status])
        more = {"WWW-Authenticate": {"schema": {"type": "string"}}} if status == 401 else {}  # noqa: PLR2004
        if status == 503:  # noqa: PLR2004
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
                "required": ["code", "type", "message"],
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


def _query(name: str, description: str, **schema: object) -> dict[str, object]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


PARAMETERS: Final[Mapping[str, object]] = {
    "fields": _query(
        "fields", "Columns to return, separated by commas; `*` for all.", type="string"
    ),
    "aggregates": _query(
        "fields",
        "Columns and functions (SUM, COUNT, AVG, MIN, MAX), each optionally `AS alias`, "
        "separated by commas; `*` for all columns.",
        type="string",
    ),
    "filter": _query(
        "filter",
        "Which rows: comparisons joined by AND, OR and NOT, strings in single quotes.",
        type="string",
        maxLength=MOST_FILTER_BYTES,
    ),
    "order": _query(
        "order",
        (
            "Columns to sort by, separated by commas; a leading "
            "`-` or a trailing DESC sorts descending."
        ),
        type="string",
    ),
    "group": _query("group", "Columns to group by, separated by commas.", type="string"),
    "ids": _query(
        "ids",
        "Primary key values, separated by commas; in single quotes where they hold a comma, "
        "composite ones as `(a,b)`.",
        type="string",
    ),
    "offset": _query("offset", "Rows to skip.", type="integer", minimum=0, default=0),
    "count": _query("count", "Whether to count the rows of all pages.", type="boolean"),
    "all": _query("all", "Write every row that may be written.", type="boolean"),
    "rollback": _query(
        "rollback",
        "Write all records or none, which is the default; overrides `continue`.",
        type="boolean",
    ),
    "continue": _query(
        "continue", "Continue after a record that fails, and report which failed.", type="boolean"
    ),
}


def limit_parameter(default: int, most: int) -> dict[str, object]:
    """Return the `limit` of a grant whose pages have *default* rows and at most *most*."""
    return _query(
        "limit",
        f"Rows per page; 0 means the maximum, {most}.",
        type="integer",
        minimum=0,
        default=default,
    )
