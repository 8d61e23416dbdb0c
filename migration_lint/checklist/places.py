"""Where a finding stands, and the name of a migration, in the words of an answer."""

from __future__ import annotations

from migration_lint.findings import Finding


def place_of(finding: Finding) -> str:
    """``db/V2.sql:3``."""
    return f"{finding.span.path}:{finding.span.line}"
