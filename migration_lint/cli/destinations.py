"""``--output-format``: which formats a run writes, and where to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
from msgspec import Struct
from msgspec.structs import replace

from migration_lint.cli.output import CI_SERVERS, append, save, say, wants_colour, write
from migration_lint.errors import UsageError
from migration_lint.findings import Report
from migration_lint.report import formats
from migration_lint.report.format import Kind
from migration_lint.report.view import View

_F = TypeVar("_F", bound=Callable[..., Any])

_SUMMARY = "GITHUB_STEP_SUMMARY"
_SUMMARY_ROOM = 1024 * 1024
"""Bytes of all summaries of a step that GitHub takes."""


class Destination(Struct, frozen=True):
    """A format, and its file (None: standard output). `optional`: nobody asked for it by name."""

    format: str
    path: str | None = None
    optional: bool = False


def output_option(function: _F) -> _F:
    """``--output-format``."""
    return click.option(
        "--output-format",
        "outputs",
        metavar="FORMAT[=FILE]",
        multiple=True,
        help=f"{', '.join(formats.names())}. May be given again.  [default: text; on a CI server also "
        "what it reads in a log, and the job summary of GitHub]",
    )(function)


def destinations(outputs: Sequence[str], environment: Mapping[str, str]) -> list[Destination]:
    """Where each output goes. Raises UsageError for a format that is not known or not installed."""
    made = [parsed(output, formats.names()) for output in outputs] or _default(environment)
    kinds = [formats.by_name(there.format).KIND for there in made if there.path is None]
    if len(kinds) > 1 and Kind.DOCUMENT in kinds:
        raise UsageError(
            "--output-format: a document has standard output to itself; use FORMAT=FILE for the others"
        )
    return made


def need_steps(there: Sequence[Destination]) -> bool:
    """Whether a format shows what the statements do."""
    return any(formats.by_name(destination.format).STEPS for destination in there)


def emit(report: Report, there: Sequence[Destination], view: View, color: str) -> None:
    """Write the report to each destination. Raises UsageError for a file that cannot be written."""
    folder = os.getcwd()  # noqa: PTH109 - start-up time
    view = replace(view, folder=folder, root=repository(folder))
    for destination in there:
        made = formats.by_name(destination.format)
        path = destination.path
        if path is None:
            coloured = replace(view, colour=wants_colour(color, sys.stdout))
            write(made.render(report, coloured), commands=made.KIND is Kind.COMMANDS)
        elif path == os.environ.get(_SUMMARY):
            _summarize(made.render(report, replace(view, room=_room(path))), path, destination.optional)
        else:
            save(made.render(report, view), path)


def parsed(output: str, known: Sequence[str]) -> Destination:
    """``FORMAT[=FILE]``, the format one of those known. Raises UsageError."""
    name, to_file, path = output.partition("=")
    if name not in known:
        from migration_lint.suggestion import suggestion

        hint = suggestion(name, known) or f" (known: {', '.join(known)})"
        raise UsageError(f"--output-format: {name!r} is not known{hint}")
    if to_file and not path:
        raise UsageError(f"--output-format {output}: name the file after =")
    return Destination(name, path or None)


def _default(environment: Mapping[str, str]) -> list[Destination]:
    servers = [variable for variable in CI_SERVERS if environment.get(variable)]
    made = [Destination("text"), *(Destination(CI_SERVERS[variable]) for variable in servers)]
    if "GITHUB_ACTIONS" in servers and environment.get(_SUMMARY):
        made.append(Destination("markdown", environment[_SUMMARY], optional=True))
    return made


def _summarize(text: str, path: str, optional: bool) -> None:
    """What other commands of the step wrote stays; a summary that nobody asked for stops nothing."""
    try:
        append(text, path)
    except UsageError as error:
        if not optional:
            raise
        say(f"note: no job summary: {error}")


def _room(path: str) -> int:
    try:
        taken = os.stat(path).st_size  # noqa: PTH116
    except OSError:
        taken = 0
    return max(0, _SUMMARY_ROOM - taken)


def repository(folder: str) -> str:
    """The root of the repository that a folder is in; the folder itself where it is in none."""
    at = folder
    while True:
        if os.access(f"{at.rstrip(os.sep)}{os.sep}.git", os.F_OK):
            return at
        parent = at.rpartition(os.sep)[0] or os.sep
        if len(parent) >= len(at):
            return folder
        at = parent
