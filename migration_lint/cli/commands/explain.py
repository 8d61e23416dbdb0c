"""``migration-lint explain``: EXPLAIN for migrations."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from migration_lint.cli.options import colour_option, history_options
from migration_lint.cli.output import wants_colour, write
from migration_lint.cli.setup import Work, configuration, prepared
from migration_lint.linting.walk import walk
from migration_lint.model import Error, Step
from migration_lint.report.explain import Explanation
from migration_lint.report.view import View


@click.command(
    epilog="""\b
Examples:
  migration-lint explain db/migrations/V7__add_index.sql
  echo 'ALTER TABLE orders ADD COLUMN note text' | migration-lint explain - --engine-version 14
"""
)
@history_options
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "markdown", "html"]),
    default="text",
    show_default=True,
    help="The form.",
)
@colour_option
def command(config_path: str | None, output_format: str, color: str, **given: Any) -> int:
    """Say what each statement does, lock by lock, without opinions.

    Paths are as in check. Exits with 3 if something could not be read.
    """
    explanation = _explained(prepared(configuration(config_path, given)))
    view = View(wants_colour(color, sys.stdout))
    form = import_module(f"migration_lint.report.explain.{output_format}")
    write(form.render(explanation, view))
    return 3 if explanation.errors else 0


def _explained(work: Work) -> Explanation:
    steps: list[Step] = []
    errors: list[Error] = []
    for history in work.histories:
        errors += history.errors
        for walked in walk(history, work.engine, work.start):
            for run in walked.runs if walked.target else ():
                steps += run.outcome.steps
                errors += run.outcome.errors
    return Explanation(work.engine.name, work.engine.version, steps, errors)
