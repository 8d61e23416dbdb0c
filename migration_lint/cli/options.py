"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])


def history_options(function: _F) -> _F:
    """What to read, and for which server."""
    for decorate in reversed(
        (
            click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path()),
            click.option(
                "--since",
                metavar="REF",
                help="Only migrations that are new since the merge base with REF; the others are context.",
            ),
            click.option(
                "--start-after", metavar="MIGRATION", help="Everything up to MIGRATION counts as checked."
            ),
            click.option(
                "--tool", metavar="NAME", help="The migration tool, where it is not to be detected."
            ),
            click.option("--engine", metavar="NAME", help="The database server: postgres, mysql or mariadb."),
            click.option("--engine-version", metavar="VERSION", help="Its version; the newest by default."),
            click.option(
                "--schema", metavar="FILE", type=click.Path(), help="A dump of the schema to start from."
            ),
            click.option(
                "--render",
                is_flag=True,
                help="Have the installed Alembic or Django write the SQL. It runs the project's Python.",
            ),
            click.option(
                "--config",
                "config_path",
                metavar="FILE",
                type=click.Path(),
                help="Instead of migration-lint.toml or pyproject.toml found upwards from here.",
            ),
        )
    ):
        function = decorate(function)
    return function


def colour_option(function: _F) -> _F:
    """``--color``."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colours; auto asks NO_COLOR, FORCE_COLOR and the terminal.",
    )(function)


def rules_option(function: _F) -> _F:
    """``--rules``."""
    return click.option(
        "--rules",
        "rules_dirs",
        metavar="DIR",
        multiple=True,
        type=click.Path(),
        help="A folder of your own rules, beside the built-in ones. May be given again.",
    )(function)


def split_names(values: tuple[str, ...]) -> tuple[str, ...]:
    """``("a,b", "c")`` as ``("a", "b", "c")``."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())
