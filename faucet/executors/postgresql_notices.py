"""The notices of a PostgreSQL database, on a connection of their own."""

from collections.abc import Callable

from faucet.executors.postgresql_session import Session, open_session

_LISTEN = b"LISTEN faucet"


async def listen(session: Session, patience: float, changed: Callable[[], None]) -> None:
    """
    Call *changed* once it listens, and for each ``NOTIFY faucet``, until the connection ends.

    The first call is for what was announced before. Raises psycopg's errors.
    """
    connection, _ = await open_session(session, any_bytes=False, patience=patience)
    async with connection:
        await connection.execute(_LISTEN, prepare=False)
        changed()
        async for _notice in connection.notifies():
            changed()
