"""The one place that says which generation serves."""

from faucet.serve.leases import Leases
from faucet.serve.running import Running


class Switch:
    """
    *current* is read once by each request; one assignment changes it.

    *early* counts the requests that began before `drain` was called, all of them until then.
    """

    def __init__(self, first: Running) -> None:
        self.current = first
        self.early = Leases()
        self.requests = self.early
        self.draining = False

    def turn(self, to: Running) -> Running:
        """Let *to* serve; return the generation that did until now."""
        before, self.current = self.current, to
        return before

    def drain(self) -> None:
        """Say that the process is about to end; readiness fails from now on."""
        if not self.draining:
            self.draining = True
            self.requests = Leases()
