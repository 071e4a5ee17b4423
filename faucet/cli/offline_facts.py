"""What checks must know of the bundled extensions, without loading them and SQLAlchemy."""

from typing import Final

from faucet.model.facts import Facts, TransformFacts

# A test holds these names to those of the registry.
OFFLINE_FACTS: Final = Facts(
    dialects={},
    transforms={
        name: TransformFacts(name=name, takes=frozenset(), gives=None)
        for name in ("null", "redact", "hash", "last4")
    },
    secret_schemes=frozenset({"env", "file"}),
)
