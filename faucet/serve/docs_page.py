"""The interactive reference at /docs, from packaged files only."""

import hashlib
import html
import mimetypes
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Final

from faucet.model.request import Reply

# Swagger UI's style sheet draws icons from data: URLs. Nothing else may load, run or frame.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_OWN: Final = ("docs.js", "docs.css")
_SWAGGER: Final = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")
_NOT_BUILT: Final = b"""\
The assets of this page are not built. In a checkout run `make run` or `make dev`, then restart;
a package that `pip install .` has built contains them.
"""
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

DocsPage = Callable[[str], Reply | None]


def docs_page(api_key_header: str) -> DocsPage:
    """
    Return the reply for a raw path at or below ``/docs``, or None if there is nothing.

    The page sends the key that the user enters in *api_key_header*, to this origin only. Without
    Swagger UI's files, as in a plain checkout, every reply has status 503 and names what to run.
    """
    try:
        replies = {"/docs": _page(api_key_header), **_assets()}
    except FileNotFoundError:
        return _not_built
    return MappingProxyType(replies).get


def _not_built(_path: str) -> Reply:
    headers = (("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store"))
    return Reply(status=503, headers=headers, body=_NOT_BUILT)


def _page(api_key_header: str) -> Reply:
    text = _own("docs.html").read_text(encoding="utf-8")
    text = text.replace("{{version}}", _version())
    text = text.replace("{{key-header}}", html.escape(api_key_header, quote=True))
    return _reply(text.encode(), "text/html; charset=utf-8", "no-cache")


@cache
def _version() -> str:
    """A digest of all assets; it is part of their links, so that they can be cached forever."""
    digest = hashlib.sha256()
    for file in sorted(_files(), key=lambda file: file.name):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def _assets() -> Mapping[str, Reply]:
    """All files below the page; read once, since they come with the installation."""
    return {
        f"/docs/{file.name}": _reply(file.read_bytes(), _type(file.name), _FOR_GOOD)
        for file in _files()
    }


def _files() -> list[Traversable]:
    return [*map(_own, _OWN), *map(_swagger_ui, _SWAGGER)]


def _own(name: str) -> Traversable:
    return resources.files("faucet.serve") / "docs" / name


def _swagger_ui(name: str) -> Traversable:
    return resources.files("faucet.serve") / "docs" / "assets" / name


def _type(name: str) -> str:
    suffix = name[name.rindex(".") :]
    return _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _reply(body: bytes, content_type: str, caching: str) -> Reply:
    headers = (
        ("content-type", content_type),
        ("etag", f'"{hashlib.sha256(body).hexdigest()[:32]}"'),
        ("cache-control", caching),
        ("content-security-policy", _POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    )
    return Reply(status=200, headers=headers, body=body)
