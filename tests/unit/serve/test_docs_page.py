"""The interactive reference."""

import re
from pathlib import Path
from urllib.parse import urljoin

import faucet.serve.docs_page
from faucet.model.request import Reply
from faucet.serve.docs_page import docs_page


def _reply(path: str) -> Reply:
    reply = docs_page("X-API-Key")(path)
    assert reply is not None
    return reply


def _body(path: str) -> bytes:
    body = _reply(path).body
    assert isinstance(body, bytes)
    return body


def test_every_link_of_the_page_is_answered():
    page = _body("/docs").decode()
    links = re.findall(r'(?:href|src)="([^"?]+)', page)

    assert len(links) == 5
    assert all(_reply(urljoin("/docs", link)).status == 200 for link in links)


def test_the_page_and_its_assets_name_no_other_origin():
    page, script = _body("/docs").decode(), _body("/docs/docs.js").decode()

    assert re.findall(r"https?://", page + script) == []
    assert "default-src 'none'" in dict(_reply("/docs").headers)["content-security-policy"]
    assert "unsafe" not in dict(_reply("/docs").headers)["content-security-policy"]


def test_the_page_runs_no_inline_script_since_its_policy_forbids_it():
    page = _body("/docs").decode()

    assert re.findall(r"<script(?![^>]*src=)", page) == []
    assert re.findall(r"\son[a-z]+=|<style|style=", page) == []


def test_the_name_of_the_key_header_cannot_break_out_of_its_attribute():
    page = docs_page('X-"><script>')("/docs")

    assert page is not None
    assert isinstance(page.body, bytes)
    assert b'X-"><script>' not in page.body


def test_what_is_no_asset_is_nothing():
    find = docs_page("X-API-Key")

    assert [find(path) for path in ("/docs/", "/docs/../etc", "/docs/index.html", "")] == [None] * 4


def test_assets_may_be_kept_since_their_links_change_with_them():
    page, asset = _reply("/docs"), _reply("/docs/docs.js")

    assert dict(page.headers)["cache-control"] == "no-cache"
    assert "immutable" in dict(asset.headers)["cache-control"]
    assert re.search(rb"docs.js\?v=[0-9a-f]{16}", _body("/docs"))


def test_without_its_assets_the_page_says_what_to_run(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(faucet.serve.docs_page, "_swagger_ui", lambda name: tmp_path / name)
    faucet.serve.docs_page._assets.cache_clear()

    reply = _reply("/docs")

    faucet.serve.docs_page._assets.cache_clear()
    assert reply.status == 503
    assert isinstance(reply.body, bytes)
    assert b"make dev" in reply.body
    assert dict(reply.headers)["cache-control"] == "no-store"
