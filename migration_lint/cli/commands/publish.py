"""``migration-lint publish``: a saved report, shown where the change is reviewed."""

from __future__ import annotations

import os

import click

from migration_lint.cli.destinations import repository
from migration_lint.cli.output import say, write
from migration_lint.errors import UsageError
from migration_lint.report.view import View

_INCOMPLETE = 3


@click.group()
def command() -> None:
    """Show a saved report where the change is reviewed."""


@command.command(
    epilog="""\b
Examples:
  migration-lint check --output-format json=report.json
  migration-lint publish github --report report.json --review --comment

\b
In a job on GitHub: GITHUB_TOKEN with `pull-requests: write` (for --check-run `checks: write`).
Exit codes:
  0  posted; or, where the token may not, printed as annotations
  2  wrong usage, or no report
  3  GitHub did not answer; printed as annotations
"""
)
@click.option("--report", "path", metavar="FILE", required=True, type=click.Path(), help="The JSON report.")
@click.option("--check-run", is_flag=True, help="A check run with annotations.")
@click.option("--review", is_flag=True, help="Review comments on the lines, with suggestions.")
@click.option("--comment", is_flag=True, help="One comment that sums up and is kept up to date.")
@click.option(
    "--name",
    default="migration-lint",
    show_default=True,
    help="Tells this report from another about the same pull request.",
)
@click.option(
    "--folder",
    metavar="DIR",
    help="The folder of the repository in which `check` ran, where it was not this one.",
)
def github(path: str, check_run: bool, review: bool, comment: bool, name: str, folder: str | None) -> int:
    """Post a saved report to the pull request on GitHub that this job is about.

    The report may come from a run that is not trusted (a pull request from a fork): it is checked, and
    says nothing about where it is posted.
    """
    from migration_lint.publish.artifact import read_report
    from migration_lint.publish.github.bodies import check_name
    from migration_lint.publish.github.context import context, token

    if not (check_run or review or comment):
        raise UsageError("say where to post: --check-run, --review or --comment")
    check_name(name)
    environment = dict(os.environ)
    at, secret = context(environment), token(environment)
    view = _view(folder)
    report = read_report(path, view)
    from migration_lint.publish.github.connection import connect
    from migration_lint.publish.github.publish import Places, publish

    published = publish(
        report,
        Places(check_run, review, comment, name),
        View(root=view.root),
        at,
        lambda: connect(at, secret),
        environment.get("GITHUB_STEP_SUMMARY"),
    )
    write(published.commands, commands=True)
    for note in published.notes:
        say(f"note: {note}")
    return 0 if published.complete else _INCOMPLETE


def _view(folder: str | None) -> View:
    """Where the report's paths are seen from."""
    here = os.getcwd()  # noqa: PTH109 - start-up time
    if folder is None:
        return View(folder=here, root=repository(here))
    root = "/repository"  # wherever that is
    return View(folder=f"{root}/{folder}", root=root)
