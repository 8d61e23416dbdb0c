"""Lock timelines: statements down, relations across, and what each lock makes others wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migration_lint.linting.decide import counted
from migration_lint.model import Direction, Span
from migration_lint.report.escape import html
from migration_lint.report.timeline import Block, Held, Row, Timeline

_STATEMENT = 400

LEGEND = (
    '<p class="legend"><span class="lock all">reads and writes wait</span> '
    '<span class="lock writes">writes wait</span> '
    '<span class="lock none">nobody waits</span> '
    '<span class="lock writes long">striped: for as long as rows are read or written</span></p>'
)
"""What the colours mean."""


def timeline(shown: Timeline, marks: Callable[[Span], str]) -> str:
    """A table. `marks` gives links to the findings of a statement, as HTML."""
    return "".join(_parts(shown, marks))


def _parts(shown: Timeline, marks: Callable[[Span], str]) -> Iterator[str]:
    down = ", down" if shown.direction is Direction.DOWN else ""
    label = f"{shown.migration}{down}: locks while it runs"
    yield f'<div class="timeline" tabindex="0" role="region" aria-label="{html(label)}">'
    yield f"<table><caption>{html(label)}</caption><thead><tr>"
    yield '<th scope="col" class="number">line</th><th scope="col">statement</th>'
    for relation in shown.relations:
        yield f'<th scope="col">{_name(relation)}</th>'
    yield "</tr></thead>"
    for block in shown.blocks:
        yield from _block(block, shown, marks)
    yield "</table></div>"
    if shown.more:
        yield f'<p class="more">and locks on {counted(shown.more, "more relation")}</p>'


def _name(relation: str) -> str:
    """A qualified name that may be broken after its dots."""
    return html(relation).replace(".", ".<wbr>")


def _block(block: Block, shown: Timeline, marks: Callable[[Span], str]) -> Iterator[str]:
    yield '<tbody class="transaction">' if block.transaction else "<tbody>"
    for row in block.rows:
        yield from _row(row, shown, marks)
    if block.transaction:
        span = len(shown.relations) + 2
        yield f'<tr class="commit"><td colspan="{span}">commit: its locks are released</td></tr>'
    yield "</tbody>"


def _row(row: Row, shown: Timeline, marks: Callable[[Span], str]) -> Iterator[str]:
    sql = " ".join(row.sql.split())
    sql = sql if len(sql) <= _STATEMENT else f"{sql[:_STATEMENT]}…"
    yield f'<tr><td class="number">{row.span.line}</td><th scope="row"><code>{html(sql)}</code>'
    for work in row.work:
        yield f'<span class="work">{html(work)}</span>'
    for remark in row.remarks:
        yield f'<span class="remark">{html(remark)}</span>'
    yield f"{marks(row.span)}</th>"
    for relation in shown.relations:
        held = row.locks.get(relation)
        yield "<td></td>" if held is None else _cell(relation, held)
    yield "</tr>"


def _cell(relation: str, held: Held) -> str:
    kind = "all" if held.blocks_reads else "writes" if held.blocks_writes else "none"
    classes = ["lock", kind, *(["long"] if held.long else []), *(["earlier"] if held.earlier else [])]
    waits = f"{held.waits} meanwhile" if held.long else held.waits
    mode = held.mode.removesuffix("Lock") + ("" if held.certain else " (?)")
    said = f"<b>{html(mode)}</b>" + (" <i>still held</i>" if held.earlier else "")
    said += f"<span>{waits}</span>"
    return f'<td data-relation="{html(relation)}" class="{" ".join(classes)}">{said}</td>'
