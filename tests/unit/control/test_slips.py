"""Slips in the YAML of a manifest: each is found where it is, with what to write in its place."""

import pytest

from faucet.control.load import source_text
from faucet.control.pipeline import check_manifest
from faucet.diagnostics import Severity
from faucet.standard import standard_registry

_FACTS = standard_registry().facts()
_GOOD = """\
version: 1
services:
  shop: {driver: sqlite, dsn: shop.db}
auth: {anonymous: r}
roles:
  r:
    grants:
      - service: shop
        tables: [items]
        verbs: [GET]
"""
_QUOTED = "in quotes"
_MERGE = "keep one side of the merge"
_REPLACE = "which looks like another"


def _with(old: str, new: str) -> str:
    assert old in _GOOD
    return _GOOD.replace(old, new, 1)


def _grant(line: str) -> str:
    return f"{_GOOD}        {line}\n"


_SLIPS = {
    "a quoted version": (_with("1", '"1"'), "1:10", "write 1, without quotes"),
    "a null mask": (_grant("mask: {x: null}"), "11:19", 'write it in quotes: "null"'),
    "a tilde as mask": (_grant("mask: {x: ~}"), "11:19", 'write it in quotes: "null"'),
    "an unquoted preset": (_grant("set: {x: {claims.y}}"), "11:15", '"{claims.y}"'),
    "a rule that is a claim": (_grant("rows: {principal.name}"), "11:9", '"{principal.name}"'),
    "a rule that starts with {": (_grant("rows: {claims.x} = y"), "11:26", _QUOTED),
    "a rule in a flow mapping": (
        _with("tables: [items]", "x: {rows: a = {claims.b}}"),
        "9:23",
        'put the value with { in quotes: "column = {claims.NAME}"',
    ),
    "curly quotes in a rule": (_grant("rows: a = \u2018x\u2019"), "11:19", "straight quotes"),
    "a rule that starts with a string": (_grant("rows: 'x' = a"), "11:19", "the whole value in"),
    "a rule with a colon": (_grant("rows: a = 'x: y'"), "11:21", "that contains ': ' in quotes"),
    "a bare *": (_grant("fields: [*]"), "11:19", '"*"'),
    "a bare !": (_grant("fields: [!x]"), "11:20", '"!name"'),
    "a reserved character": (_with("anonymous: r", "anonymous: @r"), "4:19", _QUOTED),
    "a template": (_with("shop.db", "{{ DSN }}"), "3:32", "put a value with braces in quotes"),
    "curly quotes": (_with("shop.db", "“shop.db”"), "3:31", "write straight quotes"),
    "curly quotes of one stroke": (
        _with("shop.db", "\u2018shop.db\u2019"),
        "3:31",
        "write straight quotes",
    ),
    "a key in curly quotes": (_with("driver", "“driver”"), "3:10", "write straight quotes"),
    "a merge": (_with("auth", "<<<<<<< HEAD\nauth"), "4:1", _MERGE),
    "the middle of a merge": (_with("auth", "=======\nauth"), "4:1", _MERGE),
    "the end of a merge": (_with("auth", ">>>>>>> main\nauth"), "4:1", _MERGE),
    "the base of a merge": (_with("auth", "||||||| 1a2b\nauth"), "4:1", _MERGE),
    "an unclosed double quote": (_with("shop.db", '"shop.db'), "3:31", "close the quote"),
    "an unclosed single quote": (_with("shop.db", "'shop.db"), "3:31", "close the quote"),
    "an unclosed bracket": (_with("[items]", "[items"), "10:14", "close the bracket above with ]"),
    "an unclosed brace": (_with("db}", "db"), "4:5", "close the bracket above with }"),
    "a second bracket": (_with("[items]", "[items]]"), "9:24", "remove the ]"),
    "no blank after the colon": (_with("version: 1", "version:1"), "2:9", "write a space after"),
    "nor in braces": (_with("driver: ", "driver:"), "3:10", "write a space after driver:"),
    "no blank after the dash": (_with("[items]", "\n          -items"), "10:11", "after each dash"),
    "a tab": (_with("        tables", "\ttables"), "9:1", "indent with spaces"),
    "a blank that does not break": (_with("driver: ", "driver:\u00a0"), "3:10", _REPLACE),
    "such an indentation": (_with("        tables", "\u00a0       tables"), "10:9", _REPLACE),
    "a wide colon": (_with("anonymous: r", "anonymous\uff1ar"), "4:8", _REPLACE),
    "an invisible character": (_with("sqlite", "sqlite\u200b"), "3:18", _REPLACE),
    "a mark of byte order inside": (_with("auth", "\ufeffauth"), "4:2", _REPLACE),
    "a key twice": (_grant("verbs: [GET]"), "11:9", "keep one of the two"),
    "an alias of nothing": (_with("[items]", "*items"), "9:17", "starts with * in quotes"),
    "a tag": (_with("shop.db", "!env DSN"), "3:31", "remove the tag"),
    "yes": (_with("shop.db", "shop.db, read_only: yes"), "3:51", "write true, without quotes"),
    "off": (_with("shop.db", "shop.db, read_only: off"), "3:51", "write false, without quotes"),
    "a quoted true": (_with("shop.db", 'shop.db, read_only: "true"'), "3:51", "write true,"),
    "one as true": (_with("shop.db", "shop.db, read_only: 1"), "3:51", "write true,"),
    "a quoted port": (f'{_GOOD}server: {{port: "8080"}}\n', "11:16", "write 8080, without quotes"),
    "a bare duration": (f"{_GOOD}server: {{body_timeout: 30}}\n", "11:24", "such as 500ms, 30s"),
    "a number as a table": (_with("[items]", "[2024]"), "9:18", 'write it in quotes: "2024"'),
    "true as a table": (_with("[items]", "[true]"), "9:18", 'write it in quotes: "true"'),
    "a number as a key": (_grant("mask: {7: hash}"), "11:16", 'write it in quotes: "7"'),
    "a string for a list": (_with("[GET]", "GET"), "10:16", "write [GET]"),
    "a list for a mapping": (_with("  r:\n", "  - r:\n"), "5:1", "replace each dash with NAME:"),
    "a mapping for a list": (
        _with("- service: shop\n  ", "service: shop\n").replace("        verbs", "      verbs"),
        "7:5",
        "start each item with a dash",
    ),
    "a comment of JSON": (f"{_GOOD}// done\n", "11:1", "a comment starts with #"),
    "another format": ('version = 1\n[services]\nname = "x"\n', "1:1", "a space after the colon"),
    "a second document": (f"{_GOOD}---\nversion: 1\n", "11:1", "remove the --- line"),
    "nothing but a key": (f"{_GOOD}keys:\n", "11:1", "write a value, or remove the key"),
}
_FILES = {
    "UTF-16": (_GOOD.encode("utf-16"), "save it as UTF-8"),
    "UTF-16 without a mark": (_GOOD.encode("utf-16-le"), "save it as UTF-8"),
    "Latin-1": (_GOOD.replace("r}", "é}").encode("latin-1"), "save it as UTF-8"),
    "line ends of old": (_GOOD.replace("\n", "\r").encode(), "with the line ends LF or CRLF"),
    "a compressed file": (b"\x1f\x8b\x08\x00", "a manifest is a YAML file"),
    "a database": (b"SQLite format 3\x00", "a manifest is a YAML file"),
}
_MEANT = {
    "a mark of byte order": f"\ufeff{_GOOD}",
    "line ends of Windows": _GOOD.replace("\n", "\r\n"),
    "JSON": '{"version": 1, "services": {},}',
    "an anchor": _with("[items]", "&all [items]").replace(
        "[GET]\n", "[GET]\n      - {service: shop, tables: *all, verbs: [PUT]}\n"
    ),
    "a leading zero": f"{_GOOD}server: {{port: 08080}}\n",
    "octal": f"{_GOOD}server: {{port: 0o17620}}\n",
    "the end of a document": f"{_GOOD}...\n",
    "curly quotes in quotes": _with("shop.db", "shop.db, label: '“Shop”'"),
    "a merge in a text": _with(
        "dsn: shop.db}", "dsn: shop.db}\n  b:\n    driver: sqlite\n    dsn: |\n      =======b.db"
    ),
}


