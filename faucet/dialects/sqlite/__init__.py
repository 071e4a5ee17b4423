"""SQLite 3.37 or newer, through the standard library."""

from functools import partial
from typing import TYPE_CHECKING, Final

from faucet.dialects.sqlite.dsn import DSN
from faucet.extension.dialect import Dialect, Wanted
from faucet.extension.executor import Executor
from faucet.model.catalog import Catalog
from faucet.model.facts import DialectFacts
from faucet.model.settings import ServiceSettings

if TYPE_CHECKING:
    from faucet.extension.sql_forms import SqlForms


def _forms() -> "SqlForms":
    from faucet.dialects.sqlite.forms import SqliteForms  # noqa: PLC0415

    return SqliteForms()


def _introspect(dsn: str, wanted: Wanted) -> Catalog:
    from faucet.dialects.sqlite.introspection import introspect  # noqa: PLC0415

    return introspect(dsn, wanted)


def _executor(service: ServiceSettings) -> Executor:
    from faucet.dialects.sqlite.errors import failure  # noqa: PLC0415
    from faucet.dialects.sqlite.functions import prepare  # noqa: PLC0415
    from faucet.executors.sqlite_threads import ThreadExecutor  # noqa: PLC0415

    return ThreadExecutor(
        service, failure=partial(failure, expose_raise=service.expose_raise), prepare=prepare
    )


SQLITE: Final = Dialect(
    facts=DialectFacts(
        name="sqlite",
        dsn=DSN,
        array_parameters=False,
        returning=True,
        aliases=("sqlite3",),
        files=True,
    ),
    forms=_forms,
    introspect=_introspect,
    executor=_executor,
)
