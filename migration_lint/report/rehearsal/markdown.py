"""For a comment or a job summary: what came of each migration, and a row for each statement."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.findings import Decision
from migration_lint.rehearsal.results import MigrationRun, Rehearsal, StatementRun
from migration_lint.report.escape import markdown, markdown_cell
from migration_lint.report.rehearsal import wording
from migration_lint.report.view import View


def render(rehearsal: Rehearsal, decision: Decision, view: View) -> str:
    """The decision, then a table for each migration, then what is wrong or was not seen."""
    return "\n".join(_lines(rehearsal, decision)).strip("\n") + "\n"


def _lines(rehearsal: Rehearsal, decision: Decision) -> Iterator[str]:
    verdict = "passed" if decision.allowed else f"failed: {', '.join(decision.because)}"
    yield from ("## Rehearsal", "", f"**{markdown(verdict)}**, on {markdown(rehearsal.server)}")
    for order in rehearsal.orders:
        yield from ("", f"Order: {markdown(order.value)}")
    for note in rehearsal.notes:
        yield from ("", f"Note: {markdown(note)}")
    if rehearsal.outside is not None:
        yield ""
        yield from (f"- {markdown(line)}" for _, line in wording.outside_lines(rehearsal.outside))
    for run in rehearsal.migrations:
        yield from ("", f"### {markdown(run.migration.path)}", "", markdown(wording.outcome(run)))
        if run.statements:
            yield from _table(run.statements)
            yield from _said(run)
    if rehearsal.findings or rehearsal.errors:
        yield from ("", "### What is wrong", "")
    for finding in rehearsal.findings:
        place = f"{finding.span.path}:{finding.span.line}"
        yield f"- {markdown(place)}: **{markdown(finding.rule)}** {markdown(finding.why)}"
    for error in rehearsal.errors:
        yield f"- {markdown(f'{error.path}:{error.line}')}: not rehearsed: {markdown(error.message)}"
    if rehearsal.migrations:
        yield from ("", f"Not seen by any rehearsal: {markdown('; '.join(wording.BLIND))}")


def _table(statements: tuple[StatementRun, ...]) -> Iterator[str]:
    yield from ("", "| line | statement | cost | seen | prediction |", "| ---: | --- | --- | --- | --- |")
    for run in statements:
        seen = [str(run.observation.error)] if run.observation.error is not None else list(wording.seen(run))
        seen += [f"not seen: {blind}" for blind in run.observation.blind]
        cells = [
            markdown_cell(wording.statement(run)),
            markdown(wording.cost(run.observation)),
            "<br>".join(markdown(line) for line in seen),
            "<br>".join(markdown(line) for line in wording.verdict(run)),
        ]
        yield f"| {run.step.span.line} | {' | '.join(cells)} |"


def _said(run: MigrationRun) -> Iterator[str]:
    yield ""
    for well, line in (*wording.way_back(run), *wording.deployed(run)):
        yield f"- {markdown(line)}" if well else f"- **{markdown(line)}**"
