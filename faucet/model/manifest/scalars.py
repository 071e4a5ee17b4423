"""The scalar types of a manifest, with their patterns and descriptions."""

import re
from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

from faucet.names import NAME_PATTERN

REFERENCE: Final = "x-faucet-reference"
"""Schema keyword of a field that accepts ``${env:}`` and ``${file:}``: "secret" or "deployment"."""

WHOLE_REFERENCE: Final = r"^\$\{[a-z]+:[^}]+\}$"

Whole = Annotated[str, Meta(pattern=WHOLE_REFERENCE)]
Level = Literal["debug", "info", "warning", "warn", "error"]
Format = Literal["json", "text"]
LEVELS: Final[tuple[str, ...]] = get_args(Level)
FORMATS: Final[tuple[str, ...]] = get_args(Format)
# In a union, the pattern of a string applies to all strings, literals included.
LogLevel = Annotated[str, Meta(pattern=rf"^({'|'.join(LEVELS)}|\$\{{[a-z]+:[^}}]+\}})$")]
LogFormat = Annotated[str, Meta(pattern=rf"^({'|'.join(FORMATS)}|\$\{{[a-z]+:[^}}]+\}})$")]
Name = Annotated[
    str,
    Meta(
        pattern=NAME_PATTERN,
        description="a-z, 0-9, _ and -, starting with a letter, up to 63 characters.",
    ),
]
Duration = Annotated[
    str,
    Meta(
        pattern="^[0-9]+(ms|s|m|h|d)$",
        description="A number with a unit: 500ms, 30s, 5m, 1h, 7d.",
        examples=["30s"],
    ),
]
Size = Annotated[
    str,
    Meta(
        pattern="^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)$",
        description="A number with a unit: 512KiB, 10MiB, 1GB.",
        examples=["10MiB"],
    ),
]
ByteRate = Annotated[
    str,
    Meta(
        pattern="^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)/s$",
        description="A size per second: 512B/s, 4KiB/s, 1MB/s.",
        examples=["4KiB/s"],
    ),
]
Host = Annotated[
    str,
    Meta(
        pattern=r"^((\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])$",
        description="A host name or address without a port; *.NAME is every name below NAME.",
        examples=["api.example.com"],
    ),
]
Origin = Annotated[
    str,
    Meta(
        pattern=(
            r"^(\*|https?://([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?)$"
        ),
        description=(
            "An origin as browsers send it, without a path and a default port; * is every origin."
        ),
        examples=["https://app.example.com"],
    ),
]
RootPath = Annotated[
    str,
    Meta(
        pattern=r"^(/[A-Za-z0-9._~-]+)+$",
        description="A path that begins with a slash and does not end with one.",
        examples=["/faucet"],
    ),
]
Text = Annotated[str, Meta(min_length=1)]
SecretText = Annotated[str, Meta(min_length=1, extra_json_schema={REFERENCE: "secret"})]
DeploymentText = Annotated[str, Meta(min_length=1, extra_json_schema={REFERENCE: "deployment"})]
DeploymentNumber = Annotated[int | Whole, Meta(extra_json_schema={REFERENCE: "deployment"})]
Positive = Annotated[int, Meta(ge=1)]
ClaimValue = None | bool | int | float | str | tuple[bool | int | float | str, ...]
Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
VERBS: Final[tuple[str, ...]] = get_args(Verb)

_HASH: Final = re.compile(r"sha256:([0-9a-fA-F]{64})").fullmatch


class Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Part of the manifest. Unknown fields are refused; subclasses repeat frozen and kw_only."""


def read_hash(text: str) -> str | None:
    """Return the lower-case hex digest of `sha256:` and 64 hexadecimal digits, or None."""
    found = _HASH(text)
    return found[1].lower() if found else None
