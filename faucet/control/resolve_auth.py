"""The part of resolve for authentication: token providers and API keys. Pure."""

from msgspec import UNSET

from faucet.control.filling import Filling, jwks_reference
from faucet.control.overrides import OWN_PROVIDER, Overrides
from faucet.diagnostics import Address, Diagnostic
from faucet.model.bounds import LEAST_SECRET_BYTES, is_short_secret
from faucet.model.jwks import JwksError, read_jwks
from faucet.model.limits import LimitSettings, read_limits, tighten
from faucet.model.manifest.scalars import read_hash
from faucet.model.manifest.sections import JwtProvider, Key, Manifest
from faucet.model.manifest.units import parse_duration, parse_instant
from faucet.model.settings import ApiKey, AuthSettings, JwtSettings
from faucet.names import is_key_header
from faucet.secret import Secret


def resolve_auth(
    manifest: Manifest, filling: Filling, overrides: Overrides, top: LimitSettings
) -> AuthSettings:
    """Return the settings of authentication; faults are reported to *filling*."""
    stage = _ResolvingAuth(manifest, filling, overrides)
    return stage.settings(top)


class _ResolvingAuth:
    def __init__(self, manifest: Manifest, filling: Filling, overrides: Overrides) -> None:
        self._manifest = manifest
        self._filling = filling
        self._overrides = overrides
        self._digests: dict[str, str] = {}
        self._issuers: dict[str, str] = {}

    def settings(self, top: LimitSettings) -> AuthSettings:
        auth = self._manifest.auth
        return AuthSettings(
            api_key_header=self._header(),
            anonymous=auth.anonymous or None,
            providers=tuple(self._provider(name, one) for name, one in auth.jwt.items()),
            keys=tuple(self._key(name, key, top) for name, key in self._manifest.keys.items()),
        )

    def _header(self) -> str:
        address = ("auth", "api_key_header")
        name = self._overrides.api_key_header or self._filling.text(
            self._manifest.auth.api_key_header, address
        )
        if name is not None and not is_key_header(name):
            self._report("FCT1303", "the value cannot be the header of API keys", address)
        return name or ""

    def _provider(self, name: str, provider: JwtProvider) -> JwtSettings:
        here = ("auth", "jwt", name)
        issuer = self._optional(provider.issuer or None, (*here, "issuer"))
        if issuer is not None and self._issuers.setdefault(issuer, name) != name:
            message = f'the issuer is already used by "{self._issuers[issuer]}"'
            self._report("FCT1305", message, (*here, "issuer"))
        return JwtSettings(
            name=name,
            algorithms=provider.algorithms,
            secret=None if provider.jwks else self._secret(name, provider, here),
            jwks=self._jwks(provider, (*here, "jwks", "file")),
            issuer=issuer,
            audience=self._optional(provider.audience or None, (*here, "audience")),
            role_claim=provider.role_claim,
            roles=provider.roles or None,
            claims=_claims(provider),
            leeway=parse_duration(provider.leeway),
        )

    def _optional(self, text: str | None, address: Address) -> str | None:
        return None if text is None else self._filling.text(text, address)

    def _secret(self, name: str, provider: JwtProvider, here: Address) -> Secret | None:
        address = (*here, "secret") if provider.secret else here
        if name == OWN_PROVIDER and self._overrides.jwt_secret is not None:
            secret: str | None = self._overrides.jwt_secret.reveal()
        elif provider.secret:
            secret = self._filling.text(provider.secret, address)
        else:
            message = "the provider has no secret, and FAUCET_AUTH_JWT_SECRET is not set"
            self._report("FCT1301", message, address)
            return None
        if secret is not None and is_short_secret(secret):
            self._report(
                "FCT1304",
                f"an HMAC secret must have at least {LEAST_SECRET_BYTES} bytes",
                address,
            )
        return None if secret is None else Secret(secret)

    def _jwks(self, provider: JwtProvider, address: Address) -> str | None:
        if not provider.jwks:
            return None
        path = self._filling.text(provider.jwks.file, address)
        if path is None:
            return None
        document = self._filling.fetch_value(jwks_reference(path, self._filling.folder), address)
        if document is None:
            return None
        try:
            keys = read_jwks(document)
        except JwksError as error:
            self._report("FCT1307", str(error), address)
            return None
        if not any(key.fits(one) for key in keys for one in provider.algorithms):
            algorithms = ", ".join(provider.algorithms)
            self._report("FCT1307", f"no key of the document supports {algorithms}", address)
        return document

    def _key(self, name: str, key: Key, top: LimitSettings) -> ApiKey:
        here = ("keys", name)
        digests = (self._digest(name, text, (*here, "hash", i)) for i, text in enumerate(key.hash))
        return ApiKey(
            name=name,
            role=key.role,
            digests=frozenset(digest for digest in digests if digest is not None),
            claims=key.claims,
            expires=None if key.expires is UNSET else parse_instant(key.expires),
            allow_from=key.allow_from or (),
            limits=tighten(top, read_limits(key.limits)),
        )

    def _digest(self, name: str, text: str, address: Address) -> str | None:
        filled = self._filling.text(text, address)
        if filled is None:
            return None
        digest = read_hash(filled.strip())
        if digest is None:
            message = "the value must be sha256: followed by 64 hexadecimal digits"
            self._report("FCT1303", message, address)
        elif self._digests.setdefault(digest, name) != name:
            message = f'the hash is already used by "{self._digests[digest]}"'
            self._report("FCT1305", message, address)
        return digest

    def _report(self, code: str, message: str, address: Address) -> None:
        self._filling.findings.append(Diagnostic(code=code, message=message, address=address))


def _claims(provider: JwtProvider) -> frozenset[str] | None:
    if provider.claims is not UNSET:
        return frozenset(provider.claims)
    return frozenset() if provider.issuer or provider.jwks else None
