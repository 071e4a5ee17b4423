"""The part of resolve for roles and grants: it needs no secret, so checks share it. Pure."""

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET

from faucet.control.inheritance import levels
from faucet.diagnostics import Address, Diagnostic, Outcome
from faucet.errors import FILTER_TOO_LARGE
from faucet.model.filters.grammar import FilterError, parse_filter, parse_reference
from faucet.model.filters.predicate import Predicate
from faucet.model.limits import read_limits
from faucet.model.manifest.references import has_reference
from faucet.model.manifest.sections import Grant, Manifest
from faucet.model.settings import (
    EVERY_ROW,
    GrantSettings,
    RoleSettings,
    RowRule,
    Verb,
)

RULE_SYNTAX: Final = "FCT1229"

_LONGEST_RULE: Final = 65_536


def resolve_roles(manifest: Manifest) -> Outcome[Mapping[str, RoleSettings]]:
    """
    Return the roles of *manifest* by name, and a finding for each rule that cannot be parsed.

    The roles are returned whatever is found, for the checks.
    """
    findings: list[Diagnostic] = []
    roles = {
        name: RoleSettings(
            name=name,
            description=role.description or None,
            grants=tuple(
                _grant(grant, ("roles", name, "grants", index), findings)
                for index, grant in enumerate(role.grants)
            ),
            levels=levels(manifest.roles, name),
        )
        for name, role in manifest.roles.items()
    }
    return Outcome(value=roles, diagnostics=tuple(findings))


def _grant(grant: Grant, address: Address, findings: list[Diagnostic]) -> GrantSettings:
    spelled = frozenset(Verb(verb) for verb in grant.verbs or () if verb != "*")
    return GrantSettings(
        role=str(address[1]),
        index=int(address[3]),
        service=grant.service or "",
        tables=grant.tables or (),
        verbs=frozenset(Verb) if "*" in (grant.verbs or ()) else spelled,
        spelled_verbs=spelled,
        fields=grant.fields or None,
        write=grant.write or None,
        rows=_rule(grant, "rows", address, findings),
        check=_rule(grant, "check", address, findings),
        presets={
            name: (parse_reference(value) or value) if isinstance(value, str) else value
            for name, value in (grant.presets or {}).items()
        },
        masks=grant.mask or {},
        aggregate=grant.aggregate,
        any_reference=grant.references == "any",
        system=frozenset(grant.system or ()),
        limits=read_limits(grant.limits),
    )


def _rule(grant: Grant, key: str, address: Address, findings: list[Diagnostic]) -> RowRule | None:
    text = grant.rows if key == "rows" else grant.check
    if text is UNSET:
        return None
    place = (*address, key)
    try:
        predicate = _predicate(text)
    except FilterError as error:
        at = error.position if len(text) <= _LONGEST_RULE else None
        findings.append(
            Diagnostic(code=RULE_SYNTAX, message=error.message, address=place, offset=at)
        )
        predicate = None
    exact = grant.collate == "binary"
    return RowRule(text=text, address=place, predicate=predicate, exact=exact)


def _predicate(text: str) -> Predicate | None:
    # Other checks report blank rules and references.
    if text.strip() in {"", EVERY_ROW} or has_reference(text):
        return None
    if len(text) > _LONGEST_RULE:
        message = f"a rule must have at most {_LONGEST_RULE} characters"
        raise FilterError(FILTER_TOO_LARGE, message, 0)
    return parse_filter(text, policy=True)
