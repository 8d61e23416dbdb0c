"""Files with the fixes of their findings: only safe ones, of findings that count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from migration_lint.findings import Edit, Finding
from migration_lint.model import Document


class Correction(Struct, frozen=True):
    """A file's text before and after `fixes` fixes. A new file has no `before`."""

    path: str
    before: str | None
    after: str
    fixes: int


def corrections(findings: Iterable[Finding], documents: Mapping[str, Document]) -> list[Correction]:
    """The files that safe fixes change, in the order of the findings.

    Where two fixes touch the same text, the first one counts: the next run finds the other.
    """
    edits: dict[str, list[Edit]] = {}
    counts: dict[str, int] = {}
    new: dict[str, Correction] = {}
    for finding in findings:
        fix = finding.fix
        if fix is None or fix.safety != "safe" or finding.suppressed is not None:
            continue
        if any(edit.path not in documents for edit in fix.edits) or any(
            _meets(edit, other) for edit in fix.edits for other in edits.get(edit.path, ())
        ):
            continue
        for edit in fix.edits:
            edits.setdefault(edit.path, []).append(edit)
        for path in dict.fromkeys(edit.path for edit in fix.edits):
            counts[path] = counts.get(path, 0) + 1
        for path, text in fix.files:
            new.setdefault(path, Correction(path, None, text, 1))
    changed = [
        Correction(path, documents[path].text, edited(documents[path].text, made), counts[path])
        for path, made in edits.items()
    ]
    return [*changed, *new.values()]


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits that do not meet."""
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _meets(one: Edit, other: Edit) -> bool:
    return one.start <= other.end and other.start <= one.end
