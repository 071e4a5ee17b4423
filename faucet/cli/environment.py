"""The environment variables of the command line; the only module of it that reads them."""

import os


def variable(name: str) -> str | None:
    """Return the variable, or None where it is not set or empty."""
    return os.environ.get(name) or None  # noqa: TID251 - the command line may, and does it here alone
