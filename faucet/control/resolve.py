"""`Manifest` and fetched secrets to `Settings`: nothing left to look up. Pure."""

from collections.abc import Mapping

from msgspec import UNSET

from faucet.control.filling import Filling, Secrets, jwks_reference, references
from faucet.control.overrides import OWN_PROVIDER, Overrides
from faucet.control.resolve_auth import resolve_auth
from faucet.control.resolve_roles import resolve_roles
from faucet.diagnostics import Address, Diagnostic, Outcome, Severity, has_errors
from faucet.model.bounds import LEAST_SECRET_BYTES, MOST_PORT, is_short_secret
from faucet.model.dsn import DsnError, read_dsn
from faucet.model.facts import Facts
from faucet.model.limits import LimitSettings, read_limits, tighten, top_limits
from faucet.model.manifest.scalars import FORMATS, LEVELS
from faucet.model.manifest.sections import Manifest, Service
from faucet.model.manifest.server import Cors
from faucet.model.manifest.units import parse_duration, parse_rate, parse_size
from faucet.model.settings import (
    CorsSettings,
    Journal,
    JsonText,
    LoggingSettings,
    McpSettings,
    NumberForm,
    PoolSettings,
    RoleSettings,
    ServerSettings,
    ServiceSettings,
    Settings,
    TimestampForm,
    ValueOptions,
    WatchMode,
)
from faucet.secret import Secret

__all__ = ["Overrides", "jwks_reference", "references", "resolve"]

_MOST_POOL = 10_000


def resolve(
    manifest: Manifest, facts: Facts, secrets: Secrets, overrides: Overrides, folder: str
) -> Outcome[Settings]:
    """
    Return *manifest* with every reference replaced, or what prevents that.

    *secrets* holds what was fetched for each of `references`; None is missing, which is an error
    unless the reference has a default. *overrides* take precedence over the manifest. *facts* know
    every driver that it names.
    """
    stage = _Resolving(manifest, facts, Filling(secrets, folder), overrides)
    settings = stage.settings()
    diagnostics = tuple(stage.filling.findings)
    return Outcome(
        value=None if has_errors(diagnostics) else settings,
        diagnostics=diagnostics,
    )


