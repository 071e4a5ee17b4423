"""The route of a raw path. Pure; knows patterns, not services or tables."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from faucet.errors import INVALID_PATH, RequestError
from faucet.model.routes import ROUTES, Route, RouteName
from faucet.names import RESERVED_NAMES
from faucet.request.percent import decode, is_plain

# A key is split at its commas before it is decoded; see `key_parts`.
_RAW: Final = "id"
_REST: Final = ":path"
_LONGEST_KEPT: Final = 256
_MOST_SEGMENTS: Final = 32


class RouteMatch(msgspec.Struct, frozen=True, kw_only=True):
    """A route with the parameters of a path, decoded except for the key of a record (``id``)."""

    route: Route
    parameters: Mapping[str, str]


class _Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """
    A route's pattern in parts: the positions of its fixed segments and of its parameters.

    *rest* is the position and name of a parameter that takes all remaining segments.
    """

    route: Route
    length: int
    fixed: tuple[tuple[int, str], ...]
    parameters: tuple[tuple[int, str], ...]
    rest: tuple[int, str] | None

    def match(self, raw: list[str], segments: list[str]) -> RouteMatch | None:
        if len(segments) != self.length and (self.rest is None or len(segments) < self.length):
            return None
        for position, text in self.fixed:
            if segments[position] != text:
                return None
        found = {
            name: raw[position] if name == _RAW else segments[position]
            for position, name in self.parameters
        }
        if self.rest is not None:
            position, name = self.rest
            found[name] = _file_path(segments[position:])
        if not all(found.values()) or found.get("service") in RESERVED_NAMES:
            return None
        return RouteMatch(route=self.route, parameters=found)


def _file_path(segments: list[str]) -> str:
    """Return the segments as one relative path; empty if one would leave its folder."""
    # An encoded slash or a dot segment would leave the folder of assets.
    if any(segment in {"", ".", ".."} or {*segment} & {"/", "\\"} for segment in segments):
        return ""
    return "/".join(segments)


def _pattern(route: Route) -> _Pattern:
    segments = route.pattern[1:].split("/")
    named = [(at, text.strip("{}")) for at, text in enumerate(segments) if text.startswith("{")]
    rest = [(at, text.removesuffix(_REST)) for at, text in named if text.endswith(_REST)]
    return _Pattern(
        route=route,
        length=len(segments),
        fixed=tuple((at, text) for at, text in enumerate(segments) if not text.startswith("{")),
        parameters=tuple(part for part in named if not part[1].endswith(_REST)),
        rest=rest[0] if rest else None,
    )


_PATTERNS: Final = {name: _pattern(route) for name, route in ROUTES.items()}
_OPEN_ENDED: Final = tuple(each for each in _PATTERNS.values() if each.rest is not None)
_BY_LENGTH: Final = {
    length: tuple(each for each in _PATTERNS.values() if each.length == length)
    for length in range(max(each.length for each in _PATTERNS.values()) + 1)
}


def find_route(raw_path: str, matched: RouteName | None = None) -> RouteMatch | None:
    """
    Return the route of a path that is still percent-encoded, or None for an unknown one.

    Segments are split at ``/`` in the raw path, then decoded once. A trailing slash or an empty
    segment is unknown. *matched* is the route that a server found by the raw text; it is tried
    first, since an encoded letter or a doubled slash may have misled the server. Raises
    `RequestError` INVALID_PATH for a bad ``%``, bad UTF-8 and NUL.
    """
    find = _find if len(raw_path) > _LONGEST_KEPT else _find_kept
    return find(raw_path, matched)


def _find(raw_path: str, matched: RouteName | None) -> RouteMatch | None:
    # Only assets have paths of any length; decoding thousands of segments takes long.
    if not raw_path.startswith("/") or raw_path.count("/") > _MOST_SEGMENTS:
        return None
    raw = raw_path[1:].split("/")
    segments = raw if is_plain(raw_path) else [_decoded(segment) for segment in raw]
    if matched is not None and (found := _PATTERNS[matched].match(raw, segments)) is not None:
        return found
    for pattern in (*_BY_LENGTH.get(len(segments), ()), *_OPEN_ENDED):
        if (found := pattern.match(raw, segments)) is not None:
            return found
    return None


# Most requests have a path that was asked for before; what is kept is bounded by its length.
_find_kept: Final = lru_cache(maxsize=2048)(_find)


_ESCAPE: Final = re.compile("%(?:2[Cc]|25)")


def key_parts(raw_key: str, columns: int) -> tuple[str, ...]:
    """
    Return the parts of a key segment: split at ``,`` in the raw text, then decoded.

    So ``a%2Cb`` is one part, if the key has one column. If it has more, that is ``a,b`` from a
    client or proxy that encodes the comma, and is split after decoding; a comma inside a part is
    ``%2C`` and a ``%`` may be ``%25`` before that encoding. Raises `RequestError` INVALID_PATH as
    `find_route` does.
    """
    parts = tuple(_decoded(part) for part in raw_key.split(","))
    if columns == 1 or len(parts) > 1 or "," not in parts[0]:
        return parts
    return tuple(_ESCAPE.sub(_unescape, part) for part in parts[0].split(","))


def _unescape(found: re.Match[str]) -> str:
    return "," if found[0] != "%25" else "%"


def _decoded(segment: str) -> str:
    try:
        return decode(segment)
    except ValueError as fault:
        raise RequestError(INVALID_PATH, f"invalid path: {fault}") from None
