"""``migration-lint check``: the gate."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from migration_lint.cli.destinations import destinations, emit, need_steps, output_option
from migration_lint.cli.options import colour_option, history_options, rules_option, split_names
from migration_lint.cli.output import save, say, write
from migration_lint.cli.progress import progress
from migration_lint.cli.setup import Work, all_rules, configuration, prepared, selected_rules, with_ignored
from migration_lint.config import Config
from migration_lint.errors import UsageError
from migration_lint.findings import Finding, Report, Severity
from migration_lint.linting.decide import EXIT_CODES, counted, decide, exit_code
from migration_lint.linting.runner import Linted, lint
from migration_lint.linting.tally import tally
from migration_lint.report.view import View

if TYPE_CHECKING:
    from migration_lint.linting.baseline import Baseline


@click.command(
    epilog="""\b
Examples:
  migration-lint check                                   what the configuration or detection names
  migration-lint check db/migrations --engine-version 14
  migration-lint check --since origin/main --output-format text --output-format sarif=lint.sarif
  migration-lint check --show-files                      what is found here, and how it runs
  migration-lint check --write-baseline baseline.json    take over what is there, judge what comes
  cat new.sql | migration-lint check -

\b
Exit codes:
"""
    + "\n".join(f"  {code}  {meaning}" for code, meaning in EXIT_CODES.items())
)
@history_options
@rules_option
@click.option("--select", "selected", metavar="RULES", multiple=True, help="Only these rules (a,b).")
@click.option("--ignore", "ignored", metavar="RULES", multiple=True, help="Rules that do not count (a,b).")
@click.option("--pedantic", is_flag=True, help="Opinions too.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    help="The least severity that blocks.  [default: error]",
)
@click.option(
    "--large-table-tool",
    type=click.Choice(["gh-ost", "pt-osc", "spirit", "none"]),
    help="The tool to show command lines for, where MySQL would copy a big table; all by default.",
)
@output_option
@click.option("--baseline", metavar="FILE", type=click.Path(), help="Findings in FILE do not count.")
@click.option("--write-baseline", metavar="FILE", type=click.Path(), help="Write all findings to FILE.")
@click.option("--full", is_flag=True, help="A code frame for every finding, however many.")
@click.option("--statistics", is_flag=True, help="In the text, how many findings each rule has.")
@click.option("--show-files", is_flag=True, help="Only say what is found, by what it is known, how it runs.")
@click.option("-q", "--quiet", is_flag=True, help="Only what blocks.")
@colour_option
def command(
    config_path: str | None,
    rules_dirs: tuple[str, ...],
    selected: tuple[str, ...],
    ignored: tuple[str, ...],
    outputs: tuple[str, ...],
    write_baseline: str | None,
    full: bool,
    statistics: bool,
    show_files: bool,
    quiet: bool,
    color: str,
    **given: Any,
) -> int:
    """Judge migrations: what would stop production, lose data or break the deployed code.

    Each folder is a history of its own, all of it judged; a file is judged with the rest of its
    folder as context; - reads standard input.
    """
    there = destinations(outputs, os.environ)
    config = configuration(config_path, given | {"select": split_names(selected)})
    config = with_ignored(config, split_names(ignored))
    classes = all_rules(config, rules_dirs)
    work = prepared(config)
    if show_files:
        from migration_lint.report.files import render_files

        write(render_files(work.histories))
        return 3 if any(history.errors for history in work.histories) else 0
    selection = selected_rules(config, classes, work.engine.name)
    import gc

    gc.disable()  # a short life, and nothing here that refers to itself
    with progress() as told:
        linted = lint(
            work.histories,
            work.engine,
            selection,
            start=work.start,
            progress=told,
            keep_steps=need_steps(there),
        )
    notes = [
        f"{error.path}:{error.line}: context only, not read: {error.message}"
        for error in (*work.asides, *linted.asides)
    ]
    findings, stale = _baselined(linted, config, write_baseline)
    notes += stale
    fail_on = None if config.fail_on == "never" else Severity(config.fail_on)
    report = _report(work, linted, findings, fail_on)
    view = View(fail_on=fail_on, quiet=quiet, full=full, statistics=statistics, rules=classes)
    emit(report, there, view, color)
    for note in () if quiet else notes:
        say(f"note: {note}")
    return exit_code(report.decision, report.errors)


def _baselined(linted: Linted, config: Config, written: str | None) -> tuple[tuple[Finding, ...], list[str]]:
    """The findings with the baseline applied, and what to say of entries that are gone."""
    from migration_lint.linting import baseline as baselines

    if written is not None:
        text = baselines.baseline_text(linted.findings)
        save(text, written)
        known = baselines.parse_baseline(text, written)
    elif config.baseline is not None:
        known = _read_baseline(config.baseline)
    else:
        return linted.findings, []
    findings, stale = baselines.apply_baseline(linted.findings, known, linted.documents)
    notes = [f"{entry.path}: {entry.rule} is in the baseline and found no more" for entry in stale]
    if written is not None:
        notes.append(
            f"{written}: {counted(len(known.findings), 'finding')} written; use it with --baseline {written}"
        )
    return tuple(findings), notes


def _read_baseline(path: str) -> Baseline:
    from migration_lint.linting.baseline import parse_baseline

    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - start-up time
            return parse_baseline(file.read(), path)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the baseline cannot be read: {error}") from error


def _report(work: Work, linted: Linted, findings: tuple[Finding, ...], fail_on: Severity | None) -> Report:
    return Report(
        engine=work.engine.name,
        engine_version=work.engine.version,
        findings=findings,
        errors=linted.errors,
        summary=tally(findings, linted.migrations, linted.statements),
        decision=decide(findings, (), linted.errors, fail_on),
        documents=linted.documents,
        steps=linted.steps,
    )
