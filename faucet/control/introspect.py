"""Read the catalog of every service's database, in parallel."""

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, wait
from functools import partial
from threading import Thread
from typing import Final

from faucet.errors import ExecutionError
from faucet.extension.dialect import Dialect, Wanted
from faucet.model.catalog import Catalog, Unreachable
from faucet.model.settings import ServiceSettings

_AT_ONCE: Final = 32
_STATEMENT_SECONDS: Final = 10.0
PATIENCE_SECONDS: Final = 30.0

Found = Catalog | Unreachable


def introspect(
    services: Mapping[str, ServiceSettings],
    dialects: Mapping[str, Dialect],
    patience: float = PATIENCE_SECONDS,
) -> Mapping[str, Found]:
    """
    Return the whole catalog of each service's schema; which tables it publishes is not decided
    here.

    A database that does not answer, or not within *patience* seconds, is `Unreachable`, and so is a
    schema that does not exist; its reason is for the log and holds no password.
    The dialect of every service must be among *dialects*.
    """
    started = start_introspection(services, dialects, patience)
    wait(started.values(), timeout=patience)
    return {name: _outcome(asked, patience) for name, asked in started.items()}


def start_introspection(
    services: Mapping[str, ServiceSettings],
    dialects: Mapping[str, Dialect],
    patience: float = PATIENCE_SECONDS,
) -> Mapping[str, Future[Found]]:
    """
    Start to read the catalog of each service, and return the results to come; see `introspect`.

    Each call has its own threads: one that waits for a database delays no other call.
    """
    started: dict[str, Future[Found]] = {}
    jobs = deque[partial[None]]()
    for name, service in services.items():
        started[name] = future = Future[Found]()
        jobs.append(partial(_resolve, future, service, dialects[service.dialect], patience))
    for _ in range(min(_AT_ONCE, len(jobs))):
        # The dialects bound their waiting; meanwhile, it does not delay the end of the process.
        Thread(target=_run_all, args=(jobs,), name="faucet-introspect", daemon=True).start()
    return started


def _run_all(jobs: deque[partial[None]]) -> None:
    while True:
        try:
            job = jobs.popleft()
        except IndexError:
            return
        job()


def _resolve(
    future: Future[Found], service: ServiceSettings, dialect: Dialect, patience: float
) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(_introspect(service, dialect, patience))
    except BaseException as error:  # noqa: BLE001 - whoever waits for the result gets it
        future.set_exception(error)


def _outcome(asked: Future[Found], patience: float) -> Found:
    if asked.cancel() or not asked.done():
        return Unreachable(reason=f"no answer within {patience:.0f} s")
    return asked.result()


def _introspect(service: ServiceSettings, dialect: Dialect, patience: float) -> Found:
    wanted = Wanted(
        schema=service.schema or dialect.facts.default_schema,
        timeout=min(_STATEMENT_SECONDS, patience),
        immutable=service.immutable,
        pooled=service.pooled,
    )
    try:
        catalog = dialect.introspect(service.dsn.reveal(), wanted)
        if catalog.schemas is None:
            return catalog
        return Unreachable(reason=f'no schema "{wanted.schema}"', schemas=catalog.schemas)
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
