"""FCT1205, FCT1208, FCT1209, FCT1228, FCT1233 and FCT1234: the parts of a grant. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from faucet.control.checks.subject import Subject, written_grants
from faucet.diagnostics import Diagnostic, Severity
from faucet.model.manifest.sections import Grant
from faucet.model.settings import Verb
from faucet.names import did_you_mean

GRANT_SHAPE: Final = "FCT1205"
ANY_VERB: Final = "FCT1208"
ANONYMOUS_WRITE: Final = "FCT1209"
PRESET_FORM: Final = "FCT1228"
UNKNOWN_MASK: Final = "FCT1233"
FILTERED_AGGREGATE: Final = "FCT1234"

_NEEDED: Final = ("service", "tables", "verbs")
_OF_TABLES: Final = (*_NEEDED, "fields", "rows", "check", "write", "presets", "mask")
_WRITING: Final = frozenset({"POST", "PUT", "PATCH", "*"})
_CHANGING: Final = ("check", "write", "presets")
_SPELLED: Final = {"presets": "set"}
_MEANT: Final = re.compile(r"\{\s*(claims?|principals?)\b[^{}]*\}")


def check_shape(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each grant that lacks a part, or mixes two kinds."""
    for grant, address in written_grants(subject.manifest):
        for message, hint, key in _faults(grant):
            place = (*address, key) if key else address
            yield Diagnostic(
                code=GRANT_SHAPE, message=message, hint=hint, address=place, at_key=True
            )


def _faults(grant: Grant) -> Iterator[tuple[str, str, str]]:
    if grant.system is not UNSET:
        for spelled in _present(grant, _OF_TABLES):
            message = f'"{spelled}" is not allowed in a grant on the system'
            yield message, "split it into two grants", spelled
        return
    missing = [key for key in _NEEDED if not _present(grant, (key,))]
    if len(missing) == len(_NEEDED):
        yield "the grant grants nothing", "add service, tables and verbs, or system", ""
    elif missing:
        hint = f"add {', '.join(missing)}"
        yield (
            f"a grant on tables needs service, tables and verbs; {missing[0]} is missing",
            hint,
            "",
        )
    elif not _WRITING.intersection(grant.verbs or ()):
        for spelled in _present(grant, _CHANGING):
            message = f'"{spelled}" has no effect without POST, PUT or PATCH'
            yield message, "add the verb, or remove the key", spelled


def _present(grant: Grant, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of *keys* the grant has, as the manifest spells them."""
    return tuple(_SPELLED.get(key, key) for key in keys if getattr(grant, key) is not UNSET)


def check_any_verb(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each `*` among verbs."""
    for grant, address in written_grants(subject.manifest):
        verbs = grant.verbs or ()
        if "*" in verbs:
            yield Diagnostic(
                code=ANY_VERB,
                severity=Severity.WARNING,
                message=f'the role "{address[1]}" is granted every verb, including DELETE',
                hint="list the verbs that you mean: [GET, POST, PUT, PATCH, DELETE]",
                address=(*address, "verbs", verbs.index("*")),
            )


def check_anonymous_writes(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each write verb that requests without a credential are granted."""
    anonymous = subject.manifest.auth.anonymous
    roles = subject.lineage(anonymous) if anonymous else ()
    for grant in subject.grants:
        writes = grant.verbs - {Verb.GET}
        if grant.role in roles and writes:
            yield Diagnostic(
                code=ANONYMOUS_WRITE,
                severity=Severity.WARNING,
                message=(
                    f"requests without a credential are granted {', '.join(sorted(writes))} here"
                ),
                hint="grant only GET to the anonymous role",
                address=(*grant.address, "verbs"),
            )


def check_presets(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each preset that is neither one whole reference nor a literal."""
    for grant in subject.grants:
        for column, value in grant.presets.items():
            if isinstance(value, str) and (found := _MEANT.search(value)):
                yield Diagnostic(
                    code=PRESET_FORM,
                    message="a preset must be a single reference or a literal, not a mixture",
                    hint=(
                        "write {claims.NAME}, {principal.name} or "
                        "{principal.role}, and nothing else"
                    ),
                    address=(*grant.address, "set", column),
                    offset=found.start(),
                )


def check_masks(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each mask that is not the name of a transform."""
    known = subject.facts.transforms
    for grant in subject.grants:
        for column, mask in grant.masks.items():
            if mask not in known:
                yield Diagnostic(
                    code=UNKNOWN_MASK,
                    message=f'there is no mask "{mask}"',
                    hint=did_you_mean(mask, known)
                    or (f"available masks: {', '.join(sorted(known))}"),
                    address=(*grant.address, "mask", column),
                )


def check_aggregates(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each grant that aggregates what it filters."""
    for grant in subject.grants:
        if grant.aggregate and grant.filtered:
            yield Diagnostic(
                code=FILTERED_AGGREGATE,
                severity=Severity.WARNING,
                message="aggregates over few rows reveal the values of each row",
                hint="remove aggregate, or accept it with --allow FCT1234",
                address=(*grant.address, "aggregate"),
            )
