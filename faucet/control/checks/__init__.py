"""Checks of a manifest beyond its form: one function per check, each with its code. Pure."""

from collections.abc import Callable, Iterator
from typing import Final

from faucet.control.checks import (
    claims,
    cors,
    driver_options,
    dsn_form,
    grants,
    jwt,
    keys,
    limits,
    literal_secret,
    names,
    references,
    rows,
    texts,
)
from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic

Check = Callable[[Subject], Iterator[Diagnostic]]

CHECKS: Final[tuple[Check, ...]] = (
    names.check_drivers,
    names.check_roles,
    names.check_services,
    names.check_cycles,
    names.check_ancestors,
    names.check_reserved,
    grants.check_shape,
    texts.check_duplicates,
    texts.check_blanks,
    grants.check_any_verb,
    grants.check_anonymous_writes,
    names.check_reachable,
    rows.check_rows,
    literal_secret.check,
    keys.check_hashes,
    keys.check_digests,
    keys.check_expiry,
    keys.check_instants,
    claims.check_claims,
    limits.check_limits,
    limits.check_bounds,
    jwt.check_family,
    jwt.check_key,
    jwt.check_jwks_provider,
    jwt.check_issuer,
    jwt.check_secret_length,
    references.check_secret_defaults,
    grants.check_presets,
    references.check_places,
    references.check_forms,
    texts.check_networks,
    grants.check_masks,
    grants.check_aggregates,
    dsn_form.check,
    driver_options.check,
    texts.check_header,
    cors.check,
)
