"""Findings about the comments that suppress findings.

They are no rules: nothing in a migration causes them, and no comment suppresses them. The
configuration may change their severity (a team that wants a reason for every suppression makes
`suppression-without-reason` an error) or ignore them.
"""

from __future__ import annotations

from migration_lint.findings import Severity

NOTES = {
    "malformed-suppression": (
        Severity.WARNING,
        "A comment that begins with `migration-lint:` and cannot be read suppresses nothing.",
    ),
    "suppression-without-reason": (
        Severity.NOTE,
        "A suppression without a reason leaves the next reader to guess whether it still holds.",
    ),
    "unknown-rule-in-suppression": (
        Severity.WARNING,
        "A suppression that names a rule that does not exist suppresses nothing.",
    ),
    "unused-suppression": (
        Severity.NOTE,
        "A suppression of what is not found would hide the next finding of that rule unseen.",
    ),
}
"""Severity and title by id."""
