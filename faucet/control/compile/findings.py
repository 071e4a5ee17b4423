"""The findings of compiling a manifest against its catalogs: codes and how they are made. Pure."""

from typing import Final

import msgspec

from faucet.diagnostics import Address, Diagnostic, Severity

UNKNOWN_TABLE: Final = "FCT1501"
IDLE_GLOB: Final = "FCT1502"
IDLE_REMOVAL: Final = "FCT1503"
TIE: Final = "FCT1504"
UNKNOWN_COLUMN: Final = "FCT1505"
HIDDEN_COLUMN: Final = "FCT1506"
UNKNOWN_RESOURCE: Final = "FCT1507"
UNKNOWN_FIELD: Final = "FCT1508"
BAD_KEY: Final = "FCT1509"
GENERATED_COLUMN: Final = "FCT1510"
BAD_MASK: Final = "FCT1511"
BAD_PRESET: Final = "FCT1512"
RULE_TYPE: Final = "FCT1514"
ROWS_UNSTATED: Final = "FCT1515"
NOTHING_LEFT: Final = "FCT1516"
READ_ONLY_WRITE: Final = "FCT1520"
UNWRITABLE_VIEW: Final = "FCT1521"
NO_KEY: Final = "FCT1522"
UNREADABLE_RULE: Final = "FCT1523"
CASCADE: Final = "FCT1524"
UNIQUE_ORACLE: Final = "FCT1525"
UNKEYED_MASK: Final = "FCT1526"
KEY_CLAIM: Final = "FCT1527"
UNCHECKED_REFERENCE: Final = "FCT1528"
NO_PRIVILEGE: Final = "FCT1529"
NO_POLICY: Final = "FCT1530"
UNPROVEN_KEY: Final = "FCT1531"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault; with the tables that it occurs on it makes a single finding."""

    code: str
    message: str
    address: Address
    offset: int | None = None
    at_key: bool = False
    hint: str = ""
    severity: Severity = Severity.ERROR


def warning(code: str, message: str, address: Address, hint: str) -> Fault:
    """Return a fault that does not keep the manifest from being served."""
    return Fault(code=code, message=message, address=address, hint=hint, severity=Severity.WARNING)


def merge(faults: dict[Fault, list[str]]) -> tuple[Diagnostic, ...]:
    """Return one diagnostic per fault, with the first of its tables and how many more there are."""
    return tuple(
        Diagnostic(
            code=fault.code,
            message=fault.message.replace("{tables}", name_some(tables)),
            severity=fault.severity,
            address=fault.address,
            offset=fault.offset,
            at_key=fault.at_key,
            hint=fault.hint,
        )
        for fault, tables in faults.items()
    )


def name_some(names: list[str]) -> str:
    """Return the first of *names*, quoted, and how many more there are."""
    unique = sorted(set(names)) or [""]
    more = f" and {len(unique) - 1} more" if len(unique) > 1 else ""
    return f'"{unique[0]}"{more}'


def grant_path(role: str, index: int) -> str:
    """Return the address of a grant, for messages that name a second place."""
    return f"roles.{role}.grants[{index}]"
