"""``migration-lint checklist``: the gate before production."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import Any

import click
from msgspec.structs import replace

from migration_lint.checklist import pending
from migration_lint.checklist.asking import ask
from migration_lint.checklist.catalogue import CHECKS
from migration_lint.checklist.policies import policies
from migration_lint.checklist.probes.postgres import Postgres
from migration_lint.checklist.subject import Subject
from migration_lint.cli.destinations import destinations, emit, output_option
from migration_lint.cli.options import colour_option, history_options, rules_option
from migration_lint.cli.output import say, write
from migration_lint.cli.setup import Work, all_rules, configuration, prepared, selected_rules
from migration_lint.cli.targets import target_of
from migration_lint.config import Config
from migration_lint.findings import Report, Severity, Status, Verdict
from migration_lint.linting.decide import EXIT_CODES, decide, exit_code
from migration_lint.linting.loader import RuleClasses
from migration_lint.linting.runner import lint
from migration_lint.linting.tally import tally
from migration_lint.linting.walk import walk
from migration_lint.report.asked import render_asked
from migration_lint.report.view import View
from migration_lint.targets import Target, seconds


@click.command(
    epilog="""\b
Examples:
  migration-lint checklist --target production
  migration-lint checklist db/migrations --target production --explain    who would be asked what
  migration-lint checklist --target production --output-format text --output-format json=checklist.json

\b
Exit codes:
"""
    + "\n".join(f"  {code}  {meaning}" for code, meaning in EXIT_CODES.items())
)
@history_options
@rules_option
@click.option(
    "--target", "target_name", metavar="NAME", help="Which of the configuration's targets; the only one."
)
@click.option("--explain", "only_explain", is_flag=True, help="Only say what would be asked of whom.")
@output_option
@click.option("-q", "--quiet", is_flag=True, help="Only what blocks.")
@colour_option
def command(
    config_path: str | None,
    rules_dirs: tuple[str, ...],
    target_name: str | None,
    only_explain: bool,
    outputs: tuple[str, ...],
    quiet: bool,
    color: str,
    **given: Any,
) -> int:
    """Ask what must be true before production is migrated, and show the evidence.

    Each check is passed, failed, unknown or waived; what failed and what nobody could tell blocks.
    """
    there = destinations(outputs, os.environ)
    config = configuration(config_path, given)
    name, target = target_of(config, target_name)
    asked = policies(CHECKS, target)
    classes = all_rules(config, rules_dirs)
    work = prepared(config)
    subject = _subject(name, target, config, work, classes)
    if only_explain:
        write(render_asked([(check, check.asks(subject), asked[check.id]) for check in CHECKS]))
        return 0
    # What is pending is asked first: the other questions are about it.
    (known,) = ask([pending.CHECK], subject, asked, target.waivers)
    subject = _narrowed(subject, known, config, work)
    others = [check for check in CHECKS if asked[check.id] != "off" and check is not pending.CHECK]
    verdicts = (known, *ask(others, subject, asked, target.waivers))
    _close(subject)
    linted = subject.linted
    report = Report(
        engine=work.engine.name,
        engine_version=work.engine.version,
        verdicts=verdicts,
        errors=linted.errors,
        summary=tally(linted.findings, linted.migrations, linted.statements),
        decision=decide((), verdicts, linted.errors, None),
        documents=linted.documents,
    )
    emit(report, there, View(fail_on=subject.fail_on, quiet=quiet, rules=classes), color)
    left_out = [check.id for check in CHECKS if asked[check.id] == "off" and check.applies(target)]
    if left_out and not quiet:
        say(f"note: not asked, as the configuration says: {', '.join(left_out)}")
    return exit_code(report.decision, report.errors, report.verdicts)


def _subject(name: str, target: Target, config: Config, work: Work, classes: RuleClasses) -> Subject:
    staging, staging_target = None, None
    if target.staging is not None:
        staging_name, staging_target = target_of(config, target.staging.target)
        staging = Postgres(staging_name, staging_target.dsn, seconds(staging_target.timeout))
    return Subject(
        name=name,
        target=target,
        now=datetime.now(timezone.utc),
        engine=work.engine.name,
        engine_version=work.engine.version,
        database=Postgres(name, target.dsn, seconds(target.timeout)),
        staging=staging,
        staging_target=staging_target,
        histories=tuple(work.histories),
        fail_on=None if config.fail_on == "never" else Severity(config.fail_on),
        rules=classes,
    )


def _narrowed(subject: Subject, known: Verdict, config: Config, work: Work) -> Subject:
    """With what is pending, and what it does."""
    answer = known.evidence.get("answer", known) if known.status is Status.WAIVED else known
    evidence = answer["evidence"] if isinstance(answer, dict) else known.evidence
    histories = pending.narrowed(subject.histories, evidence)
    selection = selected_rules(config, subject.rules, work.engine.name)
    walked = [each for history in histories for each in walk(history, work.engine, work.start)]
    return replace(
        subject,
        histories=histories,
        pending=tuple(each for each in walked if each.target),
        linted=lint(histories, work.engine, selection, start=work.start),
    )


def _close(subject: Subject) -> None:
    for database in (subject.database, subject.staging):
        if database is not None:
            database.close()
