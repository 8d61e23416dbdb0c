"""For people: a timeline of locks for each script."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.linting.decide import counted
from migration_lint.report.escape import html
from migration_lint.report.explain import Explanation
from migration_lint.report.html.page import page
from migration_lint.report.html.timelines import LEGEND, timeline
from migration_lint.report.timeline import timelines
from migration_lint.report.view import View


def render(explanation: Explanation, view: View) -> str:
    """A page that needs no network and runs no script; what is from outside is escaped."""
    return page("migration-lint explain", _body(explanation))


def _body(explanation: Explanation) -> Iterator[str]:
    statements = counted(len(explanation.steps), "statement")
    yield "<header>"
    engine = html(f"{explanation.engine} {explanation.engine_version}")
    yield f'<p class="tool">migration-lint explain <span>{engine}</span></p>'
    yield f"<h1>What it does</h1><p>{statements}</p></header><main>"
    if explanation.errors:
        yield '<section id="not-read"><h2>Not read</h2><ul class="errors">'
        for error in explanation.errors:
            yield f"<li><code>{html(error.path)}:{error.line}</code> {html(error.message)}</li>"
        yield "</ul></section>"
    if explanation.steps:
        yield LEGEND
    path = None
    for shown in timelines(explanation.steps):
        if shown.path != path:
            path = shown.path
            yield f'<h2 class="path">{html(path)}</h2>'
        yield timeline(shown, lambda span: "")
    yield "</main>"
