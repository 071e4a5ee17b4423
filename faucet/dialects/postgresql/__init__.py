"""PostgreSQL 13 or newer, through psycopg."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from faucet.dialects.postgresql.dsn import DSN
from faucet.errors import ExecutionError
from faucet.extension.dialect import Dialect, Wanted
from faucet.extension.executor import Executor
from faucet.model.catalog import Catalog
from faucet.model.facts import DialectFacts
from faucet.model.settings import ServiceSettings

if TYPE_CHECKING:
    from faucet.executors.postgresql_session import Session
    from faucet.extension.sql_forms import SqlForms

_DEFAULT_SCHEMA: Final = "public"


def _forms() -> "SqlForms":
    from faucet.dialects.postgresql.forms import PostgresForms  # noqa: PLC0415

    return PostgresForms()


def _introspect(dsn: str, wanted: Wanted) -> Catalog:
    from faucet.dialects.postgresql.introspection import introspect  # noqa: PLC0415

    return introspect(dsn, wanted, wanted.schema or _DEFAULT_SCHEMA)


def _session(service: ServiceSettings) -> "Session":
    from faucet.dialects.postgresql.session import Pins, session_of  # noqa: PLC0415

    pins = Pins(
        schema=service.schema or _DEFAULT_SCHEMA,
        statement_timeout=service.limits.statement_timeout,
        connect_timeout=service.pool.acquire_timeout,
        read_only=service.read_only,
        pooled=service.pooled,
    )
    return session_of(service.dsn.reveal(), pins)


def _executor(service: ServiceSettings) -> Executor:
    from faucet.dialects.postgresql.errors import failure  # noqa: PLC0415
    from faucet.executors.postgresql_pool import PoolExecutor  # noqa: PLC0415

    return PoolExecutor(
        lambda: _session(service),
        service.pool,
        statement_timeout=service.limits.statement_timeout,
        failure=partial(failure, expose_raise=service.expose_raise),
    )


async def _listen(service: ServiceSettings, changed: Callable[[], None]) -> None:
    from psycopg import Error  # noqa: PLC0415

    from faucet.dialects.postgresql.errors import classify  # noqa: PLC0415
    from faucet.executors.postgresql_notices import listen  # noqa: PLC0415

    try:
        await listen(_session(service), service.pool.acquire_timeout, changed)
    except Error as error:
        reason = error.diag.message_primary
        raise ExecutionError(classify(error)).because(reason) from error


POSTGRESQL: Final = Dialect(
    facts=DialectFacts(
        name="postgres",
        dsn=DSN,
        array_parameters=True,
        returning=True,
        aliases=("postgresql",),
        default_schema=_DEFAULT_SCHEMA,
        pooled=True,
    ),
    forms=_forms,
    introspect=_introspect,
    executor=_executor,
    listen=_listen,
)
