"""The guide says what the code does: generated parts, names, snippets, commands and links."""

import re
from pathlib import Path

import pytest

from faucet.control.load import SourceText
from faucet.control.pipeline import check_manifest
from faucet.diagnostics import has_errors
from tests.factories import FACTS
from tests.generated_docs import ROOT, commands, error_kinds, written_anew
from tests.golden_files import Golden

_PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / folder / "README.md" for folder in ("plugins", "schema", "tests")),
    ROOT / "faucet" / "ARCHITECTURE.md",
]
_GENERATED = [page for page in _PAGES if "<!-- generated:" in page.read_text(encoding="utf-8")]
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_KINDS = error_kinds()

# What the fragments of the guide leave out, where they do not say it themselves.
_AROUND = {
    "services": "services: {shop: {driver: sqlite, dsn: shop.db}}",
    "roles": "roles: {clerk: {grants: [{service: shop, tables: [orders], verbs: [GET]}]}}",
}


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _blocks(page: Path, language: str) -> list[str]:
    found = _FENCED.findall(page.read_text(encoding="utf-8"))
    return [text for spoken, text in found if spoken == language]


def _manifests() -> list[tuple[str, str]]:
    """Whole manifests of every page, and the fragments of the page about the manifest."""
    found = []
    for page in _PAGES:
        for number, text in enumerate(_blocks(page, "yaml"), 1):
            if re.search(r"^version: 1$", text, re.MULTILINE):
                found.append((f"{_name(page)}-{number}", text))
            elif page.name == "manifest.md":
                parts = [part for key, part in _AROUND.items() if f"\n{key}:" not in f"\n{text}"]
                found.append((f"{_name(page)}-{number}", "\n".join(["version: 1", *parts, text])))
    return found


def _calls() -> list[str]:
    """Every line of a shell snippet that calls the command line."""
    lines = (line for page in _PAGES for text in _blocks(page, "sh") for line in text.splitlines())
    return [
        found[0] for line in lines if (found := re.search(r"(?<![\w/.-])faucet [a-z][^|)#]*", line))
    ]


@pytest.mark.parametrize("page", _GENERATED, ids=_name)
def test_a_generated_part_is_what_the_code_says(page: Path, golden: Golden):
    golden(page, written_anew(page.read_text(encoding="utf-8")))


def test_every_kind_of_generated_part_stands_somewhere():
    text = "".join(page.read_text(encoding="utf-8") for page in _GENERATED)

    assert set(re.findall(r"<!-- generated:(\w+) -->", text)) == {
        "commands",
        "errors",
        "events",
        "modules",
        "promises",
    }


def test_error_types_are_words_that_are_used_once():
    types = [kind.type for kind in _KINDS.values()]

    assert len(types) == len(set(types))
    assert all(re.fullmatch(r"[a-z][a-z_]*", word) for word in types)


@pytest.mark.parametrize("name", _KINDS)
def test_an_error_is_shown_by_a_test(name: str):
    wanted = re.compile(rf"\b({name}|{_KINDS[name].type})\b")
    tests = (path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__))

    assert any(wanted.search(path.read_text(encoding="utf-8")) for path in tests)


def test_every_module_is_named_in_the_architecture():
    text = (ROOT / "faucet" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    modules = {path.name for path in (ROOT / "faucet").rglob("*.py") if path.name != "__init__.py"}

    assert {name for name in modules if f"- `{name}`:" not in text} == set()


@pytest.mark.parametrize(("name", "text"), _manifests(), ids=[name for name, _ in _manifests()])
def test_a_manifest_in_the_docs_has_no_errors(name: str, text: str):
    checked = check_manifest((SourceText(name=name, text=text),), FACTS, None)

    assert not has_errors(checked.diagnostics), checked.diagnostics


@pytest.mark.parametrize("line", sorted(set(_calls())))
def test_a_command_in_the_docs_exists_with_its_options(line: str):
    known = commands()
    words = next(
        (each for each in sorted(known, key=len, reverse=True) if line.startswith(each)), ""
    )

    assert words, line
    options = {option for parameter in known[words].params for option in parameter.opts}
    assert set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", line)) - options == set()


def test_every_environment_variable_of_the_code_is_in_the_guide():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "faucet").rglob("*.py"))
    guide = (ROOT / "docs" / "manifest.md").read_text(encoding="utf-8")

    assert (
        set(re.findall(r"FAUCET_[A-Z_]+", code)) - set(re.findall(r"FAUCET_[A-Z_]+", guide))
        == set()
    )


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_a_link_leads_somewhere(page: Path):
    dead = [
        link for link in _LINK.findall(page.read_text(encoding="utf-8")) if _is_dead(page, link)
    ]

    assert dead == []


def _is_dead(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return False
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return True
    return bool(anchor) and anchor not in _anchors(target.read_text(encoding="utf-8"))


def _anchors(text: str) -> set[str]:
    """The anchors that a page's headings get, as hosts of repositories make them."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", text), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}
