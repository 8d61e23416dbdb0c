"""A service that knows of backups, and answers in JSON."""

from __future__ import annotations

from migration_lint.checklist.probes.backups.backup import Backup
from migration_lint.checklist.probes.backups.commands import judged
from migration_lint.checklist.probes.http import ask_json, bearer, host_of
from migration_lint.targets import HttpBackup, seconds


def ask(settings: HttpBackup) -> Backup:
    """What stands at the pointers."""
    limit = seconds(settings.timeout)
    document = ask_json(settings.url, limit, bearer(settings.token, limit))
    return judged(host_of(settings.url), document, settings.finished_at, settings.status, settings.succeeded)
