"""Corrections that a machine can write: edits of the file, where the statement stands in it as it is run."""

from __future__ import annotations

import re

from migration_lint.findings import Edit, Fix
from migration_lint.model import Step

_BUILD = re.compile(
    r"(?:create\s+(?:unique\s+)?index|drop\s+index|reindex\s+(?:index|table)|refresh\s+materialized\s+view)"
    r"(?=\s)(?!\s+(?:concurrently|if\s+not\s+exists)\b)",
    re.IGNORECASE,
)
_GUESSED = frozenset({"sql", "stdin"})
"""Where no tool is known, who opens a transaction is a guess."""


def concurrently(step: Step, *, alone: bool = True, sure: bool = True) -> Fix | None:
    """CONCURRENTLY in the statement as written.

    `alone`: it cannot stand in a transaction, and a timeout would leave it half done. `sure`: nothing but
    a cancellation makes it fail where the plain statement would not. None where it would not be right.
    """
    session, found = step.session, _BUILD.match(step.sql)
    timed = session.lock_timeout or session.statement_timeout
    if found is None or step.refused is not None or (alone and (session.transaction is not None or timed)):
        return None
    word = " concurrently" if found[0].islower() else " CONCURRENTLY"
    safe = sure and not (alone and step.tool in _GUESSED)
    return _insertion(step, found.end(), word, f"add{word.upper()}", safe=safe)


def preceded(step: Step, sql: str, title: str) -> Fix | None:
    """`sql` on a line of its own before the statement: it may be what fails, so it is to be looked at."""
    start = step.span.start
    document = step.script.document
    lead = document.text[document.offset_of(step.span.line) : start]
    if lead.strip():
        return None  # something else stands before it on its line
    return _insertion(step, 0, f"{sql}\n{lead}", title, safe=False)


def _insertion(step: Step, at: int, text: str, title: str, *, safe: bool) -> Fix | None:
    """`text` put in at an offset of the statement; None where the file holds that in another form."""
    span = step.span
    if step.script.document.text[span.start : span.end] != step.sql:
        return None
    place = span.start + at
    return Fix(title, "safe" if safe else "unsafe", (Edit(span.path, place, place, text),))
