"""All checks, in the order of the list."""

from __future__ import annotations

from migration_lint.checklist import (
    backup,
    compatible,
    compatible_queries,
    lint,
    monitoring,
    pending,
    rollback_inverse,
    rollback_present,
    rollback_tested,
    staging_alike,
    staging_applied,
)
from migration_lint.checklist.database import copies, lock_timeout, server, sessions, work

CHECKS = (
    pending.CHECK,
    staging_applied.CHECK,
    staging_alike.VERSION,
    staging_alike.ROWS,
    rollback_present.CHECK,
    rollback_inverse.CHECK,
    rollback_tested.CHECK,
    backup.CHECK,
    copies.ARCHIVING,
    copies.RUNNING,
    compatible.CHECK,
    compatible_queries.CHECK,
    *monitoring.CHECKS,
    server.PRIMARY,
    sessions.TRANSACTIONS,
    sessions.PREPARED,
    sessions.QUEUE,
    work.VACUUM,
    work.BUILDS,
    work.INVALID,
    server.REPLICATION,
    server.CONNECTIONS,
    server.DISK,
    lock_timeout.LOCK_TIMEOUT,
    lint.CHECK,
)
