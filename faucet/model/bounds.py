"""Bounds that several stages use, each defined once. Pure."""

from typing import Final

MOST_PORT: Final = 65_535
LEAST_SECRET_BYTES: Final = 32
"""The minimum length of an HMAC secret: the digest of HS256."""
MOST_FILTER_BYTES: Final = 16 * 1024
SAFE_INTEGER: Final = 2**53
"""Up to here a double represents every integer, so that JavaScript reads it unchanged."""


def is_short_secret(secret: str) -> bool:
    """Return whether *secret* is too short to sign with."""
    return len(secret.encode()) < LEAST_SECRET_BYTES
