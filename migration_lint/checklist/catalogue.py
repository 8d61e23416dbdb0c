"""All checks, in the order of the list."""

from __future__ import annotations

from migration_lint.checklist import (
    backup,
    compatible,
    lint,
    rollback_inverse,
    rollback_present,
    rollback_tested,
)

CHECKS = (
    backup.CHECK,
    rollback_present.CHECK,
    rollback_inverse.CHECK,
    rollback_tested.CHECK,
    compatible.CHECK,
    lint.CHECK,
)
