"""Bodies that are being received: bounded in all, so that slow senders cannot fill the memory."""

import asyncio
from collections.abc import Callable

from faucet.model.request import BodyState
from faucet.serve.exchange import Ending, Exchange, receive_body
from faucet.serve.held_bytes import HeldBytes
from faucet.serve.running import AsgiReceive


class Bodies:
    """
    The bodies of all requests, while they are received.

    Beyond *most* bytes, the one that has not grown for longest is given up.
    """

    def __init__(self, most: Callable[[], int]) -> None:
        self._held = HeldBytes(most)

    async def receive(
        self, exchange: Exchange, receive: AsgiReceive, limit: int
    ) -> bytes | BodyState:
        """Return the body of *exchange*, which nothing else ends meanwhile, or its state."""

        def held(size: int) -> None:
            self._held.add(exchange, size, lambda: exchange.end(Ending.GIVEN_UP))

        try:
            return await receive_body(receive, limit, held)
        except asyncio.CancelledError:
            exchange.accept_end()
            exchange.resume()
            return BodyState.GIVEN_UP
        finally:
            self._held.remove(exchange)
