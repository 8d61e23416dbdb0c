"""For people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_lint.findings import Finding, Report, Status, Verdict
from migration_lint.linting.decide import blocks, counted
from migration_lint.model import Document, Error, Span
from migration_lint.report.digest import MANY, Digest, digest, numbers
from migration_lint.report.escape import printable, printable_lines
from migration_lint.report.format import Kind
from migration_lint.report.frame import frame
from migration_lint.report.statistics import statistics
from migration_lint.report.view import View
from migration_lint.report.wording import (
    counting,
    doubt,
    lock_lines,
    safe_way,
    status_of,
    summary,
)

KIND = Kind.LINES
STEPS = False

_WIDTH = 100
_LISTED = 5
"""So many lines, or rules, are listed; the rest is counted."""
_HISTORY = 100
"""With more findings than that, most are of migrations that have run long ago."""
_COMMENTS = {"xml": ("<!-- ", " -->"), **dict.fromkeys(("py", "rb", "yaml", "yml"), ("# ", ""))}
_MARKS = {
    Status.PASSED: ("[OK]", "✔"),
    Status.FAILED: ("[FAILED]", "✘"),
    Status.UNKNOWN: ("[UNKNOWN]", "?"),
    Status.WAIVED: ("[WAIVED]", "~"),
}
"""As the document of the checklist has it, and where there are colours."""
_MARK = max(len(plain) for plain, _ in _MARKS.values())
_COLOURS = {Status.FAILED: "bad", Status.UNKNOWN: "bad", Status.WAIVED: "bold", Status.PASSED: "good"}


def render(report: Report, view: View) -> str:
    """Findings with code frames, what could not be checked, a summary and the decision."""
    lines = [*statistics(report, view)] if view.statistics else _findings(report, view)
    lines += _errors(report, view)
    lines += _verdicts(report, view)
    if not view.quiet or not report.decision.allowed:
        lines += [summary(report), *_decision(report, view)]
    return "".join(f"{line}\n" for line in lines)


def _findings(report: Report, view: View) -> list[str]:
    lines: list[str] = []
    shown = [finding for finding in counting(report) if not view.quiet or blocks(finding, view.fail_on)]
    told = digest(shown, None if view.full else lambda finding: blocks(finding, view.fail_on))
    for item in told.items:
        if item.full:
            _part(lines)
            lines.append(heading(item.finding, view))
            lines += _details(item.finding, report.documents.get(item.finding.span.path), view)
            lines.append("")
        else:
            lines.append(heading(item.finding, view) + _also([finding.span.line for finding in item.alike]))
    _part(lines)
    if told.short:
        lines += [*_short(told), ""]
    return lines


def _also(lines: Sequence[int]) -> str:
    """`` (also at line 41, 44, …)``: the other places that a line stands for."""
    places = list(dict.fromkeys(map(str, lines)))
    if not places:
        return ""
    more = f" and {len(places) - _LISTED:,} more" if len(places) > _LISTED else ""
    return f" (also at line {', '.join(places[:_LISTED])}{more})"


def _short(told: Digest) -> Iterator[str]:
    """What is not shown in full, and where it is."""
    if told.counted:
        found = numbers(told.counted)
        rest = [f"and {counted(len(found) - _LISTED, 'other rule')}"] if len(found) > _LISTED else []
        parts = [f"{number:,} of {printable(rule)}" for rule, number in found[:_LISTED]]
        yield f"({len(told.counted):,} more that block nothing: {', '.join([*parts, *rest])})"
    yield f"({counted(told.short, 'finding')} not shown in full; --full shows them)"
    if told.short > _HISTORY:
        yield "(What has run everywhere need not be judged: --since REF, start_after or --write-baseline)"


def _part(lines: list[str]) -> None:
    """A blank line, where there is none yet."""
    if lines and lines[-1]:
        lines.append("")


def heading(finding: Finding, view: View) -> str:
    """``path:line:column: error[rule] why``, which editors and terminals can follow."""
    span = finding.span
    place = view.paint(f"{printable(span.path)}:{span.line}:{span.column}:", "bold")
    kind = view.paint(f"{finding.severity.value}[{printable(finding.rule)}]", finding.severity)
    return f"{place} {kind} {printable(finding.why)}"


def _details(finding: Finding, document: Document | None, view: View) -> Iterator[str]:
    if document is not None:
        yield from frame(document, finding.span, finding.severity, view)
    for line in lock_lines(finding):
        yield f"  {view.paint('lock:', 'bold')} {printable(line)}"
    if doubt(finding):
        yield f"  {view.paint('confidence:', 'bold')} {doubt(finding)}"
    prose, sql = safe_way(finding)
    if prose:
        yield from _wrapped("safe way:", prose, view)
    if sql:
        yield ""
        for line in printable_lines(sql):
            yield f"      {line}".rstrip()


def _wrapped(label: str, text: str, view: View) -> Iterator[str]:
    from textwrap import wrap

    lead = "  "
    for paragraph in text.split("\n"):
        for line in wrap(
            f"{label} {printable(paragraph)}".strip(),
            _WIDTH,
            initial_indent=lead,
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        ):
            yield line.replace(label, view.paint(label, "good"), 1) if label else line
        label, lead = "", "    "


def _errors(report: Report, view: View) -> Iterator[str]:
    """Every file of which something was not checked; where there are many, in a line for each."""
    if len(report.errors) <= MANY or view.full:
        for error in report.errors:
            yield from _error(error, report.documents.get(error.path), view)
        return
    files: dict[str, list[Error]] = {}
    for error in report.errors:
        files.setdefault(error.path, []).append(error)
    for first, *others in files.values():
        yield _told(first, view) + _also([error.line for error in others])
    yield ""


def _told(error: Error, view: View) -> str:
    place = view.paint(f"{printable(error.path)}:{error.line}:", "bold")
    return f"{place} {view.paint('not checked:', 'bad')} {printable(error.message)}"


def _error(error: Error, document: Document | None, view: View) -> Iterator[str]:
    yield _told(error, view)
    if document is not None:
        number = max(1, min(error.line, document.line_of(len(document.text))))
        text = document.line(number)
        if text.strip():
            column = len(text) - len(text.lstrip()) + 1
            span = Span(error.path, 0, 0, number, column, number, len(text.rstrip()) + 1)
            yield from frame(document, span, "bad", view)
    yield ""


def _verdicts(report: Report, view: View) -> Iterator[str]:
    """A line for each check, in the order of the list, and what its answer is under it."""
    shown = [verdict for verdict in report.verdicts if not view.quiet or verdict.blocks]
    size = max((len(_name(verdict)) for verdict in shown), default=0)
    for verdict in shown:
        yield from _verdict(verdict, size, view)
    if shown:
        yield ""


def _name(verdict: Verdict) -> str:
    return printable(verdict.title or verdict.check)


def _verdict(verdict: Verdict, size: int, view: View) -> Iterator[str]:
    """An answer that blocks names its check, for a waiver or the configuration."""
    plain, sign = _MARKS[verdict.status]
    mark = view.paint(sign, _COLOURS[verdict.status]) if view.colour else f"{plain:{_MARK}}"
    if verdict.status is Status.PASSED:
        yield f"{mark} {_name(verdict):{size}}  {printable(verdict.why)}".rstrip()
        return
    check = f"{verdict.check if verdict.title else ''}{status_of(verdict).removeprefix(verdict.status.value)}"
    yield f"{mark} {_name(verdict):{size}}  {printable(check).strip()}".rstrip()
    yield from _indented(verdict.why, " " * (2 if view.colour else _MARK + 1))


def _indented(text: str, lead: str) -> Iterator[str]:
    from textwrap import wrap

    for line in printable_lines(text):
        yield from wrap(
            line,
            _WIDTH,
            initial_indent=lead,
            subsequent_indent=lead,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _allowing(finding: Finding) -> str:
    """Where and how to say that a finding is meant, in the language of its file."""
    directive = f"migration-lint: ignore[{printable(finding.rule)}] REASON"
    ending = finding.span.path.rpartition(".")[2].lower()
    if ending == "json":
        return "under per_path_ignores in the configuration: JSON has no comments"
    before, after = _COMMENTS.get(ending, ("-- ", ""))
    return f"on the line above: {before}{directive}{after}"


def _decision(report: Report, view: View) -> Iterator[str]:
    because = printable(", ".join(report.decision.because))
    if report.decision.allowed:
        yield view.paint("allowed", "good")
        return
    yield f"{view.paint('blocked:', 'bad')} {because}"
    first = next((finding for finding in report.findings if blocks(finding, view.fail_on)), None)
    if first is not None:
        yield f"Take the safe way, or allow it {_allowing(first)}"
        yield f"More about it: migration-lint rule {printable(first.rule)}"
    if report.errors:
        yield "Nothing passes unseen: correct what could not be checked."
