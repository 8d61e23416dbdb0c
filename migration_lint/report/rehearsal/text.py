"""For people at a terminal, and in a log."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.findings import Decision
from migration_lint.rehearsal.outside import BLIND
from migration_lint.rehearsal.results import MigrationRun, Rehearsal, StatementRun
from migration_lint.report.escape import printable
from migration_lint.report.formats.text import heading
from migration_lint.report.rehearsal import wording
from migration_lint.report.view import View


def render(rehearsal: Rehearsal, decision: Decision, view: View) -> str:
    """Every statement as it was seen, then what is wrong, and the decision."""
    return "".join(f"{line}\n" for line in _lines(rehearsal, decision, view))


def _lines(rehearsal: Rehearsal, decision: Decision, view: View) -> Iterator[str]:
    yield printable(f"rehearsed on {rehearsal.server}")
    for note in rehearsal.notes:
        yield printable(f"note: {note}")
    if rehearsal.outside is not None:
        yield ""
        for well, line in wording.outside_lines(rehearsal.outside):
            yield printable(line) if well else view.paint(printable(line), "bad")
        yield f"not seen from outside: {BLIND}"
    for run in rehearsal.migrations:
        yield ""
        yield from _migration(run, view)
    yield ""
    for finding in rehearsal.findings:
        yield heading(finding, view)
        yield printable(f"  instead: {finding.instead}")
    for error in rehearsal.errors:
        place = view.paint(f"{printable(error.path)}:{error.line}:", "bold")
        yield f"{place} {view.paint('not rehearsed:', 'bad')} {printable(error.message)}"
    if rehearsal.migrations:
        yield "not seen by any rehearsal:"
        yield from (f"  {blind}" for blind in wording.BLIND)
        if any(run.prepared for run in rehearsal.migrations):
            yield f"  {wording.UNPREPARED}"
    for order in rehearsal.orders:
        yield f"order: {order.value}"
    if decision.allowed:
        yield view.paint("passed", "good")
    else:
        yield f"{view.paint('failed:', 'bad')} {printable(', '.join(decision.because))}"


def _migration(run: MigrationRun, view: View) -> Iterator[str]:
    colour = "good" if run.results.applied.status == "passed" else "bad"
    name = view.paint(f"{printable(run.migration.path)}:", "bold")
    yield f"{name} {view.paint(printable(wording.outcome(run)), colour)}"
    for each in run.statements:
        yield from _statement(each, view)
    if run.down:
        yield view.paint("  down:", "bold")
    for each in run.down:
        yield from _statement(each, view)
    for well, line in (*wording.way_back(run), *wording.deployed(run)) if run.statements else ():
        yield f"  {printable(line) if well else view.paint(printable(line), 'bad')}"


def _statement(run: StatementRun, view: View) -> Iterator[str]:
    cost = wording.cost(run.observation)
    yield f"  {run.step.span.line:>4}  {printable(wording.statement(run))}"
    if run.observation.error is not None:
        yield f"        {view.paint(printable(run.observation.error), 'bad')}"
        return
    if cost:
        yield view.paint(f"        {cost}", "dim")
    for line in (*wording.seen(run), *wording.verdict(run)):
        yield f"        {printable(line)}"
    for blind in run.observation.blind:
        yield view.paint(printable(f"        not seen: {blind}"), "dim")
