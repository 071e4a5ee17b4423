"""FCT1215: the hash of an API key that is none. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.manifest.references import has_reference
from faucet.model.manifest.scalars import read_hash

CODE = "FCT1215"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each hash that is not `sha256:` and 64 hexadecimal digits."""
    for name, key in subject.manifest.keys.items():
        for index, text in enumerate(key.hash):
            if not has_reference(text) and read_hash(text) is None:
                yield Diagnostic(
                    code=CODE,
                    message="the hash of a key is sha256: and 64 hexadecimal digits",
                    hint=f"let `faucet key create {name} --role {key.role}` make it",
                    address=("keys", name, "hash", index),
                )
