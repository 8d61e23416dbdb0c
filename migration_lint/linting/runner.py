"""Histories, an engine and rules → a report without its decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.engines.engine import Engine
from migration_lint.findings import Finding
from migration_lint.linting.dispatch import Dispatch
from migration_lint.linting.fingerprint import fingerprinted
from migration_lint.linting.judge import judge, judge_history
from migration_lint.linting.quieting import quieted
from migration_lint.linting.selection import Selection
from migration_lint.linting.walk import Walked, walk
from migration_lint.model import Document, Error, History, Step
from migration_lint.names import written_for

Progress = Callable[[int, int], None]
"""Told (migrations read, all migrations) after each one."""


class Linted(Struct, frozen=True):
    """What the rules said. `asides` are what could not be read of migrations that are not judged.

    `documents` are the files of the targets, by path; `migrations` and `statements` count targets.
    """

    findings: tuple[Finding, ...] = ()
    errors: tuple[Error, ...] = ()
    asides: tuple[Error, ...] = ()
    migrations: int = 0
    statements: int = 0
    documents: dict[str, Document] = {}
    steps: tuple[Step, ...] = ()
    """Those of the targets, where they were to be kept."""


def lint(
    histories: Sequence[History],
    engine: Engine,
    selection: Selection,
    *,
    start: Catalog | None = None,
    progress: Progress | None = None,
    keep_steps: bool = False,
) -> Linted:
    """Judge the targets of every history. `start` is the schema before the first migration.

    `keep_steps`: the steps are to be shown; each keeps the catalog before it alive.
    """
    dispatch = Dispatch(selection.rules)
    active = frozenset(rule.id for rule in selection.rules)
    findings: list[Finding] = []
    errors: list[Error] = []
    asides: list[Error] = []
    documents: dict[str, Document] = {}
    steps: list[Step] = []
    migrations = statements = done = 0
    total = sum(len(history.migrations) for history in histories)
    for history in histories:
        errors += history.errors
        whole, failed = judge_history(history, dispatch, selection)
        errors += failed
        for walked in walk(history, engine, start):
            done += 1
            if progress is not None:
                progress(done, total)
            if not walked.target:
                asides += walked.runs[0].outcome.errors
                continue
            migrations += 1
            found, failed = _judged(walked, dispatch, selection, active, whole)
            findings += found
            errors += failed
            for run in walked.runs:
                statements += len(run.outcome.steps)
                if keep_steps:
                    steps += run.outcome.steps
                documents[run.script.document.path] = run.script.document
        findings += whole
    return Linted(
        tuple(fingerprinted(findings, documents)),
        tuple(dict.fromkeys(errors)),
        tuple(dict.fromkeys(asides)),
        migrations,
        statements,
        documents,
        tuple(steps),
    )


def _judged(
    walked: Walked,
    dispatch: Dispatch,
    selection: Selection,
    active: frozenset[str],
    of_history: list[Finding],
) -> tuple[list[Finding], list[Error]]:
    """What is said of a migration; takes what is about one of its files out of `of_history`."""
    paths = {run.script.document.path for run in walked.runs}
    findings = [finding for finding in of_history if finding.span.path in paths]
    of_history[:] = [finding for finding in of_history if finding.span.path not in paths]
    errors: list[Error] = []
    marks = []
    for run in walked.runs:
        steps = run.outcome.steps
        with written_for(steps[0].engine if steps else ""):
            found, failed = judge(steps, run.script.document.path, dispatch, selection)
        findings += found
        errors += (*run.outcome.errors, *failed)
        if "-" in run.script.sql or "/*" in run.script.sql:
            from migration_lint.linting.directives import directives

            marks += directives(run.script, steps)
    if marks:
        from migration_lint.linting.suppression import suppress

        # What was not understood may be the very thing that a comment is about.
        looked_for = frozenset() if errors or walked.unread else active
        findings, notes = suppress(findings, marks, selection.names, looked_for, walked.migration.id)
        findings += (selection.applied(note) for note in notes)
        order = {run.script.document.path: number for number, run in enumerate(walked.runs)}
        findings.sort(key=lambda finding: (order[finding.span.path], finding.span.start))
    return quieted(findings, selection.by_id, walked.migration.down_origin, unread=walked.unread), errors
