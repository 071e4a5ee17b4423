"""Structural faults of a document: JSON Schema's errors as diagnostics with a hint. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from faucet.control.first_errors import first_errors
from faucet.control.levels import misplaced_hint
from faucet.control.schema import manifest_schema
from faucet.control.type_hints import plain, quote, type_hint
from faucet.control.yaml_hints import odd_character
from faucet.diagnostics import Address, Diagnostic, dotted
from faucet.model.manifest.document import Tree
from faucet.model.manifest.sections import WHOLE_REFERENCE
from faucet.names import NAME_PATTERN, did_you_mean

_NAMES: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_DURATION: Final = "a duration with its unit, such as 500ms, 30s, 5m, 1h or 7d"
_SIZE: Final = "a size with its unit, such as 512KiB, 10MiB or 1GB"
_FORMS: Final = {
    NAME_PATTERN: "a name of a-z, 0-9, _ and -, starting with a letter, of up to 63 characters",
    WHOLE_REFERENCE: "an integer, or a single reference such as ${env:NAME}",
    "^[0-9]+(ms|s|m|h|d)$": _DURATION,
    "^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)$": _SIZE,
}
_SECRETS: Final = frozenset({"dsn", "hash", "secret"})
_UNQUOTING: Final = {"a list": "write it as a list: […]", "a string": "write it in quotes"}
# Other names of the verbs; by similarity, SELECT would become DELETE.
_VERBS: Final = {
    **dict.fromkeys(("SELECT", "READ", "LIST", "VIEW", "QUERY", "FETCH"), "GET"),
    **dict.fromkeys(("INSERT", "CREATE", "ADD"), "POST"),
    **dict.fromkeys(("UPDATE", "EDIT", "MODIFY", "CHANGE"), "PATCH"),
    **dict.fromkeys(("REPLACE", "UPSERT"), "PUT"),
    **dict.fromkeys(("REMOVE", "ERASE"), "DELETE"),
}

_Error = Any
"""`jsonschema.ValidationError`, which is only loaded when there is something to report."""


def structural_faults(tree: Tree, drivers: tuple[str, ...] = ()) -> tuple[Diagnostic, ...]:
    """
    Return in which ways *tree* violates the schema of a manifest, as `first_errors`.

    With *drivers*, services may have no others.
    """
    found = first_errors(_explain(_validator(drivers).iter_errors(tree)))
    # A misspelled key is not also reported as missing.
    meant = frozenset((one.address[:-1], one.hint) for one in found if one.code == "FCT1102")
    return tuple(one for one in found if one.code != "FCT1103" or not _is_meant(one, meant))


def _is_meant(missing: Diagnostic, meant: frozenset[tuple[Address, str]]) -> bool:
    key = missing.message.rpartition(" ")[2]
    return (missing.address, f"did you mean {key}?") in meant


@cache
def _validator(drivers: tuple[str, ...]) -> Any:
    # A manifest without faults does not need this import, which takes a tenth of a second.
    from jsonschema.validators import Draft202012Validator, extend  # noqa: PLC0415

    types = Draft202012Validator.TYPE_CHECKER.redefine(
        "array", lambda _checker, value: isinstance(value, tuple)
    )
    tolerant: Any = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    return tolerant(dict(manifest_schema(drivers)))


def _explain(errors: Iterable[_Error]) -> Iterator[Diagnostic]:
    for error in errors:
        address: Address = tuple(error.absolute_path)
        if error.validator == "anyOf":
            yield from _branch(error, address)
        elif "propertyNames" in error.schema_path:
            here = (*address, error.instance)
            message = f"{quote(error.instance)} must be {_form(error)}"
            yield Diagnostic(code="FCT1105", message=message, address=here, at_key=True)
        else:
            yield from _KEYWORDS[error.validator](error, address)


def _branch(error: _Error, address: Address) -> Iterator[Diagnostic]:
    """Explain by what the author meant: a choice, else the branch of the value's own type."""
    choices = [value for branch in error.validator_value for value in branch.get("enum", ())]
    if choices and not isinstance(error.instance, tuple | dict):
        yield no_choice(error.instance, choices, address)
        return
    branches: dict[int, list[_Error]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    for inner in branches.values():
        if not any(one.validator == "type" and not one.path for one in inner):
            yield from _explain(inner)
            return
    types = [_NAMES[branch["type"]] for branch in error.validator_value if "type" in branch]
    yield _wrong_type(error.instance, " or ".join(dict.fromkeys(types)), address)


def _type(error: _Error, address: Address) -> Iterator[Diagnostic]:
    expected = _NAMES[error.validator_value]
    pattern = error.schema.get("pattern")
    if pattern in _FORMS and isinstance(error.instance, int | float):
        expected = _FORMS[pattern]
    yield _wrong_type(error.instance, expected, address)


def _wrong_type(value: Tree, expected: str, address: Address) -> Diagnostic:
    kind, hint = _kind(value), type_hint(value, expected, address)
    if not _SECRETS.isdisjoint(address):
        # Neither quotes the value.
        kind = "a number" if kind.startswith("the number") else kind
        hint = _UNQUOTING.get(expected, "") if isinstance(value, str | int | float) else hint
    message = f"{dotted(address)} must be {expected}, not {kind}"
    return Diagnostic(code="FCT1101", message=message, hint=hint, address=address)


def _unknown(error: _Error, address: Address) -> Iterator[Diagnostic]:
    known = error.schema.get("properties", {})
    for key in error.instance:
        if key not in known:
            rest = sorted(set(known) - set(error.instance))
            yield Diagnostic(
                code="FCT1102",
                message=f"unknown key {quote(key)} in {dotted(address)}",
                hint=odd_character(key)
                or _close_colon(key, known)
                or did_you_mean(key, rest)
                or misplaced_hint(key, address)
                or f"allowed keys: {', '.join(known)}",
                address=(*address, key),
                at_key=True,
            )


def _close_colon(key: str, known: Mapping[str, object]) -> str:
    name, colon, _ = key.partition(":")
    return f"write a space after {name}:" if colon and name in known else ""


def _missing(error: _Error, address: Address) -> Iterator[Diagnostic]:
    for key in error.validator_value:
        if key not in error.instance:
            example = error.schema["properties"][key]["examples"][0]
            yield Diagnostic(
                code="FCT1103",
                message=f"{dotted(address)} must have the key {quote(key)}",
                hint=f"add {key}: {quote(example)}",
                address=address,
                at_key=True,
            )


def _choice(error: _Error, address: Address) -> Iterator[Diagnostic]:
    yield no_choice(error.instance, error.validator_value, address)


def no_choice(value: Tree, allowed: Iterable[object], address: Address) -> Diagnostic:
    """Return the diagnostic for a *value* that is not one of those *allowed*."""
    choices = [str(choice) for choice in allowed]
    meant = _meant(value, choices) if isinstance(value, str) else ""
    if isinstance(value, str) and choices == [value]:
        meant = f"write {value}, without quotes"
    one_of = "one of " if len(choices) > 1 else ""
    message = f"{dotted(address)} must be {one_of}{', '.join(choices)}"
    return Diagnostic(code="FCT1104", message=message, hint=meant, address=address)


def _meant(value: str, choices: list[str]) -> str:
    if odd := odd_character(value):
        return odd
    verb = _VERBS.get(value.upper()) if "GET" in choices else None
    if verb is None:
        return did_you_mean(value, choices)
    return f'did you mean "{verb}"?' if verb in choices else ""


def _pattern(error: _Error, address: Address) -> Iterator[Diagnostic]:
    message = f"{dotted(address)} must be {_form(error)}"
    digits = error.instance if error.validator_value == WHOLE_REFERENCE else ""
    hint = f"write {digits}, without quotes" if digits.isdecimal() else ""
    yield Diagnostic(code="FCT1105", message=message, hint=hint, address=address)


def _empty(_error: _Error, address: Address) -> Iterator[Diagnostic]:
    yield Diagnostic(
        code="FCT1106",
        message=f"{dotted(address)} is empty, which is ambiguous: it could mean all or none",
        hint="write a value, or remove the key",
        address=address,
    )


def _range(error: _Error, address: Address) -> Iterator[Diagnostic]:
    sign = "at least" if error.validator.startswith("min") else "at most"
    what = f"have {sign} {error.validator_value} items"
    if not error.validator.endswith("Items"):
        what = f"be {sign} {error.validator_value}"
    message = f"{dotted(address)} must {what}"
    yield Diagnostic(code="FCT1107", message=message, address=address)


_KEYWORDS: Final[Mapping[str, Callable[[_Error, Address], Iterator[Diagnostic]]]] = {
    "type": _type,
    "additionalProperties": _unknown,
    "required": _missing,
    "enum": _choice,
    "const": _choice,
    "pattern": _pattern,
    "minLength": _empty,
    "minItems": _empty,
    "minProperties": _empty,
    "minimum": _range,
    "maximum": _range,
    "maxItems": _range,
}


def _form(error: _Error) -> str:
    return _FORMS.get(error.validator_value, f"a string of the form {error.validator_value}")


def _kind(value: Tree) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {plain(str(value))}"
        case str():
            return "a string"
        case tuple():
            return "a list"
        case _:
            return "a mapping"
