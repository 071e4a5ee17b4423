"""`Document` to `Manifest`: the schema first, then every check. Pure."""

from collections.abc import Mapping
from itertools import chain
from typing import Final

import msgspec

from faucet.control.checks import CHECKS
from faucet.control.checks.subject import Subject
from faucet.control.first_errors import first_errors
from faucet.control.resolve_roles import resolve_roles
from faucet.control.structure import structural_faults
from faucet.control.texts import texts
from faucet.diagnostics import Diagnostic, Outcome, has_errors
from faucet.model.facts import Facts
from faucet.model.manifest.document import Document, Tree
from faucet.model.manifest.sections import Manifest

_FOREIGN_KEYS: Final = ("config_db", "rate_limit")


def validate(document: Document, facts: Facts, now: float | None = None) -> Outcome[Manifest]:
    """
    Return the manifest in *document*, and every finding in it.

    *now* (seconds since 1970) is the time for checking expiry; without it, expiry is not checked.
    """
    if foreign := _foreign_form(document.tree):
        return Outcome(value=None, diagnostics=(foreign,))
    try:
        manifest = msgspec.convert(document.tree, Manifest)
    except msgspec.ValidationError as error:
        # msgspec stops at the first fault; the schema reports all of them.
        unexplained = Diagnostic(code="FCT1101", message=str(error))
        drivers = tuple(sorted(facts.dialects))
        found = structural_faults(document.tree, drivers) or (unexplained,)
        return Outcome(value=None, diagnostics=found)
    resolved = resolve_roles(manifest)
    subject = Subject(
        manifest=manifest,
        roles=resolved.value or {},
        texts=tuple(texts(manifest)),
        facts=facts,
        now=now,
    )
    findings = (found for check in CHECKS for found in check(subject))
    diagnostics = first_errors(chain(resolved.diagnostics, findings))
    return Outcome(
        value=None if has_errors(diagnostics) else manifest,
        diagnostics=diagnostics,
    )


def _foreign_form(tree: Tree) -> Diagnostic | None:
    """Recognize the configuration file of the Go product."""
    if not isinstance(tree, Mapping):
        return None
    at = next((key for key in _FOREIGN_KEYS if key in tree), "")
    if isinstance(tree.get("services"), tuple):
        at = at or "services"
    if not at:
        return None
    return Diagnostic(
        code="FCT1108",
        message=(
            "this is the configuration file of a different product "
            f'named Faucet (it has "{at}"), not a manifest'
        ),
        hint=(
            "a later version will convert it with `faucet import`; until then create a manifest "
            "with `faucet db add`, once per database"
        ),
        address=(at,),
        at_key=True,
    )
