"""`${env:NAME}`: environment variables."""

import os
from typing import Final

from faucet.extension.secret_source import SecretReference, SecretSource
from faucet.secret import Secret


def _fetch(reference: SecretReference) -> Secret | None:
    value = os.environ.get(reference.name)
    return None if value is None else Secret(value)


def _path(_reference: SecretReference) -> str | None:
    return None


ENV: Final = SecretSource(scheme="env", fetch=_fetch, path=_path)
