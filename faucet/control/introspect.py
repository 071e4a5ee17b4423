"""Read the catalog of every service's database, in parallel."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

from faucet.errors import ExecutionError
from faucet.extension.dialect import Dialect, Wanted
from faucet.model.catalog import Catalog, Unreachable
from faucet.model.settings import ServiceSettings

_AT_ONCE: Final = 32
_STATEMENT_SECONDS: Final = 10.0
_PATIENCE_SECONDS: Final = 30.0


def introspect(
    services: Mapping[str, ServiceSettings],
    dialects: Mapping[str, Dialect],
    patience: float = _PATIENCE_SECONDS,
) -> Mapping[str, Catalog | Unreachable]:
    """
    Return the whole catalog of each service's schema; which tables it publishes is not decided
    here.

    A database that does not answer, or not within *patience* seconds, is `Unreachable`; its reason
    is for the log and holds no password. The dialect of every service must be among *dialects*.
    """
    if not services:
        return {}
    threads = ThreadPoolExecutor(min(_AT_ONCE, len(services)), "faucet-introspect")
    started = {
        name: threads.submit(_introspect, service, dialects[service.dialect], patience)
        for name, service in services.items()
    }
    wait(started.values(), timeout=patience)
    # The dialects bound their waiting too, so that a late thread is left to end by itself.
    threads.shutdown(wait=False, cancel_futures=True)
    return {name: _outcome(asked, patience) for name, asked in started.items()}


def _outcome(asked: Future[Catalog | Unreachable], patience: float) -> Catalog | Unreachable:
    if not asked.done() or asked.cancelled():
        return Unreachable(reason=f"no answer within {patience:.0f} s")
    return asked.result()


def _introspect(
    service: ServiceSettings, dialect: Dialect, patience: float
) -> Catalog | Unreachable:
    wanted = Wanted(
        schema=service.schema or dialect.facts.default_schema,
        timeout=min(_STATEMENT_SECONDS, patience),
    )
    try:
        return dialect.introspect(service.dsn.reveal(), wanted)
    except ExecutionError as error:
        return Unreachable(reason=_reason(error, service.dsn.reveal(), dialect))


def _reason(error: ExecutionError, dsn: str, dialect: Dialect) -> str:
    """Return the driver's own words on one line, without anything secret of the DSN."""
    cause = error.__cause__ or error
    reason = " ".join(str(cause).split()) or type(cause).__name__
    hidden = {dsn, *dialect.facts.dsn.secrets(dsn)} - {""}
    for part in sorted(hidden, key=len, reverse=True):
        reason = reason.replace(part, "…")
    return reason
