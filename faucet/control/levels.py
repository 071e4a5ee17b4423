"""The levels of a manifest that keys belong to, for hints about a misplaced one. Pure."""

from typing import Final

from faucet.diagnostics import Address
from faucet.model.manifest.sections import Grant, Key, Manifest, Role, Service

_GRANT: Final = "grant"
_KEYS: Final = {
    "service": frozenset(Service.__struct_encode_fields__),
    "role": frozenset(Role.__struct_encode_fields__),
    _GRANT: frozenset(Grant.__struct_encode_fields__),
    "key": frozenset(Key.__struct_encode_fields__),
}
_TOP: Final = frozenset(Manifest.__struct_encode_fields__)
_SECTIONS: Final = {"services": "service", "roles": "role", "keys": "key"}


def repeated_hint(address: Address) -> str:
    """Return how to fix a key that the mapping at *address* has twice."""
    level = _level(address)
    if level is None:
        return "keep one of the two"
    return f"keep one of the two; if this was meant to be another {level}, {_look(level)}"


def misplaced_hint(key: str, address: Address) -> str:
    """
    Return where *key*, unknown in the mapping at *address*, belongs; "" if it is not known.

    In `roles`, `services` and `keys` every key is a name; only keys of the level below count.
    """
    here = _level(address)
    if len(address) == 1 and address[0] in _SECTIONS:
        below = _SECTIONS[str(address[0])]
        return f"it is a key of a {below}: {_look(below)}" if key in _KEYS[below] else ""
    if here is None:
        return ""
    if key in _TOP:
        return "it is a key of the whole manifest: check the indentation"
    of = [level for level, keys in _KEYS.items() if level != here and key in keys]
    if not of:
        return ""
    return f"it is a key of a {' or a '.join(of)}: {_look(_GRANT if _GRANT in of else of[0])}"


def _look(level: str) -> str:
    dash = " or a missing dash" if level == _GRANT else ""
    return f"check the indentation{dash}"


def _level(address: Address) -> str | None:
    match address:
        case ("roles", _, "grants", int()):
            return _GRANT
        case (str() as section, _) if section in _SECTIONS:
            return _SECTIONS[section]
        case _:
            return None
