"""Settings of services for tests that reach databases."""

from typing import Any

import msgspec

from faucet.model.limits import LimitSettings
from faucet.model.manifest.sections import Tables
from faucet.model.settings import PoolSettings, ServiceSettings, ValueOptions
from faucet.secret import Secret


def service(dialect: str, dsn: str, **changes: Any) -> ServiceSettings:
    """Return the service `shop`; `pool`, `tables` and `limits` may be given as plain dicts."""
    for name, kind in (("pool", PoolSettings), ("tables", Tables), ("limits", LimitSettings)):
        if name in changes:
            changes[name] = msgspec.convert(changes[name], kind)
    made = ServiceSettings(
        name="shop",
        dialect=dialect,
        dsn=Secret(dsn),
        label=None,
        schema=None,
        required=False,
        read_only=False,
        pool=PoolSettings(),
        tables=Tables(),
        values=ValueOptions(),
        resources={},
        limits=LimitSettings(),
    )
    return msgspec.structs.replace(made, **changes)
