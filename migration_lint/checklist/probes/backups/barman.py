"""``barman list-backup``: https://docs.pgbarman.org

A backup counts where its status is DONE: one that waits for WAL is not consistent yet. ``check`` is no help:
a backup that failed long ago keeps it failing.
"""

from __future__ import annotations

from typing import Any

import msgspec

from migration_lint.checklist.probes.backups.backup import Backup
from migration_lint.checklist.probes.pointers import moment
from migration_lint.checklist.probes.programs import run
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.targets import BarmanBackup, seconds


def ask(settings: BarmanBackup) -> Backup:
    """The newest backup of the server that is done."""
    name = settings.server
    ran = run((*settings.command, "--format", "json", "list-backup", name), seconds(settings.timeout))
    try:
        document: dict[str, Any] = msgspec.json.decode(ran.out, type=dict[str, Any])
    except ValueError as error:
        raise Unanswered(f"barman ended with {ran.code}, and did not print JSON") from error
    errors = document.get("_ERROR") or document.get("_EXCEPTION")
    if errors:
        raise Unanswered(f"barman says: {str(errors[0])[:200]}")
    if ran.code != 0 or not isinstance(document.get(name), list):
        raise Unanswered(f"barman says nothing of the server {name}")
    backups = document[name]
    done = [one for one in backups if one.get("status") == "DONE" and one.get("end_time_timestamp")]
    if not done:
        states = ", ".join(sorted({str(one.get("status")) for one in backups})) or "none at all"
        return Backup(f"barman {name}", problem=f"no backup is done ({states})")
    newest = max(done, key=lambda one: float(one["end_time_timestamp"]))
    facts: dict[str, object] = {"backup_id": newest.get("backup_id"), "bytes": newest.get("size_bytes")}
    return Backup(f"barman {name} {newest['backup_id']}", moment(newest["end_time_timestamp"]), facts=facts)
