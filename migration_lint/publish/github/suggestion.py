"""A fix as lines that a reviewer can accept with one click."""

from __future__ import annotations

from hashlib import sha1

from msgspec import Struct

from migration_lint.findings import Finding, Fix
from migration_lint.linting.corrections import edited
from migration_lint.model import Document
from migration_lint.publish.github.diff import ChangedFile
from migration_lint.report.escape import printable
from migration_lint.sources.text import decode, read_bytes

_NEAR = 1
"""Lines around a statement in which its fix may edit: further away, the report is about another text."""


class Suggestion(Struct, frozen=True):
    """Put `text` (no line break at its end; None: nothing) in the place of the lines."""

    first: int
    last: int
    text: str | None


def suggestion(finding: Finding, file: ChangedFile, folder: str) -> Suggestion | None:
    """The fix of a finding, where it replaces whole lines that one hunk of the diff shows.

    None where it does not, or where the text that was linted is not known to be the one of the pull
    request: a checkout holds the merge with the base, which may have changed the file as well.
    """
    text = _linted(file, folder)
    if finding.fix is None or text is None:
        return None
    made = _lines(finding.fix, Document(file.path, text))
    if made is None or not file.shows(made.first, made.last):
        return None
    near = finding.span.line - _NEAR <= made.first and made.last <= finding.span.end_line + _NEAR
    plain = made.text is None or all(line == printable(line) for line in made.text.expandtabs().split("\n"))
    return made if near and plain else None


def _linted(file: ChangedFile, folder: str) -> str | None:
    """The file's text in the pull request."""
    if file.text is not None:
        return file.text
    if not folder:
        return None
    try:
        data = read_bytes(f"{folder}/{file.path}")
    except OSError:
        return None
    blob = sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()  # as git names it
    return decode(data) if blob == file.sha else None


def _lines(fix: Fix, document: Document) -> Suggestion | None:
    """The fix as a replacement of lines; None where it is none."""
    edits = sorted(fix.edits, key=lambda edit: (edit.start, edit.end))
    if not edits or fix.files or any(edit.path != document.path for edit in edits):
        return None
    ends = [0, *(edit.end for edit in edits)]
    inside = all(before <= edit.start <= edit.end for before, edit in zip(ends, edits, strict=False))
    if not inside or ends[-1] > len(document.text):
        return None
    old = document.text.split("\n")
    new = edited(document.text, fix.edits).split("\n")
    first, last = document.line_of(edits[0].start), document.line_of(edits[-1].end)
    lines = new[first - 1 : len(new) - (len(old) - last)]
    if last > first and lines and lines[-1] == old[last - 1]:  # which stays as it is
        last, lines = last - 1, lines[:-1]
    return Suggestion(first, last, "\n".join(line.removesuffix("\r") for line in lines) if lines else None)
