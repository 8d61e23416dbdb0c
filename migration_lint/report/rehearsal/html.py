"""For people: the timeline of the locks that were seen, with what each statement cost."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.findings import Decision
from migration_lint.model import Span
from migration_lint.rehearsal.results import MigrationRun, Rehearsal, StatementRun
from migration_lint.report.escape import html
from migration_lint.report.html.page import page
from migration_lint.report.html.timelines import LEGEND, timeline
from migration_lint.report.rehearsal import wording
from migration_lint.report.timeline import timelines
from migration_lint.report.view import View


def render(rehearsal: Rehearsal, decision: Decision, view: View) -> str:
    """A page that needs no network and runs no script; what is from outside is escaped."""
    return page("migration-lint rehearse", _body(rehearsal, decision))


def _body(rehearsal: Rehearsal, decision: Decision) -> Iterator[str]:
    yield f'<header><p class="tool">migration-lint rehearse <span>{html(rehearsal.server)}</span></p>'
    verdict = "passed" if decision.allowed else f"failed: {', '.join(decision.because)}"
    yield f"<h1>{html(verdict)}</h1>"
    yield from (f"<p>order: {html(order.value)}</p>" for order in rehearsal.orders)
    yield from (f"<p>note: {html(note)}</p>" for note in rehearsal.notes)
    yield "</header><main>"
    if rehearsal.findings or rehearsal.errors:
        yield '<section id="wrong"><h2>What is wrong</h2><ul class="errors">'
        for finding in rehearsal.findings:
            place = f"{finding.span.path}:{finding.span.line}"
            yield f"<li><code>{html(place)}</code> {html(finding.rule)}: {html(finding.why)}</li>"
        for error in rehearsal.errors:
            place = f"{error.path}:{error.line}"
            yield f"<li><code>{html(place)}</code> not rehearsed: {html(error.message)}</li>"
        yield "</ul></section>"
    if rehearsal.outside is not None:
        yield _list([line for _, line in wording.outside_lines(rehearsal.outside)])
    if any(run.statements for run in rehearsal.migrations):
        yield LEGEND
    for run in rehearsal.migrations:
        yield from _migration(run)
    yield f"<section><h2>Not seen by any rehearsal</h2>{_list(wording.BLIND)}</section></main>"


def _migration(run: MigrationRun) -> Iterator[str]:
    yield f'<h2 class="path">{html(run.migration.path)}</h2><p>{html(wording.outcome(run))}</p>'
    for statements in (run.statements, run.down):
        measured = {each.step.span: each for each in statements}

        def marks(span: Span, measured: dict[Span, StatementRun] = measured) -> str:
            return _remarks(measured[span])

        for shown in timelines([each.observed for each in statements]):
            yield timeline(shown, marks)
    if run.statements:
        yield _list([line for _, line in (*wording.way_back(run), *wording.deployed(run))])


def _remarks(run: StatementRun) -> str:
    said = [wording.cost(run.observation), *wording.verdict(run)]
    said += [f"not seen: {blind}" for blind in run.observation.blind]
    return "".join(f'<span class="remark">{html(line)}</span>' for line in said if line)


def _list(lines: list[str] | tuple[str, ...]) -> str:
    return f"<ul>{''.join(f'<li>{html(line)}</li>' for line in lines)}</ul>"
