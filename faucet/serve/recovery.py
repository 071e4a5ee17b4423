"""Retries databases that could not be reached, at increasing intervals."""

import asyncio
from typing import Final

from faucet.serve.supervisor import ReloadRequest, Supervisor

_FIRST_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 30.0


async def recover(supervisor: Supervisor) -> None:
    """Request a retry while something is missing, until cancelled."""
    pause = _FIRST_SECONDS
    number = supervisor.number
    while True:
        await asyncio.sleep(pause)
        if supervisor.number != number or not supervisor.incomplete:
            pause, number = _FIRST_SECONDS, supervisor.number
        if supervisor.incomplete:
            supervisor.request_reload(ReloadRequest(retry=True))
            pause = min(pause * 2, _LONGEST_SECONDS)
