"""For people: one table per file, one row per statement and relation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_lint.effects import Impact, IndexBuild, Lock, Rewrite, Scan
from migration_lint.model import Step, TransactionRule
from migration_lint.report.escape import printable, width
from migration_lint.report.explain import Explanation
from migration_lint.report.locks import waits
from migration_lint.report.unknown import not_known
from migration_lint.report.view import View

_HEAD = ("line", "statement", "relation", "lock", "others", "work", "transaction")
_STATEMENT = 44
_NAME = 40

Row = tuple[str, ...]


def render(explanation: Explanation, view: View) -> str:
    """The tables, and what could not be read."""
    lines: list[str] = []
    for path, steps in _by_file(explanation.steps):
        lines.append(view.paint(printable(path), "bold"))
        rows = [row for step in steps for row in _rows(step)]
        lines += _table(rows, view)
        lines.append("")
    for error in explanation.errors:
        place = f"{printable(error.path)}:{error.line}:"
        lines.append(
            f"{view.paint(place, 'bold')} {view.paint('not read:', 'bad')} {printable(error.message)}"
        )
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{line}\n" for line in lines) or "no statements\n"


def _by_file(steps: Sequence[Step]) -> Iterator[tuple[str, list[Step]]]:
    group: list[Step] = []
    for step in steps:
        if group and group[-1].script.document.path != step.script.document.path:
            yield group[0].script.document.path, group
            group = []
        group.append(step)
    if group:
        yield group[0].script.document.path, group


def _rows(step: Step) -> list[Row]:
    impacts: dict[str, list[Impact]] = {}
    for impact in step.each(Impact):
        impacts.setdefault(impact.relation, []).append(impact)
    transaction = "" if step.transaction is TransactionRule.ALLOWED else step.transaction.value
    about = [_about(relation, found) for relation, found in impacts.items()]
    about += [("", "", "", f"unknown: {printable(reason)}") for reason in not_known(step)]
    if step.refused is not None:
        about.append(("", "", "", f"refused: {printable(step.refused)}"))
    about = about or [("", "", "", "")]
    statement = _cut(printable(" ".join(step.sql.split())), _STATEMENT)
    rows: list[Row] = [(str(step.span.line), statement, *about[0], transaction)]
    rows += [("", "", *more, "") for more in about[1:]]
    return rows


def _about(relation: str, impacts: Sequence[Impact]) -> tuple[str, str, str, str]:
    lock = max(
        (impact for impact in impacts if isinstance(impact, Lock)),
        key=lambda lock: lock.mode.rank,
        default=None,
    )
    work = [lock.algorithm] if lock is not None and lock.algorithm is not None else []
    for kind, words in ((Rewrite, "rewrite"), (Scan, "full scan")):
        if any(isinstance(impact, kind) for impact in impacts):
            work.append(words)
    built = [impact for impact in impacts if isinstance(impact, IndexBuild)]
    if built:
        work.append("index build" if len(built) == 1 else f"{len(built)} index builds")
    doubt = "" if all(impact.certain for impact in impacts) else " (?)"
    return (
        _cut(printable(relation), _NAME),
        lock.mode.name.removesuffix("Lock") if lock else "",
        waits(lock.mode) if lock else "",
        ", ".join(work) + doubt,
    )


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 3] + "..."


def _table(rows: Sequence[Row], view: View) -> Iterator[str]:
    used = [number for number in range(len(_HEAD)) if number < 2 or any(row[number] for row in rows)]
    sizes = {number: max(width(row[number]) for row in [_HEAD, *rows]) for number in used}
    yield view.paint(_aligned(_HEAD, sizes), "dim")
    for row in rows:
        yield _aligned(row, sizes)


def _aligned(row: Row, sizes: dict[int, int]) -> str:
    cells = []
    for number, size in sizes.items():
        padding = " " * (size - width(row[number]))
        cells.append(padding + row[number] if number == 0 else row[number] + padding)
    return ("  " + "  ".join(cells)).rstrip()
