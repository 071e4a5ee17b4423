"""Checks of a request's head that its parser leaves to the server: framing and target. Pure."""

import re
from collections.abc import Sequence
from typing import Final

RawHeaders = Sequence[tuple[bytes, bytes]]

_VERSIONS: Final = frozenset({"1.0", "1.1"})
# RFC 3986: reg-name, IPv4 or an IPv6 literal in brackets, and a port; or nothing (RFC 9112, 3.2).
_HOST: Final = re.compile(
    rb"(?:(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(?::([0-9]{0,5}))?)?"
)
_MOST_PORT: Final = 65_535


class FramingError(Exception):
    """A head about which this server and a proxy before it could disagree."""


def check_head(version: str, target: bytes, headers: RawHeaders) -> None:
    """
    Raise `FramingError` unless the head of a request has one meaning.

    *headers* have lower-case names. The rules are those of RFC 9112: HTTP/1.0 or 1.1, the target in
    origin form, one valid ``Host``, and no transfer coding but ``chunked``. The parser has refused
    conflicting lengths.
    """
    if version not in _VERSIONS:
        raise FramingError("HTTP version")
    if not target.startswith(b"/"):
        raise FramingError("request target")
    _check_host(version, [value for name, value in headers if name == b"host"])
    codings = [value for name, value in headers if name == b"transfer-encoding"]
    if codings and (version == "1.0" or [each.strip().lower() for each in codings] != [b"chunked"]):
        raise FramingError("transfer coding")


def _check_host(version: str, hosts: Sequence[bytes]) -> None:
    missing = not hosts and version == "1.1"
    if missing or len(hosts) > 1 or not all(map(_is_host, hosts)):
        raise FramingError("Host")


def _is_host(value: bytes) -> bool:
    found = _HOST.fullmatch(value)
    return found is not None and int(found[1] or 0) <= _MOST_PORT
