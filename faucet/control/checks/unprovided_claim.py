"""FCT1219: a claim that a key lacks or nobody brings, so that its rule refuses. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from faucet.control.checks.inherited import in_force
from faucet.control.checks.subject import Placed, Subject, grants, lineage, rules
from faucet.diagnostics import Address, Diagnostic, Severity, dotted
from faucet.model.manifest.sections import Key, Manifest
from faucet.names import nearest

CODE = "FCT1219"

_CLAIM: Final = re.compile(r"\{claims\.(\w+)\}")


def check(subject: Subject) -> Iterator[Diagnostic]:
    """
    Yield a warning for each claim that a key lacks, whatever tokens may bring.

    A rule of a role without keys is reported itself, where no provider can assert its claim.
    """
    manifest = subject.manifest
    yield from _at_keys(manifest)
    yield from _at_rules(manifest)


def _at_keys(manifest: Manifest) -> Iterator[Diagnostic]:
    placed = tuple(grants(manifest))
    by_role = {
        role: _needed(manifest, role, placed) for role in {k.role for k in manifest.keys.values()}
    }
    for name, key in manifest.keys.items():
        needed = by_role[key.role]
        for claim, address in needed.items():
            if claim not in key.claims:
                yield _lacking(name, key, claim, address, frozenset(needed))


def _needed(manifest: Manifest, role: str, placed: tuple[Placed, ...]) -> dict[str, Address]:
    """The claims that rules in force for *role* need, each with the place of one such rule."""
    return {
        claim: (*one.address, *key)
        for one in in_force(lineage(manifest, role), placed)
        for key, claim, _ in _mentioned(one)
    }


def _lacking(
    name: str, key: Key, claim: str, address: Address, needed: frozenset[str]
) -> Diagnostic:
    here: Address = ("keys", name)
    written = nearest(claim, set(key.claims) - needed)
    return Diagnostic(
        code=CODE,
        severity=Severity.WARNING,
        message=f'the key "{name}" lacks the claim "{claim}", which {dotted(address)} needs',
        hint=f'did you mean "{claim}"?' if written else f"add it: claims: {{{claim}: …}}",
        address=(*here, "claims", written) if written else here,
        at_key=True,
    )


def _at_rules(manifest: Manifest) -> Iterator[Diagnostic]:
    providers = manifest.auth.jwt.values()
    if any(not (one.claims or one.jwks or one.issuer) for one in providers):
        return
    asserted = {claim for one in providers for claim in one.claims or ()}
    with_keys = {
        role
        for of_key in {key.role for key in manifest.keys.values()}
        for role in lineage(manifest, of_key)
    }
    for placed in grants(manifest):
        if placed.role in with_keys:
            continue
        for key, claim, offset in _mentioned(placed):
            if claim not in asserted:
                yield Diagnostic(
                    code=CODE,
                    severity=Severity.WARNING,
                    message=f'no key or provider of this role brings the claim "{claim}"',
                    hint=f"give a key of the role claims: {{{claim}: …}}",
                    address=(*placed.address, *key),
                    offset=offset,
                )


def _mentioned(placed: Placed) -> Iterator[tuple[tuple[str, ...], str, int]]:
    for key, text in rules(placed):
        for found in _CLAIM.finditer(text):
            yield (key,), found[1], found.start()
    for column, value in (placed.grant.presets or {}).items():
        if isinstance(value, str) and (whole := _CLAIM.fullmatch(value)):
            yield ("set", column), whole[1], 0
