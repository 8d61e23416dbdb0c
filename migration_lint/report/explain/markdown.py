"""For a comment or a document: one table per script, one row per statement."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.linting.decide import counted
from migration_lint.report.escape import markdown, markdown_cell
from migration_lint.report.explain import Explanation
from migration_lint.report.timeline import Held, Row, Timeline, timelines
from migration_lint.report.view import View

_STATEMENT = 120


def render(explanation: Explanation, view: View) -> str:
    """The tables, and what could not be read."""
    return "\n".join(_lines(explanation)).strip("\n") + "\n"


def _lines(explanation: Explanation) -> Iterator[str]:
    for shown in timelines(explanation.steps):
        yield from ("", f"### {markdown(shown.path)}", "")
        yield "| line | statement | locks | work |"
        yield "| ---: | --- | --- | --- |"
        for block in shown.blocks:
            yield from (_row(row, shown) for row in block.rows)
    if explanation.errors:
        yield from ("", "### Not read", "")
        for error in explanation.errors:
            yield f"- {markdown(f'{error.path}:{error.line}')}: {markdown(error.message)}"
    if not explanation.steps and not explanation.errors:
        yield "no statements"


def _row(row: Row, shown: Timeline) -> str:
    sql = " ".join(row.sql.split())
    sql = sql if len(sql) <= _STATEMENT else f"{sql[:_STATEMENT]}…"
    locks = [_lock(relation, row.locks[relation]) for relation in shown.relations if relation in row.locks]
    hidden = len(row.locks) - len(locks)
    if hidden:
        locks.append(f"and on {counted(hidden, 'more relation')}")
    said = [markdown(text) for text in (*row.work, *row.remarks)]
    return f"| {row.span.line} | {markdown_cell(sql)} | {'<br>'.join(locks)} | {'<br>'.join(said)} |"


def _lock(relation: str, held: Held) -> str:
    still = ", still held" if held.earlier else ""
    return f"{markdown_cell(held.mode)} on {markdown_cell(relation)}: {held.waits}{still}"
