"""FCT1219: a claim that nobody brings, so that its rule refuses everyone. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from faucet.control.checks.subject import Placed, Subject, grants, lineage, rules
from faucet.diagnostics import Diagnostic, Severity
from faucet.model.manifest import JwtProvider, Manifest
from faucet.names import did_you_mean

CODE = "FCT1219"

_CLAIM: Final = re.compile(r"\{claims\.(\w+)\}")


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each claim in a rule or preset that no key or provider has."""
    manifest = subject.manifest
    if any(_asserts_all(provider) for provider in manifest.auth.jwt.values()):
        return
    tokens = {claim for provider in manifest.auth.jwt.values() for claim in provider.claims or ()}
    for placed in grants(manifest):
        provided = tokens | _of_keys(manifest, placed.role)
        for key, claim, offset in _mentioned(placed):
            if claim not in provided:
                yield Diagnostic(
                    code=CODE,
                    severity=Severity.WARNING,
                    message=f'no key or provider of this role brings the claim "{claim}"',
                    hint=did_you_mean(claim, provided) or f"add it: claims: {{{claim}: …}}",
                    address=(*placed.address, *key),
                    offset=offset,
                )


def _asserts_all(provider: JwtProvider) -> bool:
    return not provider.claims and not provider.jwks and not provider.issuer


def _of_keys(manifest: Manifest, role: str) -> set[str]:
    return {
        claim
        for key in manifest.keys.values()
        if role in lineage(manifest, key.role)
        for claim in key.claims
    }


def _mentioned(placed: Placed) -> Iterator[tuple[tuple[str, ...], str, int]]:
    for key, text in rules(placed):
        for found in _CLAIM.finditer(text):
            yield (key,), found[1], found.start()
    for column, value in (placed.grant.presets or {}).items():
        if isinstance(value, str) and (whole := _CLAIM.fullmatch(value)):
            yield ("set", column), whole[1], 0
