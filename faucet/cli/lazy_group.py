"""Groups of commands with aliases; the top-level one imports a command on use."""

import importlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import click

_ALIASES: Final = {"ls": "list", "rm": "remove", "delete": "remove"}


class LazyCommand(NamedTuple):
    """The module of a command, and its line in the group's ``--help``, which does not import it."""

    module: str
    help: str
    hidden: bool = False


class AliasedGroup(click.Group):
    """A group in which `ls` is `list`, and `rm` and `delete` are `remove`."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name or alias."""
        return super().get_command(ctx, cmd_name) or super().get_command(
            ctx, _ALIASES.get(cmd_name, cmd_name)
        )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Use the command's own name in usage texts, even if it was called by an alias."""
        _, command, rest = super().resolve_command(ctx, args)
        return (command.name if command else None), command, rest


class LazyGroup(AliasedGroup):
    """A group of modules, each with its command under the name `command`."""

    def __init__(
        self,
        *args: Any,
        commands_by_name: Mapping[str, LazyCommand],
        aliases: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._commands = commands_by_name
        self._aliases = aliases

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the given order."""
        del ctx
        return list(self._commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of that name or alias."""
        del ctx
        found = self._commands.get(self._aliases.get(cmd_name, cmd_name))
        if found is None:
            return None
        command = importlib.import_module(found.module).command
        assert isinstance(command, click.Command)  # noqa: S101 - gives a dynamic import its type
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, found.help) for name, found in self._commands.items() if not found.hidden]
            )
