"""A surface in service, as the request plane sees it."""

from collections.abc import Callable, Mapping

import msgspec

from faucet.extension.executor import Executor
from faucet.extension.registry import Registry
from faucet.model.request import Reply
from faucet.model.surface import Surface
from faucet.request.authenticate import Authentication, build_authentication
from faucet.request.encode import ReplyHeaders, reply_headers
from faucet.request.execute import Share, StatementCache
from faucet.request.known_reads import KnownReads
from faucet.secret import Secret, derive_key
from faucet.sql.render import RenderContext
from faucet.workers import Workers


class LastReload(msgspec.Struct, frozen=True, kw_only=True):
    """
    The result of the latest load; *at* is RFC 3339, *diagnostics* as `faucet check` prints them.
    """

    ok: bool
    at: str
    diagnostics: tuple[Mapping[str, object], ...] = ()


class GenerationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What `GET system/generation` returns."""

    number: int
    fingerprint: str | None
    loaded_at: str | None
    last_reload: LastReload | None


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """
    Callbacks from a generation to its process.

    *readiness* gives ok, degraded or unreachable by service, *clock* seconds since 1970. *docs*
    gives the reply for a raw path at or below ``/docs``, None if there is no such asset. *report*
    takes the request id and the error of a failure for the log only. *workers* run what requests
    would block the event loop with, at most half of them for one principal. *schema_changed* takes
    the name of a service whose tables are not those of its catalog.
    """

    status: Callable[[], GenerationStatus]
    readiness: Callable[[], Mapping[str, str]]
    draining: Callable[[], bool]
    docs: Callable[[str], Reply | None]
    clock: Callable[[], float]
    report: Callable[[str, BaseException], None]
    workers: Workers
    schema_changed: Callable[[str], None] = lambda _service: None


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """One surface with everything to handle its requests. Created by `open_generation`."""

    number: int
    surface: Surface
    executors: Mapping[str, Executor]
    shares: Mapping[str, Share]
    process: Process
    authentication: Authentication
    reply_headers: ReplyHeaders
    render_contexts: Mapping[str, RenderContext]
    statements: StatementCache
    known_reads: KnownReads


def open_generation(  # noqa: PLR0913 - all are needed, and most are keywords
    surface: Surface,
    registry: Registry,
    process: Process,
    *,
    number: int,
    executors: Mapping[str, Executor],
    shares: Mapping[str, Share],
    purpose_key: Secret,
) -> Generation:
    """
    Return a generation of *surface*, numbered *number*.

    *executors* and the *shares* of their pools are by service; one that was unreachable at compile
    time may be missing.
    *purpose_key* is the root of the key of keyed masks. Raises `ValueError` for settings that a
    check should have found.
    """
    mask_key = derive_key(purpose_key, "masks")
    return Generation(
        number=number,
        surface=surface,
        executors=executors,
        shares=shares,
        process=process,
        authentication=build_authentication(
            surface.auth,
            surface.server.trusted_proxies,
            surface.roles,
            registry.auth_providers.values(),
        ),
        reply_headers=reply_headers(number, surface.auth.api_key_header),
        render_contexts={
            name: RenderContext(
                forms=registry.dialects[service.dialect].forms(),
                options=service.values,
                transforms=registry.transforms,
                mask_key=mask_key,
                max_bytes=surface.server.max_response,
            )
            for name, service in surface.services.items()
        },
        statements=StatementCache(),
        known_reads=KnownReads(),
    )
