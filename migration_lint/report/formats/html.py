"""One page for people: findings with their source, and a timeline of the locks of each migration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_lint.findings import Finding, Report, Severity, Verdict
from migration_lint.linting.decide import counted
from migration_lint.model import Error, Span
from migration_lint.report.about import about
from migration_lint.report.encode import json_text
from migration_lint.report.escape import html
from migration_lint.report.format import Kind
from migration_lint.report.html.findings import card, rule_page
from migration_lint.report.html.page import code, page
from migration_lint.report.html.timelines import LEGEND, timeline
from migration_lint.report.timeline import Timeline, timelines
from migration_lint.report.view import View
from migration_lint.report.wording import status_of, summary, verdicts_worst_first

KIND = Kind.DOCUMENT
STEPS = True

_MANY = 200
"""With more findings than that, a browser lays out only those on the screen."""

Numbered = tuple[int, Finding]


def render(report: Report, view: View) -> str:
    """A page that needs no network and runs no script; what is from outside is escaped."""
    title = f"migration-lint: {'allowed' if report.decision.allowed else 'blocked'}"
    return page(title, _body(report, view))


def _body(report: Report, view: View) -> Iterator[str]:
    findings = list(enumerate(report.findings, 1))
    files = _files(report, findings)
    yield from _header(report)
    yield from _filters(report)
    yield '<main class="many">' if len(findings) > _MANY else "<main>"
    if report.verdicts:
        yield from _checks(verdicts_worst_first(report))
    if report.errors:
        yield from _errors(report.errors)
    if len(files) > 1:
        yield from _contents(files)
    if report.steps:
        yield LEGEND
    for number, (path, (of_it, lines)) in enumerate(files.items(), 1):
        yield from _file(number, path, of_it, lines, report)
    yield from _rules(report, view)
    yield "</main>"


def _header(report: Report) -> Iterator[str]:
    allowed = report.decision.allowed
    yield f'<header class="{"allowed" if allowed else "blocked"}">'
    yield f"<p class=tool>migration-lint <span>{html(report.engine)} {html(report.engine_version)}</span></p>"
    yield f"<h1>{'Allowed' if allowed else 'Blocked'}</h1>"
    if report.decision.because:
        yield "<ul>" + "".join(f"<li>{html(why)}</li>" for why in report.decision.because) + "</ul>"
    yield f"<p>{html(summary(report))}</p></header>"


def _filters(report: Report) -> Iterator[str]:
    counts = report.summary
    numbers = {
        "error": counts.error,
        "warning": counts.warning,
        "note": counts.note,
        "suppressed": counts.suppressed,
    }
    present = {name: number for name, number in numbers.items() if number}
    if len(present) > 1:
        yield '<fieldset class="filters"><legend>Show</legend>'
        for name, number in present.items():
            label = counted(number, name) if name != "suppressed" else f"{number:,} suppressed"
            yield f'<label class="{name}"><input type="checkbox" id="show-{name}" checked> {label}</label>'
        yield "</fieldset>"


def _checks(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield '<section id="checks"><h2>Checks</h2><ul class="checks">'
    for verdict in verdicts:
        status = verdict.status.value
        name = html(verdict.title or verdict.check)
        yield f'<li class="{status}"><span class="badge">{status_of(verdict)}</span> <b>{name}</b> '
        yield f"<span>{html(verdict.why)}</span>"
        if verdict.at:
            yield f"<time>{html(verdict.at)}</time>"
        if verdict.evidence:
            evidence = code(json_text(verdict.evidence).rstrip())
            yield f"<details><summary>evidence</summary>{evidence}</details>"
        yield "</li>"
    yield "</ul></section>"


def _errors(errors: Sequence[Error]) -> Iterator[str]:
    yield '<section id="not-checked"><h2>Not checked</h2><ul class="errors">'
    for error in errors:
        yield f"<li><code>{html(error.path)}:{error.line}</code> {html(error.message)}</li>"
    yield "</ul><p>Nothing passes unseen: correct what could not be checked.</p></section>"


def _files(report: Report, findings: Sequence[Numbered]) -> dict[str, tuple[list[Numbered], list[Timeline]]]:
    """Findings and timelines by path, in the order in which the files were read; clean files too."""
    files: dict[str, tuple[list[Numbered], list[Timeline]]] = {path: ([], []) for path in report.documents}
    for number, finding in findings:
        files.setdefault(finding.span.path, ([], []))[0].append((number, finding))
    for shown in timelines(report.steps):
        files.setdefault(shown.path, ([], []))[1].append(shown)
    return files


def _contents(files: dict[str, tuple[list[Numbered], list[Timeline]]]) -> Iterator[str]:
    yield '<nav aria-label="files"><ol>'
    for number, (path, (findings, _)) in enumerate(files.items(), 1):
        yield f'<li><a href="#file{number}">{html(path)}</a>{_counts(findings)}</li>'
    yield "</ol></nav>"


def _counts(findings: Sequence[Numbered]) -> str:
    said = ""
    for severity in Severity:
        number = sum(f.severity is severity and f.suppressed is None for _, f in findings)
        if number:
            said += f' <span class="count {severity.value}">{counted(number, severity.value)}</span>'
    return said


def _file(
    number: int, path: str, findings: Sequence[Numbered], lines: Sequence[Timeline], report: Report
) -> Iterator[str]:
    yield f'<section class="file" id="file{number}"><h2>{html(path)}</h2>'
    if not findings:
        yield '<p class="clean">no findings</p>'
    for shown in lines:
        if shown.relations or len(lines) > 1:
            yield timeline(shown, lambda span: _marks(span, findings))
    for which, finding in findings:
        yield card(finding, which, report.documents.get(path))
    yield "</section>"


def _marks(span: Span, findings: Sequence[Numbered]) -> str:
    """Links to the findings that stand in a statement."""
    links = "".join(
        f'<a class="mark {finding.severity.value}" href="#f{number}">{html(finding.rule)}</a>'
        for number, finding in findings
        if finding.suppressed is None and span.start <= finding.span.start < max(span.end, span.start + 1)
    )
    return f'<span class="marks">{links}</span>' if links else ""


def _rules(report: Report, view: View) -> Iterator[str]:
    names = sorted({finding.rule for finding in report.findings})
    if names:
        yield '<section id="rules"><h2>About the rules</h2>'
        yield from (rule_page(about(name, view.rules)) for name in names)
        yield "</section>"
