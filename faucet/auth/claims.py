"""The content of a verified token: validity, audience, role and claims. Pure."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from faucet.auth.token import TokenError
from faucet.errors import AMBIGUOUS_ROLE, NO_ROLE, AuthorizationError
from faucet.model.json_object import JsonTree
from faucet.model.request import ClaimValue
from faucet.model.settings import JwtSettings

Payload = Mapping[str, JsonTree]

_YEAR_9999: Final = 253_402_300_799
_SCALAR: Final = None | bool | int | float | Decimal | str


class Validity(msgspec.Struct, frozen=True, kw_only=True):
    """When a token is valid, including leeway: from *start*, until before *end*."""

    start: float
    end: float

    def __contains__(self, now: float) -> bool:
        return self.start <= now < self.end


def validity(payload: Payload, leeway: float) -> Validity:
    """
    Return when *payload* is valid; raises `TokenError` if a date is missing or not a usable number.

    `exp` is required. A token cannot be issued in the future, so `iat` is a start like `nbf`.
    """
    starts = [_date(payload, name) for name in ("nbf", "iat") if name in payload]
    return Validity(start=max(starts, default=0) - leeway, end=_date(payload, "exp") + leeway)


def _date(payload: Payload, name: str) -> float:
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenError(f"{name} is not a number")
    if not 0 <= value <= _YEAR_9999:
        raise TokenError(f"{name} is out of range")
    return value


def is_for(payload: Payload, audience: str) -> bool:
    """Whether `aud` is *audience*, or a list of strings that contains it."""
    stated = payload.get("aud")
    if isinstance(stated, list):
        return all(isinstance(one, str) for one in stated) and audience in stated
    return stated == audience


def role_of(payload: Payload, settings: JwtSettings, roles: frozenset[str]) -> str:
    """
    Return the one role of *payload*, out of *roles*.

    Raises `AuthorizationError`: NO_ROLE if the claim is absent or maps to no role of the manifest,
    AMBIGUOUS_ROLE if a list maps to more than one.
    """
    stated = _at(payload, settings.role_claim)
    texts = [
        one for one in (stated if isinstance(stated, list) else [stated]) if isinstance(one, str)
    ]
    mapped = texts if settings.roles is None else map(settings.roles.get, texts)
    found = [role for role in set(mapped) if role in roles]
    if not found:
        raise AuthorizationError(NO_ROLE)
    if len(found) > 1:
        raise AuthorizationError(AMBIGUOUS_ROLE)
    return found[0]


def _at(payload: Payload, path: str) -> JsonTree:
    """Return the value at *path*, a dotted path or a JSON pointer through objects, or None."""
    node: JsonTree = dict(payload)
    for step in _steps(path):
        if not isinstance(node, dict):
            return None
        node = node.get(step)
    return node


def _steps(path: str) -> list[str]:
    if not path.startswith("/"):
        return path.split(".")
    return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]


def principal_name(payload: Payload, provider: str) -> str | None:
    """Return ``jwt:PROVIDER:SUB``, or None without a `sub`: rules on the name then deny."""
    subject = payload.get("sub")
    return f"jwt:{provider}:{subject}" if isinstance(subject, str) and subject else None


def usable_claims(payload: Payload, allowed: frozenset[str] | None) -> Mapping[str, ClaimValue]:
    """Return the scalars, and lists of scalars, among *allowed* (None: all), for use in rules."""
    return dict(_usable(payload, allowed))


def _usable(payload: Payload, allowed: frozenset[str] | None) -> Iterator[tuple[str, ClaimValue]]:
    for name, value in payload.items():
        if allowed is not None and name not in allowed:
            continue
        if isinstance(value, list):
            scalars = tuple(item for item in value if isinstance(item, _SCALAR))
            if len(scalars) == len(value):
                yield name, scalars
        elif isinstance(value, _SCALAR):
            yield name, value
