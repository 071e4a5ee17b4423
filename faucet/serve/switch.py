"""Which generation is in service, and whether the process is about to end."""

from faucet.serve.leases import Leases
from faucet.serve.running import Running


class Drain:
    """
    Whether the process is about to end.

    *early* counts the requests that began before `begin` was called, all of them until then.
    """

    def __init__(self) -> None:
        self.early = Leases()
        self.requests = self.early
        self.begun = False

    def begin(self) -> None:
        """Announce the end of the process; readiness fails from now on."""
        if not self.begun:
            self.begun = True
            self.requests = Leases()


class Switch:
    """*current* is read once by each request; one assignment changes it."""

    def __init__(self, first: Running, drain: Drain) -> None:
        self.current = first
        self.drain = drain

    def turn(self, to: Running) -> Running:
        """Let *to* serve; return the generation that did until now."""
        before, self.current = self.current, to
        return before
