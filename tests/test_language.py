"""Text for users avoids certain phrases; single words: docs/codespell-faucet.txt."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_FILES = ("*.md", "faucet.yaml.example", "docs", "plugins", "schema", "tests/*.md", "tests/*.toml")
_CODE = ("faucet",)
_SUFFIXES = {".example", ".html", ".json", ".md", ".py", ".toml"}

# Blanks match line breaks too. A replacement is a suggestion for whoever reads the failure.
_AVOID = {
    r"serv(e|es|ed|ing) on\b": "keeps serving, stays in service",
    r"what (was )?served (before|last)": "the previous configuration stays in service",
    r"(take|takes|took|taken|taking) up\b": "applied, live",
    r"(take|takes|taken|taking) (it|them|the change) back": "revert the change, revoke the key",
    r"(take|takes|took|taken|taking) (it |them )?away": "exclude, remove",
    r"take (every|this) warning for an error": "treat warnings as errors",
    r"(?<!there\s)is no (?!longer|more|less|other|larger|smaller)\w+": "is not a …; unknown …",
    r"is an? text\b": "must be a string",
    r"from \d+ on\b": "must be a non-negative integer, at least …",
    r"ends? (it |the process )?with (a )?(0|1|2|3|code)\b": "exits with 1",
    r"(stand|stands|stood) (above|after|before|below|beside|here|in|on|there|under)\b": "is in",
    r"(lie|lies|lay) (above|below|beside|in|on|under)\b": "is in",
    r"(is|are|was|were|be|been) (said|told)\b": "set, stated, reported",
    r"(unless|if|where) said\b": "default: …",
    r"says? nothing of": "has no …",
    r"tells? of\b": "reveals",
    r"not let (it |them )?be \w+": "does not allow you to …",
    r"meant by nothing|neither all nor none": "ambiguous: it could mean all or none",
    r"whatever (the|its) body says": "whatever the body contains",
    r"not there yet": "not implemented yet",
    r"not looked at": "not checked",
    r"(database|databases) (not be reached|is asked|are asked)": "cannot be reached, is queried",
    r"(hold|holds|held|holding) (the \w+ )?against\b": "checks against, compares with",
    r"in the place of": "instead of, replace … with",
}
_PATTERNS = {
    re.compile(rf"(?i)\b(?:{phrase.replace(' ', chr(92) + 's+')})"): instead
    for phrase, instead in _AVOID.items()
}


def _files() -> Iterator[Path]:
    for pattern in (*_FILES, *_CODE):
        for path in sorted(_ROOT.glob(pattern)):
            yield from sorted(path.rglob("*")) if path.is_dir() else (path,)


def _pages() -> list[Path]:
    return [path for path in _files() if path.suffix in _SUFFIXES and "assets" not in path.parts]


def _found(text: str) -> Iterator[str]:
    for pattern, instead in _PATTERNS.items():
        for found in pattern.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield f'line {line}: "{" ".join(found[0].split())}"; write: {instead}'


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.relative_to(_ROOT).as_posix())
def test_a_page_uses_no_phrase_to_avoid(page: Path):
    assert list(_found(page.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "Generation 3 serves on.",
        "The change is taken\nup.",
        '"ordrs" is no key of a service',
        "The value is a text.",
        "an integer from 0 on",
        "It ends with 1 where a file is faulty.",
        "The password stands in the file.",
        "Take every warning for an error.",
    ],
)
def test_a_phrase_to_avoid_is_found(text: str):
    assert len(list(_found(text))) == 1


@pytest.mark.parametrize(
    "text", ["There is no table of that name.", "The role is no longer there.", "It is not a key."]
)
def test_standard_phrases_are_not_found(text: str):
    assert list(_found(text)) == []
