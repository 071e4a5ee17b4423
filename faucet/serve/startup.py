"""The first load of the process, and the supervisor of what it leads to."""

from collections.abc import Callable

from faucet import events
from faucet.control.pipeline import Built
from faucet.diagnostics import Outcome, has_errors
from faucet.model.settings import Settings
from faucet.serve.load import begin_load
from faucet.serve.supervisor import Supervisor, SupervisorParts, unreadable
from faucet.serve.switch import Switch


class StartError(Exception):
    """The first manifest cannot be served; its faults were published."""


async def start(
    parts: SupervisorParts, prepare: Callable[[Settings], None] = lambda _: None
) -> "Supervisor":
    """
    Load for the first time; return the supervisor, at generation 0 if there is no manifest.

    *prepare* is called before anything is started and reported. Raises what it raises, and
    `StartError` if there is a manifest and it cannot be served.
    """
    loader, load = parts.loads.loader, None
    reading = await parts.loads.workers.run(loader.read)
    if reading.missing:
        parts.publish(events.Waiting(path=reading.path))
        outcome = await parts.loads.workers.run(loader.empty)
    elif reading.text is None:
        outcome = Outcome[Built](value=None, diagnostics=(unreadable(reading),))
    else:
        reading, load = await begin_load(parts.loads, reading)
        outcome = await load.build()
        if load.unanswered and has_errors(outcome.diagnostics):
            parts.publish(events.AwaitingDatabases(services=load.unanswered))
            await load.readings.wait()
            outcome = await load.build()
    if outcome.value is None or has_errors(outcome.diagnostics):
        parts.publish(events.Refused(generation=0, diagnostics=outcome.diagnostics))
        raise StartError

    prepare(outcome.value.settings)
    running = await parts.assemble(outcome.value, 0 if reading.missing else 1)
    await running.start()
    supervisor = Supervisor(parts, reading, outcome.value, Switch(running, parts.drain))
    if load is not None:
        supervisor.follow(load)
    supervisor.report_switch(outcome.diagnostics)
    return supervisor
