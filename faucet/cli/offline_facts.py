"""The names of bundled extensions that checks ask for, without loading them and SQLAlchemy."""

from typing import Final

from faucet.model.facts import Facts, TransformFacts

# Only names are true here, and a test holds them to the registry's. What a mask takes and what a
# dialect can is asked later, of the registry itself, where the manifest meets its databases.
OFFLINE_FACTS: Final = Facts(
    dialects={},
    transforms={
        name: TransformFacts(name=name, takes=frozenset(), gives=None)
        for name in ("null", "redact", "hash", "last4")
    },
    secret_schemes=frozenset({"env", "file"}),
)
