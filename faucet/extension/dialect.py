"""The dialect slot: facts and deviations of one database, as one frozen value."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec

from faucet.extension.executor import Executor
from faucet.model.catalog import Catalog
from faucet.model.facts import DialectFacts
from faucet.model.settings import ServiceSettings

if TYPE_CHECKING:  # it imports SQLAlchemy, which `faucet check` does not need
    from faucet.extension.sql_forms import SqlForms


Listen = Callable[[ServiceSettings, Callable[[], None]], Awaitable[None]]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """
    What to introspect: relations of *schema* (None: the dialect's default).

    *immutable* and *pooled* as in `ServiceSettings`.
    """

    schema: str | None
    timeout: float = 10.0
    immutable: bool = False
    pooled: bool = False


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """
    One database. SQLAlchemy and drivers load on first use: importing a dialect needs neither.
    """

    facts: DialectFacts
    forms: "Callable[[], SqlForms]"
    introspect: Callable[[str, Wanted], Catalog]
    """
    Open *dsn*, read its catalog, close. Blocking. Raises `ExecutionError` DATABASE_UNAVAILABLE.
    """
    executor: Callable[[ServiceSettings], Executor]
    """Create an executor; it connects on first use."""
    listen: Listen | None = None
    """
    Call back once it listens, and whenever the database announces that its catalog has changed,
    until the connection ends. Raises `ExecutionError`. None: this database announces nothing.
    """
