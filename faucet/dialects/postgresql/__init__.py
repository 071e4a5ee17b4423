"""PostgreSQL 13 or newer, through psycopg."""

from typing import TYPE_CHECKING, Final

from faucet.dialects.postgresql.dsn import DSN
from faucet.extension.dialect import Dialect, Wanted
from faucet.extension.executor import Executor
from faucet.model.catalog import Catalog
from faucet.model.facts import DialectFacts
from faucet.model.settings import ServiceSettings

if TYPE_CHECKING:
    from faucet.extension.sql_forms import SqlForms

_DEFAULT_SCHEMA: Final = "public"


def _forms() -> "SqlForms":
    from faucet.dialects.postgresql.forms import PostgresForms  # noqa: PLC0415

    return PostgresForms()


def _introspect(dsn: str, wanted: Wanted) -> Catalog:
    from faucet.dialects.postgresql.introspection import introspect  # noqa: PLC0415

    return introspect(dsn, wanted.schema or _DEFAULT_SCHEMA, wanted.timeout)


def _executor(service: ServiceSettings) -> Executor:
    from faucet.dialects.postgresql.errors import classify  # noqa: PLC0415
    from faucet.dialects.postgresql.session import Pins, connection_string  # noqa: PLC0415
    from faucet.executors.postgresql_pool import PoolExecutor  # noqa: PLC0415

    pins = Pins(
        schema=service.schema or _DEFAULT_SCHEMA,
        statement_timeout=service.limits.statement_timeout,
        connect_timeout=service.pool.acquire_timeout,
        read_only=service.read_only,
    )
    return PoolExecutor(
        lambda: connection_string(service.dsn.reveal(), pins),
        service.pool,
        statement_timeout=service.limits.statement_timeout,
        classify=classify,
    )


POSTGRESQL: Final = Dialect(
    facts=DialectFacts(
        name="postgres",
        dsn=DSN,
        array_parameters=True,
        returning=True,
        aliases=("postgresql",),
        default_schema=_DEFAULT_SCHEMA,
    ),
    forms=_forms,
    introspect=_introspect,
    executor=_executor,
)
