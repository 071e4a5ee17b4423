"""References in a manifest's strings, replaced by what was fetched. Pure."""

from collections.abc import Callable, Iterator, Mapping

from faucet.control.texts import Text, texts
from faucet.diagnostics import Address, Diagnostic
from faucet.extension.secret_source import Fetched, SecretReference, Unreadable
from faucet.model.manifest.references import Reference, ReferenceSyntaxError, parse_references
from faucet.model.manifest.sections import Manifest
from faucet.secret import Secret

Secrets = Mapping[SecretReference, Fetched]


def references(
    manifest: Manifest, folder: str, secrets: Secrets | None = None
) -> frozenset[SecretReference]:
    """
    Return what must be fetched to resolve *manifest*; *folder* is the manifest's.

    The path of a JWKS file may itself hold references: with what was fetched for them in *secrets*,
    its file is among those returned. Repeat until nothing new is returned.
    """
    found: set[SecretReference] = set()
    filling = Filling(secrets or {}, folder)
    for text in texts(manifest):
        if text.mark is not None:
            found.update(filling.references_in(text))
        if text.address[-2:] == ("jwks", "file"):
            path = filling.text(text.text, text.address)
            if path is not None:
                found.add(jwks_reference(path, folder))
    return frozenset(found)


def jwks_reference(path: str, folder: str) -> SecretReference:
    """Return the reference under which the JWKS document at *path* is fetched."""
    return SecretReference(scheme="file", name=path, folder=folder)


class Filling:
    """
    Fills references from *secrets*.

    A missing value gives None, and one diagnostic for each string in *findings*.
    """

    def __init__(self, secrets: Secrets, folder: str) -> None:
        self._secrets = secrets
        self.folder = folder
        self.findings: list[Diagnostic] = []

    def text(self, text: str, address: Address) -> str | None:
        """Return *text* with its references replaced."""
        return self._join(_parts(text), address, lambda value: value)

    def dsn(self, text: str, address: Address, escape: Callable[[str, str], str]) -> str | None:
        """
        Return the DSN *text*, each reference encoded for its URL component.

        One at the start decides the form of the DSN, and is used as it is. *escape* is that of the
        driver's `DsnForms`.
        """
        parts = _parts(text)
        if not isinstance(parts[0], Reference):
            return self._join(parts, address, lambda value: escape(text, value))
        start = self._join(parts[:1], address, lambda value: value)
        if start is None:
            return None
        rest = self._join(parts[1:], address, lambda value: escape(start, value))
        return None if rest is None else start + rest

    def fetch_value(
        self, reference: SecretReference, address: Address, offset: int | None = None
    ) -> str | None:
        """Return the value of one reference, *offset* characters into its string."""
        secret = self._secrets.get(reference)
        value = secret.reveal() if isinstance(secret, Secret) else ""
        if value or reference.default:
            return value or reference.default
        reason = secret.reason if isinstance(secret, Unreadable) else ""
        self.findings.append(_missing(reference, address, offset, reason))
        return None

    def references_in(self, text: Text) -> Iterator[SecretReference]:
        """Yield the references in *text*."""
        for part in _parts(text.text):
            if isinstance(part, Reference):
                yield self._reference(part)

    def _join(
        self,
        parts: tuple[str | Reference, ...],
        address: Address,
        write: Callable[[str], str],
    ) -> str | None:
        filled = ""
        for part in parts:
            if isinstance(part, str):
                filled += part
                continue
            value = self.fetch_value(self._reference(part), address, part.position)
            if value is None:
                return None
            filled += write(value)
        return filled

    def _reference(self, part: Reference) -> SecretReference:
        return SecretReference(
            scheme=part.scheme, name=part.name, default=part.default, folder=self.folder
        )


def _parts(text: str) -> tuple[str | Reference, ...]:
    try:
        return parse_references(text)
    except ReferenceSyntaxError:
        return (text,)  # rejected by validate


def _missing(
    reference: SecretReference, address: Address, offset: int | None, reason: str
) -> Diagnostic:
    match reference.scheme:
        case "env":
            what = f'the environment variable "{reference.name}" is not set, or empty'
            hint = f"set {reference.name} where the server starts"
        case "file":
            why = f"cannot be read: {reason}" if reason else "is empty"
            what = f'the file "{reference.name}" {why}'
            hint = "relative paths are resolved from the folder of the manifest"
        case scheme:
            what = f'"{scheme}" has no value for "{reference.name}"'
            hint = ""
    return Diagnostic(code="FCT1301", message=what, hint=hint, address=address, offset=offset)
