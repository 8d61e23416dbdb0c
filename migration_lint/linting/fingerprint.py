"""What a finding is known by from one run to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from migration_lint.findings import Finding
from migration_lint.model import Document


def fingerprinted(findings: Sequence[Finding], documents: Mapping[str, Document]) -> list[Finding]:
    """The findings with their fingerprints, which are unique within the run.

    A fingerprint is made of the rule, the file's name, the migration, the relation and the text of
    the clause without comments and white space; not of lines or folders, so that it survives
    inserted lines and a checkout elsewhere. Equal ones are numbered.
    """
    if not findings:
        return []
    from hashlib import sha256

    from migration_lint.linting.comments import without_comments

    seen: dict[tuple[str, ...], int] = {}
    texts: dict[tuple[str, int, int], str] = {}
    marked = []
    for finding in findings:
        span = finding.span
        place = (span.path, span.start, span.end)
        if place not in texts:
            document = documents.get(span.path)
            source = document.text[span.start : span.end] if document else ""
            texts[place] = without_comments(source) or source
        name = span.path.replace("\\", "/").rpartition("/")[2]
        key = (finding.rule, name, finding.migration, finding.relation, texts[place])
        seen[key] = seen.get(key, 0) + 1
        digest = sha256("\x1f".join((*key, str(seen[key]))).encode(errors="backslashreplace"))
        marked.append(replace(finding, fingerprint=digest.hexdigest()[:32]))
    return marked
