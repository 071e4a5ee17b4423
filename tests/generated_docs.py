"""The parts of the docs that are written from the code, between their markers."""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import click
import msgspec
from click.testing import CliRunner

from faucet import errors
from faucet.cli import main
from faucet.errors import ErrorKind
from faucet.events import Event
from faucet.model.settings import LoggingSettings
from faucet.serve.logs import lines_of

ROOT = Path(__file__).parents[1]
_MARKED = re.compile(r"(<!-- generated:(\w+) -->\n).*?(<!-- /generated -->)", re.DOTALL)


def written_anew(text: str) -> str:
    """Return *text* with what stands between its markers as the code has it now."""
    return _MARKED.sub(lambda found: f"{found[1]}{_PARTS[found[2]]()}{found[3]}", text)


def error_kinds() -> dict[str, ErrorKind]:
    """Return every kind of error that something in the package raises, by its constant."""
    used = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "faucet").rglob("*.py")
        if path != ROOT / "faucet" / "errors.py"
    )
    return {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, ErrorKind) and re.search(rf"\b{name}\b", used)
    }


def commands() -> dict[str, click.Command]:
    """Return every command that is shown, by its words."""
    return dict(_commands(main, "faucet"))


def _commands(command: click.Command, words: str) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield words, command
        return
    shown = re.findall(r"^  ([a-z]+) ", _help(words).partition("Commands:")[2], re.MULTILINE)
    for name in shown:
        found = command.get_command(click.Context(command), name)
        assert found is not None
        yield from _commands(found, f"{words} {name}")


def _help(words: str) -> str:
    arguments = [*words.split()[1:], "--help"]
    result = CliRunner().invoke(main, arguments, prog_name="faucet", terminal_width=80)
    assert result.exit_code == 0, result.output
    return result.output


def _errors() -> str:
    rows = sorted(error_kinds().values(), key=lambda kind: kind.status)
    lines = [f"| {kind.status} | `{kind.type}` | {kind.title} |" for kind in rows]
    return "\n".join(["| status | type | meaning |", "| --- | --- | --- |", *lines, ""])


def _help_texts() -> str:
    return "\n".join(f"### {words}\n\n```text\n{_help(words)}```\n" for words in commands())


def _events() -> str:
    rows = ["| event | level | fields | meaning |", "| --- | --- | --- | --- |"]
    for kind in get_args(Event):
        level, _, fields = lines_of(sample_event(kind))[-1]
        names = ", ".join(f"`{name}`" for name in fields if name != "event")
        text = re.sub(r"\*(\w+)\*", r"`\1`", _sentence(kind.__doc__ or ""))
        rows.append(f"| `{kind.__name__}` | {level} | {names} | {text} |")
    return "\n".join([*rows, ""])


def _sentence(docstring: str) -> str:
    return re.split(r"(?<=\.) ", " ".join(docstring.split()))[0]


def sample_event(kind: type[Any]) -> Event:
    """Return an event of *kind* in which no field is None."""
    named: dict[str, object] = {"level": "warning", "logging": LoggingSettings()}
    fields = msgspec.structs.fields(kind)
    made: Event = kind(**{each.name: named.get(each.name, _sample(each.type)) for each in fields})
    return made


def _sample(annotation: object) -> object:
    samples: dict[str, object] = {"int": 1, "str": "x", "float": 1.0, "bool": True, "tuple": ()}
    spelled = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return samples.get(re.split(r"\W", spelled)[0])


def _promises() -> str:
    declared = tomllib.loads((ROOT / "tests" / "requirements.toml").read_text(encoding="utf-8"))
    rows = [f"| {name} | {sentence} |" for name, sentence in declared["promises"].items()]
    return "\n".join(["| | guarantee |", "| --- | --- |", *rows, ""])


def _modules() -> str:
    lines: list[str] = []
    package = ROOT / "faucet"
    folders = [package, *sorted(path.parent for path in package.rglob("__init__.py"))[1:]]
    for folder in folders:
        named = "faucet" if folder == package else folder.relative_to(ROOT).as_posix()
        lines += [f"**`{named}/`** {_purpose(folder / '__init__.py')}", ""]
        for path in sorted(folder.glob("*.py")):
            if path.name != "__init__.py":
                lines.append(f"- `{path.name}`: {_purpose(path)}")
        if lines[-1]:
            lines.append("")
    return "\n".join(lines) + "\n"


def _purpose(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


_PARTS: dict[str, Callable[[], str]] = {
    "commands": _help_texts,
    "errors": _errors,
    "events": _events,
    "modules": _modules,
    "promises": _promises,
}
