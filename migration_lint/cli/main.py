"""The command line as a whole: finds the command, runs it, and turns every failure into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

import migration_lint
from migration_lint.cli.lazy import LazyGroup
from migration_lint.cli.output import say, write
from migration_lint.errors import UsageError

PROGRAM = "migration-lint"
USAGE, INCOMPLETE, INTERRUPTED = 2, 3, 130

COMMANDS = {
    "check": "Judge migrations: what would stop production, lose data or break the deployed code.",
    "rehearse": "Run migrations on a server that is thrown away, and show what really happened.",
    "explain": "Say what each statement does, lock by lock, without opinions.",
    "checklist": "Ask what must be true before production is migrated, and show the evidence.",
    "rules": "List the rules.",
    "rule": "Show the page of one rule.",
    "publish": "Show a saved report where the change is reviewed.",
    "init": "Write a configuration for what is found here.",
    "completion": "Print the completion script of a shell.",
}


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        write(f"{PROGRAM} {migration_lint.__version__}\n")
        context.exit()


@click.command(
    name=PROGRAM,
    cls=LazyGroup,
    commands_of="migration_lint.cli.commands",
    summaries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  migration-lint check db/migrations          judge a folder
  migration-lint check --since origin/main    judge what this branch adds
  migration-lint explain V7__add_index.sql    see its locks
  migration-lint checklist --target production    may it run there, now?
  migration-lint rule drop-column             read about a rule
""",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """A safety gate and linter for database schema migrations."""


def run(arguments: Sequence[str]) -> int:
    """Run the command line; the exit code."""
    try:
        if not arguments:
            cli.main(["--help"], prog_name=PROGRAM, standalone_mode=False)
            return USAGE  # in a pipeline, a command that was left out must not pass
        result = cli.main(list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except UsageError as error:
        say(f"error: {error}")
        return USAGE
    except click.ClickException as error:
        return _click_error(error)
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return INTERRUPTED
    except Exception as error:  # our own bug: said so, with an exit code that is not a verdict
        return _crashed(error)
    return result if isinstance(result, int) else 0


def _click_error(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    say(f"error: {error.format_message()}")
    if context is not None:
        say(f"help: {context.command_path} --help")
    return USAGE


def _crashed(error: Exception) -> int:
    if os.environ.get("MIGRATION_LINT_DEBUG") == "1":
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    from migration_lint.linting.crash import described

    say(f"error: this is a bug in {PROGRAM} {migration_lint.__version__}: {described(error)}")
    say("help: MIGRATION_LINT_DEBUG=1 shows where; please report it with the traceback")
    return INCOMPLETE
