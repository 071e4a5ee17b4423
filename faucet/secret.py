"""A value that cannot be printed, serialized or compared with plain text."""

from typing import Final, NoReturn

_MASK: Final = "Secret(…)"


class Secret:
    """
    A secret string. Only `reveal()` returns it.

    Printing and formatting do not show it; pickling and JSON encoding fail. Two secrets are
    compared in constant time; a secret never equals a plain string.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself, for the call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return _MASK

    __str__ = __repr__

    def __format__(self, _spec: str, /) -> str:
        return _MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # It loads OpenSSL, which `faucet check` does not need.
        import hmac  # noqa: PLC0415

        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be serialized")


def derive_key(root: Secret, purpose: str) -> bytes:
    """
    Return the 32 bytes of *root*'s key for one *purpose*, which reveal nothing about any other's.
    """
    import hmac  # noqa: PLC0415

    return hmac.digest(root.reveal().encode(), b"faucet/" + purpose.encode(), "sha256")
