"""Findings as cards, and the pages of their rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migration_lint.findings import Finding
from migration_lint.linting.decide import counted
from migration_lint.model import Document
from migration_lint.report.about import About
from migration_lint.report.escape import html
from migration_lint.report.html.page import code
from migration_lint.report.html.source import source
from migration_lint.report.locks import waits
from migration_lint.report.wording import doubt, safe_way, strongest_locks, suppression


def card(finding: Finding, number: int, document: Document | None) -> str:
    """One finding. A suppressed one is folded up, with the reason."""
    return "".join(_card(finding, number, document))


def _card(finding: Finding, number: int, document: Document | None) -> Iterator[str]:
    severity = finding.severity.value
    state = " suppressed" if finding.suppressed is not None else ""
    yield f'<article class="finding {severity}{state}" id="f{number}">'
    if finding.suppressed is not None:
        reason = html(suppression(finding.suppressed))
        yield f"<details><summary>{_heading(finding)} <em>{reason}</em></summary>"
    yield f'<h3>{"" if state else _heading(finding)}<span class="why">{html(finding.why)}</span></h3>'
    if document is not None:
        yield source(document, finding.span)
    locks, more = strongest_locks(finding)
    if locks or doubt(finding):
        yield '<ul class="facts">'
        for lock in locks:
            relation = f"<code>{html(lock.relation)}</code>"
            yield f"<li><b>{html(lock.mode.name)}</b> on {relation}: {waits(lock.mode)}</li>"
        if more:
            yield f"<li>and on {counted(more, 'more relation')}</li>"
        if doubt(finding):
            yield f"<li>{doubt(finding)}</li>"
        yield "</ul>"
    prose, sql = safe_way(finding)
    if prose or sql:
        yield f'<div class="safe"><p><b>Safe way</b> {html(prose)}</p>{code(sql) if sql else ""}</div>'
    yield "</details></article>" if state else "</article>"


def _heading(finding: Finding) -> str:
    span = finding.span
    return (
        f'<span class="badge">{finding.severity.value}</span> '
        f'<a class="rule" href="#{anchor(finding.rule)}">{html(finding.rule)}</a> '
        f'<span class="place">line {span.line}, column {span.column}</span> '
    )


def anchor(rule: str) -> str:
    """The id of a rule's page."""
    return "rule-" + re.sub(r"[^a-z0-9-]", lambda match: f"_{ord(match.group()):x}_", rule)


def rule_page(rule: About) -> str:
    """A rule's page, folded up."""
    return (
        f'<details class="page" id="{anchor(rule.id)}"><summary><code>{html(rule.id)}</code> '
        f"{html(rule.title)}</summary>{''.join(_paragraphs(rule.page))}</details>"
    )


_BOLD = re.compile(r"[*]{2}(.+?)[*]{2}")


def _bold(match: re.Match[str]) -> str:
    return f"<b>{match.group(1)}</b>"


def _paragraphs(markdown: str) -> Iterator[str]:
    """Paragraphs and indented code, which is all the Markdown that a rule's page has."""
    block: list[str] = []
    for part in re.split(r"\n{2,}", markdown.strip("\n")):
        if part.startswith("    "):
            block.append("\n".join(line[4:] for line in part.split("\n")))
            continue
        if block:
            yield code("\n\n".join(block))
            block = []
        if part.strip():
            text = html(" ".join(part.split()))
            yield f"<p>{re.sub(_BOLD, _bold, text)}</p>"
    if block:
        yield code("\n\n".join(block))
