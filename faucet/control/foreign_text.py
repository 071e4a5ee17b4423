"""Findings on a text that is not a manifest, without quoting it. Pure."""

import re
from typing import Final

import msgspec

from faucet.diagnostics import Diagnostic
from faucet.model.manifest.sections import Manifest

_SECTIONS: Final = "|".join(Manifest.__struct_fields__)
_SECTION: Final = re.compile(rf"""(?:^|[{{,])\s*["']?(?:{_SECTIONS})["']?\s*:""", re.MULTILINE)
_CONTENT: Final = re.compile(r"^\s*[^#\s]", re.MULTILINE)
# Their messages are about a file as a whole: its size, its encoding, its format.
_OF_THE_WHOLE: Final = frozenset({"FCT1001", "FCT1008"})
_MESSAGE: Final = (
    "this is not a manifest: it has none of the sections of one, such as services; "
    "what it contains is not shown"
)


def is_foreign(text: str) -> bool:
    """Return whether *text* has content, but no section of a manifest."""
    return bool(_CONTENT.search(text)) and not _SECTION.search(text.replace("\0", ""))


def without_quotes(found: tuple[Diagnostic, ...], text: str) -> tuple[Diagnostic, ...]:
    """
    Return *found*; if *text* has no section of a manifest, its first finding, in fixed words.

    A path can lead to any other file, whose words belong in no log.
    """
    if not found or not is_foreign(text):
        return found
    if found[0].code in _OF_THE_WHOLE:
        return found[:1]
    hint = "check the path, and the links on the way to it"
    return (msgspec.structs.replace(found[0], message=_MESSAGE, hint=hint, address=()),)
