"""`faucet check`: report all errors of a manifest at once."""

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click
import msgspec

from faucet.cli.environment import overrides, variable
from faucet.cli.extensions import registry
from faucet.cli.manifest_files import read_sources
from faucet.cli.manifest_path import config_option, exists
from faucet.cli.render import render_json, render_text, visible
from faucet.control.codes import CODES
from faucet.control.load import SourceText
from faucet.control.pipeline import UNREACHABLE, build, check_manifest, inputs_of
from faucet.diagnostics import Diagnostic, Severity, has_errors
from faucet.names import did_you_mean

CLEAN: Final = 0
FAULTY: Final = 1
UNREADABLE: Final = 2
NOTHING: Final = 3


class _Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Which warnings are errors, and which are ignored."""

    strict: bool
    deny: frozenset[str]
    allow: frozenset[str]

    def applied(self, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        return tuple(
            self._weighed(found)
            for found in diagnostics
            if found.severity is Severity.ERROR or found.code not in self.allow
        )

    def _weighed(self, found: Diagnostic) -> Diagnostic:
        if self.strict or found.code in self.deny:
            return msgspec.structs.replace(found, severity=Severity.ERROR)
        return found


def _codes(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> frozenset[str]:
    for code in given:
        if code not in CODES:
            hint = did_you_mean(code, CODES)
            raise click.BadParameter(f"there is no diagnostic {code}. {hint}".strip())
    return frozenset(given)


@click.command("check")
@config_option
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATH]...")
@click.option("--online", is_flag=True, help="Also resolve secrets and query the databases.")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option("--deny", multiple=True, callback=_codes, help="Treat this warning as an error.")
@click.option("--allow", multiple=True, callback=_codes, help="Ignore this warning.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but findings and problems.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def command(  # noqa: PLR0913 - one argument per option
    *,
    manifest: Path,
    paths: tuple[str, ...],
    online: bool,
    strict: bool,
    deny: frozenset[str],
    allow: frozenset[str],
    quiet: bool,
    form: str,
) -> None:
    """
    Report all errors of the manifest, or of the given files and folders; - is standard input.

    In a folder, files that are not manifests are skipped.

    Without --online, no secret is resolved and no database is queried. Exits with status 0 if there
    are no errors, 1 if there are errors, 2 if a file cannot be read or (with --online) a database
    cannot be reached, 3 if there is nothing to check.
    """
    if not paths and not exists(manifest):
        click.echo(f"{manifest}: no such file; nothing to check", err=True)
        sys.exit(NOTHING)
    read = read_sources(paths or (str(manifest),))
    sources, problems = read.sources, read.problems
    if not quiet:
        _print_skipped(read.skipped)
    if not sources and not problems:
        click.echo("no manifests found; nothing to check", err=True)
        sys.exit(NOTHING)
    policy = _Policy(strict=strict, deny=deny, allow=allow)
    look = _online if online else _offline
    found = policy.applied(one for source in sources for one in look(source))
    _print(found, sources, form)
    if not quiet:
        _print_summary(found, len(sources))
    for problem in problems:
        click.echo(problem, err=True)
    sys.exit(_exit_code(found, problems))


def _exit_code(found: tuple[Diagnostic, ...], problems: list[str]) -> int:
    if problems or any(one.code in UNREACHABLE for one in found):
        return UNREADABLE
    return FAULTY if has_errors(found) else CLEAN


def _offline(source: SourceText) -> tuple[Diagnostic, ...]:
    return check_manifest((source,), registry().facts(), time.time()).diagnostics


def _online(source: SourceText) -> tuple[Diagnostic, ...]:
    extensions = registry()
    inputs = inputs_of(source, registry=extensions, overrides=overrides(), now=time.time())
    return build(inputs, extensions.dialects).diagnostics


def _print(found: tuple[Diagnostic, ...], sources: list[SourceText], form: str) -> None:
    if form == "json":
        click.echo(render_json(found), nl=False)
    else:
        texts = {source.name: source.text for source in sources}
        color = sys.stdout.isatty() and variable("NO_COLOR") is None
        click.echo(render_text(found, texts, color=color), nl=False, color=color)


def _print_skipped(names: Iterable[str]) -> None:
    for name in names:
        click.echo(f"{visible(name)}: not a manifest; skipped", err=True)


def _print_summary(found: tuple[Diagnostic, ...], files: int) -> None:
    errors = sum(one.severity is Severity.ERROR for one in found)
    click.echo(
        f"{_count(files, 'file')}: {_count(errors, 'error')}, "
        f"{_count(len(found) - errors, 'warning')}",
        err=True,
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
