"""Commands that are imported when they are used: start-up time is part of the product."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group whose command ``x`` is ``command`` in the module ``x`` of a package.

    `summaries` are the commands in order, with the line that ``--help`` shows.
    """

    def __init__(self, *, commands_of: str, summaries: Mapping[str, str], **settings: Any) -> None:
        super().__init__(**settings)
        self._package = commands_of
        self._summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they are best read."""
        return list(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in self._summaries:
            return None
        command = import_module(f"{self._package}.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it; a name that is not known is answered with the nearest one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from migration_lint.suggestion import suggestion

            message = f"{error.message.rstrip('.')}{suggestion(args[0], self._summaries)}"
            raise click.UsageError(message, ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list for ``--help``, which imports no command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))
