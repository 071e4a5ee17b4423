"""FCT1219: claims that rules need and that a key, or every credential, lacks. Pure."""

from collections.abc import Collection, Iterator
from typing import Final

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Address, Diagnostic, Severity, dotted
from faucet.model.filters.predicate import ClaimReference, claims_of
from faucet.model.manifest.sections import JwtProvider, Key
from faucet.model.settings import CHANGES, GrantSettings, Verb
from faucet.names import nearest

MISSING_CLAIM: Final = "FCT1219"


def check_claims(subject: Subject) -> Iterator[Diagnostic]:
    """
    Yield a warning for each claim that a key lacks, whatever tokens may supply.

    One that no token of a provider can supply to a role is reported at the provider, if it names
    its roles and claims. For a role without either the rule itself is reported, if no provider can
    assert its claim.
    """
    yield from _at_keys(subject)
    yield from _at_providers(subject)
    yield from _at_rules(subject)


def _at_keys(subject: Subject) -> Iterator[Diagnostic]:
    keys = subject.manifest.keys
    by_role = {role: _claims_of(subject, role) for role in {key.role for key in keys.values()}}
    for name, key in keys.items():
        needed = by_role[key.role]
        for claim, address in needed.items():
            if claim not in key.claims:
                yield _lacking(name, key, claim, address, frozenset(needed))


def _at_providers(subject: Subject) -> Iterator[Diagnostic]:
    for name, provider in subject.manifest.auth.jwt.items():
        asserted = _asserted(provider)
        if asserted is None:
            continue
        for role in sorted({*(provider.roles or {}).values()}):
            needed = _claims_of(subject, role)
            for claim in (claim for claim in needed if claim not in asserted):
                yield _unprovided(name, role, claim, needed[claim], asserted - {*needed})


def _asserted(provider: JwtProvider) -> frozenset[str] | None:
    """Return the claims that tokens of *provider* may have; None for any."""
    if provider.claims or provider.jwks or provider.issuer:
        return frozenset(provider.claims or ())
    return None


def _unprovided(
    name: str, role: str, claim: str, rule: Address, others: frozenset[str]
) -> Diagnostic:
    written = nearest(claim, others)
    message = (
        f'no token of "{name}" has the claim "{claim}", which {dotted(rule)} needs of the role '
        f'"{role}"'
    )
    return Diagnostic(
        code=MISSING_CLAIM,
        severity=Severity.WARNING,
        message=message,
        hint=(
            f'did you mean "{claim}" instead of "{written}"?'
            if written
            else f'add "{claim}" to the claims of the provider'
        ),
        address=("auth", "jwt", name, "claims"),
        at_key=True,
    )


def _claims_of(subject: Subject, role: str) -> dict[str, Address]:
    """Return the claims that rules of *role* need, each with the address of one such rule."""
    if role not in subject.roles:
        return {}
    in_force: dict[tuple[str, int], set[Verb]] = {}
    for named in subject.named_tables(role):
        for verb, tables in named.decided.items():
            for choice in (choice for choices in tables.values() for choice in choices):
                place = (choice.grant.settings.role, choice.grant.settings.index)
                in_force.setdefault(place, set()).add(verb)
    return {
        reference.name: address
        for name in subject.lineage(role)
        for grant in subject.roles[name].grants
        for reference, address in _references(grant, in_force.get((name, grant.index), ()))
    }


def _lacking(
    name: str, key: Key, claim: str, address: Address, needed: frozenset[str]
) -> Diagnostic:
    here: Address = ("keys", name)
    written = nearest(claim, set(key.claims) - needed)
    return Diagnostic(
        code=MISSING_CLAIM,
        severity=Severity.WARNING,
        message=f'the key "{name}" lacks the claim "{claim}", which {dotted(address)} needs',
        hint=f'did you mean "{claim}"?' if written else f"add it: claims: {{{claim}: …}}",
        address=(*here, "claims", written) if written else here,
        at_key=True,
    )


def _at_rules(subject: Subject) -> Iterator[Diagnostic]:
    providers = subject.manifest.auth.jwt.values()
    of_each = [_asserted(one) for one in providers]
    if None in of_each:
        return
    asserted = {claim for claims in of_each for claim in claims or ()}
    assigned = {key.role for key in subject.manifest.keys.values()}
    assigned |= {role for one in providers for role in (one.roles or {}).values()}
    with_keys = {role for named in assigned for role in subject.lineage(named)}
    for grant in subject.grants:
        if grant.role in with_keys:
            continue
        for reference, address in _references(grant, grant.verbs):
            if reference.name not in asserted:
                yield Diagnostic(
                    code=MISSING_CLAIM,
                    severity=Severity.WARNING,
                    message=(
                        f'no key or provider of this role supplies the claim "{reference.name}"'
                    ),
                    hint=f"add to a key of the role: claims: {{{reference.name}: …}}",
                    address=address,
                    offset=reference.position,
                )


def _references(
    grant: GrantSettings, verbs: Collection[Verb]
) -> Iterator[tuple[ClaimReference, Address]]:
    """Yield the claims that *grant* needs where it decides for *verbs*, each with its address."""
    changes = not CHANGES.isdisjoint(verbs)
    for rule in (grant.rows if verbs else None, grant.check if changes else None):
        if rule is not None and rule.predicate is not None:
            yield from ((claim, rule.address) for claim in claims_of(rule.predicate))
    for column, value in grant.presets.items():
        if changes and isinstance(value, ClaimReference):
            yield value, (*grant.address, "set", column)