class _Resolving:
    def __init__(
        self, manifest: Manifest, facts: Facts, filling: Filling, overrides: Overrides
    ) -> None:
        self._manifest = manifest
        self._dsn_forms = facts.dsn_forms
        self._overrides = overrides
        self.filling = filling

    def settings(self) -> Settings:
        manifest = self._manifest
        top = top_limits(read_limits(manifest.limits))
        auth = resolve_auth(manifest, self.filling, self._overrides, top)
        own = next((one.secret for one in auth.providers if one.name == OWN_PROVIDER), None)
        return Settings(
            server=self._server(),
            auth=auth,
            limits=top,
            services={
                name: self._service(name, service, top)
                for name, service in manifest.services.items()
            },
            roles=self._roles(),
            logging=self._logging(),
            mcp=self._mcp(),
            purpose_key=self._purpose_key() or own,
        )

    def _roles(self) -> Mapping[str, RoleSettings]:
        resolved = resolve_roles(self._manifest)
        self.filling.findings.extend(resolved.diagnostics)
        return resolved.value or {}

    def _purpose_key(self) -> Secret | None:
        secret = self._overrides.jwt_secret
        if secret is not None and is_short_secret(secret.reveal()):
            self._report(
                "FCT1306",
                f"FAUCET_AUTH_JWT_SECRET has fewer than {LEAST_SECRET_BYTES} bytes",
                (),
                Severity.WARNING,
            )
        return secret

    def _server(self) -> ServerSettings:
        server = self._manifest.server
        host = self._overrides.host or self.filling.text(server.host, ("server", "host"))
        port = self._overrides.port
        if port is None:
            port = self._number(server.port, ("server", "port"), 0, MOST_PORT)
        return ServerSettings(
            host=host or "",
            port=port,
            shutdown_timeout=parse_duration(server.shutdown_timeout),
            head_timeout=parse_duration(server.head_timeout),
            body_timeout=parse_duration(server.body_timeout),
            min_rate=parse_rate(server.min_rate),
            max_connections=None if server.max_connections is UNSET else server.max_connections,
            allowed_hosts=tuple(host.lower() for host in server.allowed_hosts),
            max_body=parse_size(server.max_body),
            max_response=parse_size(server.max_response),
            trusted_proxies=server.trusted_proxies,
            cors=None if server.cors is UNSET else _cors(server.cors),
            root_path="" if server.root_path is UNSET else server.root_path,
            docs=server.docs,
            watch=WatchMode(server.watch),
        )

    def _service(self, name: str, service: Service, top: LimitSettings) -> ServiceSettings:
        here = ("services", name)
        pool = service.pool
        return ServiceSettings(
            name=name,
            dialect=service.driver,
            dsn=Secret(self._dsn(service, (*here, "dsn"))),
            label=service.label or None,
            schema=service.schema or None,
            required=service.required,
            read_only=service.read_only or service.immutable,
            journal=Journal(service.journal),
            immutable=service.immutable,
            expose_raise=service.expose_raise,
            pooled=service.pooler is not UNSET or not service.prepare,
            catalog_refresh=None
            if service.catalog_refresh is UNSET
            else parse_duration(service.catalog_refresh),
            pool=PoolSettings(
                size=self._number(pool.size, (*here, "pool", "size"), 1, _MOST_POOL),
                acquire_timeout=parse_duration(pool.acquire_timeout),
                max_lifetime=parse_duration(pool.max_lifetime),
            ),
            tables=service.tables,
            values=ValueOptions(
                integers=NumberForm(service.integers),
                decimals=NumberForm(service.decimals),
                timestamps=TimestampForm(service.timestamps),
                json_text=None if service.json_text is UNSET else JsonText(service.json_text),
            ),
            resources=service.resources,
            limits=tighten(top, read_limits(service.limits)),
        )

    def _dsn(self, service: Service, address: Address) -> str:
        escape = self._dsn_forms[service.driver].escape
        filled = self.filling.dsn(service.dsn, address, escape)
        if filled is None:
            return ""
        try:
            return read_dsn(service.driver, filled, self.filling.folder, self._dsn_forms)
        except DsnError as error:
            self._report("FCT1302", str(error), address)
            return ""

    def _mcp(self) -> McpSettings:
        written, enabled = self._manifest.mcp, self._overrides.mcp_enabled
        return McpSettings(
            enabled=written.enabled if enabled is None else enabled,
            allowed_origins=tuple(origin.lower() for origin in written.allowed_origins),
            instructions=written.instructions or None,
        )

    def _logging(self) -> LoggingSettings:
        written = self._manifest.logging
        level, form = self._overrides.log_level, self._overrides.log_format
        return LoggingSettings(
            level=level or self._choice(written.level, ("logging", "level"), LEVELS),
            format=form or self._choice(written.format, ("logging", "format"), FORMATS),
            access=written.access,
        )

    def _choice(self, text: str, address: Address, choices: tuple[str, ...]) -> str:
        filled = self.filling.text(text, address)
        if filled is not None and filled not in choices:
            self._report("FCT1303", f"the value must be one of {', '.join(choices)}", address)
        return filled or choices[0]

    def _number(self, value: int | str, address: Address, least: int, most: int) -> int:
        if isinstance(value, int):
            return value
        filled = self.filling.text(value, address)
        if filled is None:
            return least
        digits = filled.strip()
        if digits.isascii() and digits.isdecimal() and len(digits) <= len(str(most)):
            number = int(digits)
            if least <= number <= most:
                return number
        self._report("FCT1303", f"the value must be a number from {least} to {most}", address)
        return least

    def _report(
        self, code: str, message: str, address: Address, severity: Severity = Severity.ERROR
    ) -> None:
        self.filling.findings.append(
            Diagnostic(code=code, message=message, address=address, severity=severity)
        )


def _cors(cors: Cors) -> CorsSettings:
    return CorsSettings(
        origins=tuple(origin.lower() for origin in cors.origins), credentials=cors.credentials
    )