@pytest.mark.fault("operators.manifests")
@pytest.mark.parametrize(("text", "place", "fix"), _SLIPS.values(), ids=_SLIPS)
def test_a_slip_is_told_what_to_write_with_its_place(text: str, place: str, fix: str):
    found = check_manifest((source_text("faucet.yaml", text.encode()),), _FACTS, None)

    told = {
        f"{one.span.line}:{one.span.column}": f"{one.message} {one.hint}"
        for one in found.diagnostics
        if one.span and one.severity is Severity.ERROR
    }
    assert fix in told.get(place, ""), told


@pytest.mark.fault("operators.manifests")
@pytest.mark.parametrize(("data", "fix"), _FILES.values(), ids=_FILES)
def test_a_file_of_another_format_is_told_how_to_save_it(data: bytes, fix: str):
    found = check_manifest((source_text("faucet.yaml", data),), _FACTS, None)

    assert [(one.code, fix in one.hint) for one in found.diagnostics] == [("FCT1001", True)]


@pytest.mark.parametrize("text", _MEANT.values(), ids=_MEANT)
def test_what_yaml_defines_is_no_slip(text: str):
    found = check_manifest((source_text("faucet.yaml", text.encode()),), _FACTS, None)

    assert [one for one in found.diagnostics if one.severity is Severity.ERROR] == []
